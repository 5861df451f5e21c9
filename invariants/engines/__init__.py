"""Engines that answer the same SQL texts over a recording."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from gameday.kernel.recording import SCHEMAS, Recording
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


def trouble_with(recording: Recording, name: str) -> str:
    """Why a table of a recording cannot be read; empty if it can."""
    files = recording.files(name)
    if not files:
        return "was not recorded"
    for path in files:
        try:
            lacking = set(SCHEMAS[name].names) - set(pq.read_schema(path).names)
        except (pa.ArrowInvalid, OSError) as error:
            return f"cannot be read: {path.name}: {error}"
        if lacking:
            return f"lacks columns in {path.name}: {', '.join(sorted(lacking))}"
    return ""
