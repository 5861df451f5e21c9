"""DuckDB over the Parquet files of a recording: streams, spills, and keeps to a memory limit."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from gameday.kernel.recording import SCHEMAS, Recording
from invariants.chain import Chain, chain_of
from invariants.views import SQL_NAME, VIEWS, views_for

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
        self._trouble: dict[str, str] = {}
        for name in SCHEMAS:
            self._register(name)
        self._chain = chain_of(self._collect("SELECT * FROM hop"))

    @property
    def chain(self) -> Chain:
        return self._chain

    @property
    def trouble(self) -> Mapping[str, str]:
        return self._trouble

    def _register(self, name: str) -> None:
        files = self.recording.files(name)
        if not files:
            self._trouble[name] = "was not recorded"
        elif not self._readable(name, files):
            files = []
        if not files:
            self.put(name, SCHEMAS[name].empty_table())
            return
        columns = ", ".join(f"CAST({f.name} AS {_TYPES[str(f.type)]}) AS {f.name}" for f in SCHEMAS[name])
        listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
        self._session.execute(
            f"CREATE TEMP VIEW {SQL_NAME[name]} AS SELECT {columns} FROM read_parquet([{listed}])"
        )
        self._streamed.add(SQL_NAME[name])

    def _readable(self, name: str, files: list[Path]) -> bool:
        for path in files:
            try:
                lacking = set(SCHEMAS[name].names) - set(pq.read_schema(path).names)
            except (pa.ArrowInvalid, OSError) as error:
                self._trouble[name] = f"cannot be read: {path.name}: {error}"
                return False
            if lacking:
                self._trouble[name] = f"lacks columns in {path.name}: {', '.join(sorted(lacking))}"
                return False
        return True

    def put(self, name: str, table: pa.Table) -> None:
        sql_name = SQL_NAME[name]
        if sql_name in self._streamed:
            self._session.execute(f"DROP VIEW {sql_name}")
            self._streamed.remove(sql_name)
        self._session.register("incoming", table)
        self._session.execute(f"CREATE OR REPLACE TEMP TABLE {sql_name} AS SELECT * FROM incoming")
        self._session.unregister("incoming")

    def _prepare(self, sql: str) -> None:
        for view in views_for(sql, self._chain):
            if view not in self._made:
                self._session.execute(f"CREATE TEMP TABLE {view} AS {VIEWS[view](self._chain)}")
                self._made.add(view)

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
