"""Engines that answer the same SQL texts over a recording."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from gameday.kernel.recording import SCHEMAS, Recording
from invariants.chain import Chain, chain_of
from invariants.narrow import Spared
from invariants.views import SQL_NAME, TABLE_OF, VIEWS, reads


class Engine(Protocol):
    """Registers the tables of one recording, keeps views once made, and answers questions."""

    @property
    def chain(self) -> Chain: ...
    @property
    def trouble(self) -> Mapping[str, str]: ...  # tables that are missing or cannot be read, and why
    def files(self, name: str) -> list[str]: ...  # of a table of the recording
    def stored(self, name: str) -> int: ...  # rows in these files
    def put(self, name: str, table: pa.Table) -> None: ...  # replaces a table of the recording
    def rows(self, sql: str) -> list[dict[str, Any]]: ...
    def save(self, sql: str, into: Path) -> int: ...  # as Parquet; how many rows
    def settle(self) -> Spared | None: ...  # keep only rows that do not balance; None: this engine cannot
    def sample(self, uids: str) -> bool: ...  # keep only the families of these events; False: it cannot
    def close(self) -> None: ...


class Session(ABC):
    """What every engine does alike: tables are registered and views made the first time they are needed."""

    def __init__(self, recording: Recording | Path) -> None:
        self.recording = recording if isinstance(recording, Recording) else Recording(recording)
        self._made: set[str] = set()
        self._trouble = {name: why for name in SCHEMAS if (why := self._trouble_with(name))}
        self._need("hop")
        self._chain = chain_of(self._collect("SELECT * FROM hop"))

    # -- where the recording lies: a folder, unless an engine reads elsewhere -----------------------------

    def files(self, name: str) -> list[str]:
        return [str(path) for path in self.recording.files(name)]

    def stored(self, name: str) -> int:
        return self.recording.stored(name)

    def _columns(self, file: str) -> Collection[str]:
        return list(pq.read_schema(file).names)

    def _trouble_with(self, name: str) -> str:
        """Why a table of the recording cannot be read; empty if it can."""
        files = self.files(name)
        if not files:
            return "was not recorded"
        for file in files:
            short = file.rsplit("/", 1)[-1]
            try:
                lacking = set(SCHEMAS[name].names) - set(self._columns(file))
            except (pa.ArrowInvalid, OSError) as error:
                return f"cannot be read: {short}: {error}"
            if lacking:
                return f"lacks columns in {short}: {', '.join(sorted(lacking))}"
        return ""

    # -- the protocol -------------------------------------------------------------------------------------

    @property
    def chain(self) -> Chain:
        return self._chain

    @property
    def trouble(self) -> Mapping[str, str]:
        return self._trouble

    def put(self, name: str, table: pa.Table) -> None:
        self._replace(name, table)
        self._made.add(SQL_NAME[name])

    def rows(self, sql: str) -> list[dict[str, Any]]:
        self._prepare(sql)
        return self._collect(sql)

    def settle(self) -> Spared | None:
        return None

    def sample(self, uids: str) -> bool:
        return False

    def _prepare(self, sql: str) -> None:
        for name in sorted(reads(sql)):
            self._need(name)

    def _need(self, sql_name: str) -> None:
        """Make a table or view, and first what it rests on; any other name is one inside a text."""
        if sql_name in self._made:
            return
        if sql_name in TABLE_OF:
            name = TABLE_OF[sql_name]
            files = self.files(name)
            if not files or name in self._trouble:
                self._replace(name, SCHEMAS[name].empty_table())
            else:
                self._register(name, files)
        elif sql_name in VIEWS:
            text = VIEWS[sql_name](self._chain)
            self._prepare(text)
            self._keep(sql_name, text)
        else:
            return
        self._made.add(sql_name)

    @abstractmethod
    def _replace(self, name: str, table: pa.Table) -> None: ...
    @abstractmethod
    def _register(self, name: str, files: list[str]) -> None: ...
    @abstractmethod
    def _keep(self, view: str, text: str) -> None: ...
    @abstractmethod
    def _collect(self, sql: str) -> list[dict[str, Any]]: ...
