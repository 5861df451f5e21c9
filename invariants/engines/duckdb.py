"""DuckDB over the Parquet files of a recording: streams, spills, and keeps to a memory limit."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from gameday.kernel.recording import SCHEMAS, Recording
from invariants.chain import Chain, chain_of
from invariants.engines import trouble_with
from invariants.views import SQL_NAME, TABLE_OF, VIEWS, reads

_TYPES = {"int64": "BIGINT", "int32": "INTEGER", "double": "DOUBLE", "string": "VARCHAR", "bool": "BOOLEAN"}


class DuckDb:
    """One session over one recording; views become temporary tables the first time they are needed."""

    def __init__(self, recording: Recording | Path, memory_limit: str = "1GB", threads: int = 2) -> None:
        self.recording = recording if isinstance(recording, Recording) else Recording(recording)
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
        self._made: set[str] = set()
        self._streamed: set[str] = set()
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
        sql_name = SQL_NAME[name]
        if sql_name in self._streamed:
            self._session.execute(f"DROP VIEW {sql_name}")
            self._streamed.remove(sql_name)
        self._session.register("incoming", table)
        self._session.execute(f"CREATE OR REPLACE TEMP TABLE {sql_name} AS SELECT * FROM incoming")
        self._session.unregister("incoming")
        self._made.add(sql_name)

    def _need(self, sql_name: str) -> None:
        """Make a table or view, and first what it rests on; any other name is one inside a text."""
        if sql_name in self._made:
            return
        if sql_name in TABLE_OF:
            self._register(TABLE_OF[sql_name])
        elif sql_name in VIEWS:
            text = VIEWS[sql_name](self._chain)
            self._prepare(text)
            self._session.execute(f"CREATE TEMP TABLE {sql_name} AS {text}")
            self._made.add(sql_name)

    def _register(self, name: str) -> None:
        files = self.recording.files(name)
        if not files or name in self._trouble:
            self.put(name, SCHEMAS[name].empty_table())
            return
        columns = ", ".join(f"CAST({f.name} AS {_TYPES[str(f.type)]}) AS {f.name}" for f in SCHEMAS[name])
        listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
        self._session.execute(
            f"CREATE TEMP VIEW {SQL_NAME[name]} AS SELECT {columns} FROM read_parquet([{listed}])"
        )
        self._streamed.add(SQL_NAME[name])
        self._made.add(SQL_NAME[name])

    def _prepare(self, sql: str) -> None:
        for name in sorted(reads(sql)):
            self._need(name)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        self._prepare(sql)
        return self._collect(sql)

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
