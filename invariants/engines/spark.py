"""Spark SQL over the same Parquet files: for recordings that outgrow one machine."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from gameday.kernel.recording import SCHEMAS, Recording
from invariants.engines import Session
from invariants.views import SQL_NAME

_TYPES = {"int64": "bigint", "int32": "int", "double": "double", "string": "string", "bool": "boolean"}


class Spark(Session):
    """One application over one recording; views are written to Parquet the first time they are needed."""

    def __init__(
        self,
        recording: Recording | Path,
        memory_limit: str = "1g",
        master: str = "local[2]",
        work: Path | None = None,
    ) -> None:
        self._work = Path(tempfile.mkdtemp(prefix="gameday-judge-", dir=work))
        self._session = (
            SparkSession.builder.master(master)
            .appName("gameday judge")
            .config("spark.driver.memory", memory_limit)
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "4")
            .config("spark.sql.warehouse.dir", str(self._work / "warehouse"))
            .getOrCreate()
        )
        self._session.sparkContext.setLogLevel("ERROR")
        super().__init__(recording)

    def _replace(self, name: str, table: pa.Table) -> None:
        into = Path(tempfile.mkdtemp(dir=self._work)) / f"{name}.parquet"
        pq.write_table(table, into)
        self._session.read.parquet(str(into)).createOrReplaceTempView(SQL_NAME[name])

    def _register(self, name: str, files: list[Path]) -> None:
        columns = [f"CAST({f.name} AS {_TYPES[str(f.type)]}) AS {f.name}" for f in SCHEMAS[name]]
        frame = self._session.read.parquet(*[str(path) for path in files])
        frame.selectExpr(*columns).createOrReplaceTempView(SQL_NAME[name])

    def _keep(self, view: str, text: str) -> None:
        into = str(self._work / "views" / view)
        self._session.sql(text).write.mode("overwrite").parquet(into)
        self._session.read.parquet(into).createOrReplaceTempView(view)

    def _collect(self, sql: str) -> list[dict[str, Any]]:
        return [row.asDict() for row in self._session.sql(sql).collect()]

    def save(self, sql: str, into: Path) -> int:
        self._prepare(sql)
        found = self._session.sql(sql)
        into.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=self._work)) / "saved"
        found.coalesce(1).write.parquet(str(part))
        (written,) = part.glob("*.parquet")
        shutil.move(str(written), into)
        return int(pq.read_metadata(into).num_rows)

    def close(self) -> None:
        self._session.stop()
        shutil.rmtree(self._work, ignore_errors=True)
