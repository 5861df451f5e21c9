"""Ledgers on their way: a worker on a disk of its own sends what its load processes wrote to the master."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from gameday.kernel.words import HarnessError
from loadgen.places import Places

CHUNK = 1 << 20
Chunk = dict[str, Any]  # path, at, data, last
BOOT = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """Processes with the same answer share a monotonic clock, and most likely a disk."""
    return BOOT.read_text(encoding="ascii").strip() if BOOT.exists() else os.uname().nodename


def figures_of(places: Places) -> list[Path]:
    """What the master looks at while the load runs; small, and replaced by every newer one."""
    return [places.counters, places.status]


def ledger_of(places: Places) -> list[Path]:
    """All that a load process leaves. The status goes last: finished means that everything is there."""
    writer = places.writer
    tables = sorted(places.recording.glob(f"tables/*/{writer}-*.parquet"))
    own = sorted(path for path in places.folder.glob("*") if path.is_file() and path != places.status)
    logs = [places.log] if places.log.exists() else []
    return [*tables, *own, *logs, places.status]


def chunks(recording: Path, path: Path, size: int = CHUNK) -> Iterator[Chunk]:
    """One file in pieces, from which `Receiver` makes it again."""
    name = str(path.relative_to(recording))
    try:
        data = path.read_bytes()
    except FileNotFoundError:  # a file of figures that is not there yet
        return
    for at in range(0, max(1, len(data)), size):
        piece = data[at : at + size]
        yield {"path": name, "at": at, "data": piece, "last": at + len(piece) == len(data)}


class Receiver:
    """Makes shipped files anew below one folder; a file appears when its last piece is there."""

    def __init__(self, recording: Path) -> None:
        self._root = recording.absolute()

    def take(self, chunk: Chunk) -> None:
        target = self._inside(str(chunk["path"]))
        partial = target.with_name(f"{target.name}.shipped")
        target.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("r+b" if chunk["at"] else "wb") as file:
            if file.seek(0, os.SEEK_END) != chunk["at"]:
                raise HarnessError(f"{chunk['path']} arrives with a hole before byte {chunk['at']}")
            file.write(chunk["data"])
        if chunk["last"]:
            os.replace(partial, target)

    def _inside(self, name: str) -> Path:
        """A worker may write its own files of the run, and nothing else."""
        parts = Path(name).parts
        allowed = parts[:1] in (("load",), ("tables",), ("logs",)) and ".." not in parts
        if not allowed or Path(name).is_absolute():
            raise HarnessError(f"a worker sent {name!r}, which is no file of a load process")
        return self._root / name


def ship(recording: Path, files: list[Path], send: Callable[[Chunk], None]) -> None:
    for path in files:
        for chunk in chunks(recording, path):
            send(chunk)
