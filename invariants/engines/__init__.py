"""Engines that answer the same SQL texts over a recording."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from invariants.chain import Chain


class Engine(Protocol):
    """Registers the tables of one recording, keeps views once made, and answers questions."""

    @property
    def chain(self) -> Chain: ...
    @property
    def trouble(self) -> Mapping[str, str]: ...  # tables that are missing or cannot be read, and why
    def put(self, name: str, table: pa.Table) -> None: ...  # replaces a table of the recording
    def rows(self, sql: str) -> list[dict[str, Any]]: ...
    def save(self, sql: str, into: Path) -> int: ...  # as Parquet; how many rows
    def close(self) -> None: ...
