"""DuckDB over the Parquet files of a recording: streams, spills, and keeps to a memory limit."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any

import duckdb
import numpy.typing as npt
import pyarrow as pa

from gameday.kernel.recording import SCHEMAS, Recording
from invariants.chain import Chain
from invariants.engines import Session
from invariants.narrow import OVER_ALL, TABLES, Spared, narrow, sample
from invariants.views import SQL_NAME

BATCH = 1 << 16  # rows of columns handed out at a time

_TYPES = {"int64": "BIGINT", "int32": "INTEGER", "double": "DOUBLE", "string": "VARCHAR", "bool": "BOOLEAN"}


class _Reader:
    """A second session over the same files, with the same limits: for a thread of its own."""

    def __init__(self, session: duckdb.DuckDBPyConnection, views: Iterable[str]) -> None:
        self.session = session
        session.execute("SET enable_progress_bar = false")
        for view in views:
            session.execute(view)

    def arrays(self, sql: str) -> Iterator[tuple[npt.NDArray[Any], ...]]:
        return _arrays(self.session, sql)


def _arrays(session: duckdb.DuckDBPyConnection, sql: str) -> Iterator[tuple[npt.NDArray[Any], ...]]:
    for batch in session.execute(sql).to_arrow_reader(BATCH):
        yield tuple(column.to_numpy(zero_copy_only=False) for column in batch.columns)


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
                "enable_external_file_cache": False,  # grows with the recording
            },
        )
        self._session.execute("SET enable_progress_bar = false")
        self._streamed: dict[str, str] = {}  # views of files, and how they were made
        super().__init__(recording)

    def _replace(self, name: str, table: pa.Table) -> None:
        sql_name = SQL_NAME[name]
        if sql_name in self._streamed:
            self._session.execute(f"DROP VIEW {sql_name}")
            del self._streamed[sql_name]
        self._session.register("incoming", table)
        self._session.execute(f"CREATE OR REPLACE TEMP TABLE {sql_name} AS SELECT * FROM incoming")
        self._session.unregister("incoming")

    def _register(self, name: str, files: list[str]) -> None:
        columns = ", ".join(f"CAST({f.name} AS {_TYPES[str(f.type)]}) AS {f.name}" for f in SCHEMAS[name])
        listed = ", ".join("'" + path.replace("'", "''") + "'" for path in files)
        view = f"CREATE TEMP VIEW {SQL_NAME[name]} AS SELECT {columns} FROM read_parquet([{listed}])"
        self._session.execute(view)
        self._streamed[SQL_NAME[name]] = view

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

    # -- books -----------------------------------------------------------------------------------------

    def settle(self) -> Spared | None:
        if self.chain != Chain() or any(table in self.trouble for table in TABLES):
            return None
        self._prepare(" ".join(f"FROM {table}" for table in TABLES))
        spared = narrow(self, self._salt())
        self._narrowed(reached=any(spared.open.values()))
        return spared

    def sample(self, uids: str) -> bool:
        self._prepare(" ".join(f"FROM {table}" for table in TABLES))
        sample(self, uids)
        self._narrowed(reached=True)
        return True

    def _narrowed(self, reached: bool) -> None:
        """The open rows in place of all, once the views are made that look at all rows."""
        for view in OVER_ALL[0 if reached else 1 :]:
            self._need(view)
        for table in set(TABLES) & set(self._streamed):
            self._session.execute(f"DROP VIEW {table}")
            self._session.execute(f"ALTER TABLE open_{table} RENAME TO {table}")
            del self._streamed[table]

    def _salt(self) -> int:
        told = self.recording.folder / "run.json"
        return int.from_bytes(blake2b(told.read_bytes(), digest_size=7).digest())

    def run(self, sql: str) -> None:
        self._session.execute(sql)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        return self._session.execute(sql).fetchall()

    def arrays(self, sql: str) -> Iterator[tuple[npt.NDArray[Any], ...]]:
        return _arrays(self._session, sql)

    def load(self, name: str, **columns: npt.NDArray[Any]) -> None:
        self._session.register("incoming", pa.table(columns))
        self._session.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM incoming")
        self._session.unregister("incoming")

    @contextmanager
    def beside(self) -> Iterator[_Reader]:
        reader = _Reader(self._session.cursor(), self._streamed.values())
        try:
            yield reader
        finally:
            reader.session.close()

    def close(self) -> None:
        self._session.close()
        self._spill.cleanup()
