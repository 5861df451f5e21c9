"""What must survive the death of the harness: undo records and started processes, fsynced before they matter.

One file per record, below `$GAMEDAY_HOME/journal/`: `undo/<id>.json` and `process/<token>.json`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gameday.kernel.words import Undo


def gameday_home() -> Path:
    return Path(os.environ.get("GAMEDAY_HOME") or Path.home() / ".cache" / "gameday").absolute()


def write_durably(path: Path, data: Mapping[str, Any]) -> None:
    """Replace a file as a whole; when this returns, the content survives a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".partial-{os.getpid()}")
    with partial.open("w", encoding="utf-8") as out:
        json.dump(data, out)
        out.flush()
        os.fsync(out.fileno())
    os.replace(partial, path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


class Journal:
    """Records of one kind each in a folder; forgetting one is deleting its file."""

    def __init__(self, home: Path | None = None) -> None:
        self.folder = (home or gameday_home()) / "journal"

    # -- faults --------------------------------------------------------------------------------------

    def arm(self, undo: Undo, *, run: str, owner_pid: int, overdue_at_us: int) -> None:
        """Must return before the fault is injected. Past `overdue_at_us` the watchdog heals it."""
        record = {
            "id": undo.id,
            "kind": undo.kind,
            "victim": dict(undo.victim),
            "state": dict(undo.state),
            "run": run,
            "owner_pid": owner_pid,
            "overdue_at_us": overdue_at_us,
        }
        write_durably(self.folder / "undo" / f"{undo.id}.json", record)

    def healed(self, undo: Undo) -> None:
        (self.folder / "undo" / f"{undo.id}.json").unlink(missing_ok=True)

    def open_faults(self) -> list[tuple[Undo, dict[str, Any]]]:
        """Faults that were armed and never healed, newest first."""
        found = []
        for path in self._records("undo"):
            record = _load(path)
            if record is not None:
                undo = Undo(record["id"], record["kind"], record["victim"], record["state"])
                found.append((path.stat().st_mtime_ns, undo, record))
        return [(undo, record) for _, undo, record in sorted(found, key=lambda f: -f[0])]

    # -- processes -----------------------------------------------------------------------------------

    def starting(self, token: str, facts: Mapping[str, Any]) -> None:
        write_durably(self.folder / "process" / f"{token}.json", facts)

    def ended(self, token: str) -> None:
        (self.folder / "process" / f"{token}.json").unlink(missing_ok=True)

    def processes(self) -> dict[str, dict[str, Any]]:
        records = {path.stem: _load(path) for path in self._records("process")}
        return {token: record for token, record in records.items() if record is not None}

    def _records(self, kind: str) -> list[Path]:
        return sorted((self.folder / kind).glob("*.json"))


def _load(path: Path) -> dict[str, Any] | None:
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:  # healed by another process meanwhile
        return None
    return record
