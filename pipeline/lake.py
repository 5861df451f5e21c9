"""The data files of one batch: written by Spark aside, then moved into the lake, durable and summed up."""

import secrets
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq
from pyspark.sql import DataFrame

from pipeline import files, raw_schema
from pipeline.manifest import DataFile, multiset_hash

DEAD_LETTERS_SQL: Final = {
    "stage": "'landing'",
    "first_seen_us": "ingest_ts_us",
    "attempts": "1",
    "state": "'open'",
}
_SUMMED: Final = [*raw_schema.COORDINATES, "payload_sha256", "currency", "amount_minor", "reason"]


@dataclass(frozen=True, slots=True)
class WrittenRaw:
    file: DataFile
    sum_by_ccy: dict[str, int]
    mset_hash: str


@dataclass(frozen=True, slots=True)
class Lake:
    """One attempt at one batch. Each attempt has file names of its own, so two can never mix."""

    folder: Path
    batch_id: str
    attempt: str = field(default_factory=lambda: secrets.token_hex(4))

    def write_raw(self, rows: DataFrame) -> WrittenRaw:
        path = self._write(rows, "raw")
        table = pq.read_table(path, columns=_SUMMED)
        columns = {name: table.column(name).to_pylist() for name in _SUMMED}
        sums: Counter[str] = Counter()
        for currency, amount in zip(columns["currency"], columns["amount_minor"], strict=True):
            if currency is not None:
                sums[currency] += amount
        hashed: Iterator[tuple[object, ...]] = zip(
            *(columns[name] for name in (*raw_schema.COORDINATES, "payload_sha256")), strict=True
        )
        return WrittenRaw(self._described(path, "raw"), dict(sorted(sums.items())), multiset_hash(hashed))

    def write_dead_letters(self, rows: DataFrame) -> DataFile:
        columns = [
            f"{DEAD_LETTERS_SQL.get(column.name, column.name)} AS {column.name}"
            for column in raw_schema.DEAD_LETTER
        ]
        path = self._write(rows.where("reason IS NOT NULL").selectExpr(*columns), "dlq")
        return self._described(path, "dlq")

    def _write(self, rows: DataFrame, kind: str) -> Path:
        name = f"{self.batch_id}-{self.attempt}"
        staging = self.folder / "_staging" / f"{name}-{kind}"
        rows.coalesce(1).write.parquet(str(staging))
        (part,) = staging.glob("part-*.parquet")
        target = self.folder / kind / f"{name}.parquet"
        part.rename(target)
        files.sync_file(target)
        files.sync_folder(target.parent)
        shutil.rmtree(staging)
        return target

    def _described(self, path: Path, kind: str) -> DataFile:
        return DataFile(
            path=str(path.relative_to(self.folder)),
            kind=kind,
            rows=pq.read_metadata(path).num_rows,
            sha256=files.sha256_of(path),
            bytes=path.stat().st_size,
        )
