"""DuckDB over the Parquet files of a recording: streams, spills, and keeps to a memory limit."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from gameday.kernel.recording import SCHEMAS, Recording
from invariants.engines import Session
from invariants.views import SQL_NAME

_TYPES = {"int64": "BIGINT", "int32": "INTEGER", "double": "DOUBLE", "string": "VARCHAR", "bool": "BOOLEAN"}


class DuckDb(Session):
    """One session over one recording; views become temporary tables the first time they are needed."""

    def __init__(self, recording: Recording | Path, memory_limit: str = "1GB", threads: int = 2) -> None:
        self._spill = tempfile.TemporaryDirectory(prefix="gameday-judge-")
        self._session = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": memory_limit,
                "threads": threads,
                "temp_directory": self._spill.name,
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        self._streamed: set[str] = set()
        super().__init__(recording)

    def _replace(self, name: str, table: pa.Table) -> None:
        sql_name = SQL_NAME[name]
        if sql_name in self._streamed:
            self._session.execute(f"DROP VIEW {sql_name}")
            self._streamed.remove(sql_name)
        self._session.register("incoming", table)
        self._session.execute(f"CREATE OR REPLACE TEMP TABLE {sql_name} AS SELECT * FROM incoming")
        self._session.unregister("incoming")

    def _register(self, name: str, files: list[Path]) -> None:
        columns = ", ".join(f"CAST({f.name} AS {_TYPES[str(f.type)]}) AS {f.name}" for f in SCHEMAS[name])
        listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
        self._session.execute(
            f"CREATE TEMP VIEW {SQL_NAME[name]} AS SELECT {columns} FROM read_parquet([{listed}])"
        )
        self._streamed.add(SQL_NAME[name])

    def _keep(self, view: str, text: str) -> None:
        self._session.execute(f"CREATE TEMP TABLE {view} AS {text}")

    def _collect(self, sql: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._session.execute(sql).to_arrow_table().to_pylist()
        return found

    def save(self, sql: str, into: Path) -> int:
        self._prepare(sql)
        into.parent.mkdir(parents=True, exist_ok=True)
        target = str(into).replace("'", "''")
        saved = self._session.execute(
            f"COPY ({sql}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
        ).fetchone()
        return int(saved[0]) if saved else 0

    def close(self) -> None:
        self._session.close()
        self._spill.cleanup()
