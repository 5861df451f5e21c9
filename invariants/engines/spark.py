"""Spark SQL over the same Parquet files: for recordings that outgrow one machine."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from gameday.kernel.recording import SCHEMAS, Recording
from invariants.chain import Chain, chain_of
from invariants.engines import trouble_with
from invariants.views import SQL_NAME, TABLE_OF, VIEWS, reads

_TYPES = {"int64": "bigint", "int32": "int", "double": "double", "string": "string", "bool": "boolean"}


class Spark:
    """One application over one recording; views are written to Parquet the first time they are needed."""

    def __init__(
        self,
        recording: Recording | Path,
        memory_limit: str = "1g",
        master: str = "local[2]",
        work: Path | None = None,
    ) -> None:
        self.recording = recording if isinstance(recording, Recording) else Recording(recording)
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
        self._made: set[str] = set()
        self._trouble = {name: why for name in SCHEMAS if (why := trouble_with(self.recording, name))}
        self._need("hop")
        self._chain = chain_of(self._collect("SELECT * FROM hop"))

    @property
    def chain(self) -> Chain:
        return self._chain

    @property
    def trouble(self) -> Mapping[str, str]:
        return self._trouble

    def put(self, name: str, table: pa.Table) -> None:
        into = Path(tempfile.mkdtemp(dir=self._work)) / f"{name}.parquet"
        pq.write_table(table, into)
        self._session.read.parquet(str(into)).createOrReplaceTempView(SQL_NAME[name])
        self._made.add(SQL_NAME[name])

    def _need(self, sql_name: str) -> None:
        """Make a table or view, and first what it rests on; any other name is one inside a text."""
        if sql_name in self._made:
            return
        if sql_name in TABLE_OF:
            self._register(TABLE_OF[sql_name])
        elif sql_name in VIEWS:
            text = VIEWS[sql_name](self._chain)
            self._prepare(text)
            into = str(self._work / "views" / sql_name)
            self._session.sql(text).write.mode("overwrite").parquet(into)
            self._session.read.parquet(into).createOrReplaceTempView(sql_name)
            self._made.add(sql_name)

    def _register(self, name: str) -> None:
        files = self.recording.files(name)
        if not files or name in self._trouble:
            self.put(name, SCHEMAS[name].empty_table())
            return
        columns = [f"CAST({f.name} AS {_TYPES[str(f.type)]}) AS {f.name}" for f in SCHEMAS[name]]
        frame = self._session.read.parquet(*[str(path) for path in files])
        frame.selectExpr(*columns).createOrReplaceTempView(SQL_NAME[name])
        self._made.add(SQL_NAME[name])

    def _prepare(self, sql: str) -> None:
        for name in sorted(reads(sql)):
            self._need(name)

    def _collect(self, sql: str) -> list[dict[str, Any]]:
        return [row.asDict() for row in self._session.sql(sql).collect()]

    def rows(self, sql: str) -> list[dict[str, Any]]:
        self._prepare(sql)
        return self._collect(sql)

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
