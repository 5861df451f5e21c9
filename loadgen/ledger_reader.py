"""Reads a ledger piece by piece, so that its length does not matter."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from loadgen.draws import Ints
from loadgen.ledger import DamagedLedger
from loadgen.ledger_format import HEADER_SIZE, MAGIC_BYTES, NO_RECORDS, Header, Records, unpack


@dataclass(frozen=True)
class LedgerReader:
    """Where each whole batch begins, and which positions it speaks of."""

    path: Path
    starts: Ints
    lowest: Ints
    highest: Ints
    count: int  # of records
    ignored_bytes: int  # at the end, that are no whole batch

    @staticmethod
    def open(path: Path) -> LedgerReader:
        """A torn last batch is left out; damage before the last batch is refused."""
        rows: list[tuple[int, int, int]] = []
        count = end = 0
        with _mapped(path) as data:
            for at, records in _batches(data):
                rows.append((at, int(records["position"].min()), int(records["position"].max())))
                count += len(records)
                end = at + HEADER_SIZE + _header(data, at).size
            _refuse_damage_within(path, data, end)
            ignored = len(data) - end
        starts, lowest, highest = np.array(rows, dtype=np.int64).reshape(-1, 3).T
        return LedgerReader(path, starts, lowest, highest, count, ignored)

    def between(self, first: int, stop: int) -> Records:
        """The records of positions [first, stop), sorted by position."""
        parts = []
        with _mapped(self.path) as data:
            for start in self.starts[(self.highest >= first) & (self.lowest < stop)].tolist():
                records = _batch(data, start)
                position = records["position"]
                parts.append(records[(position >= first) & (position < stop)])
        found = np.concatenate(parts) if parts else NO_RECORDS
        return found[np.argsort(found["position"], kind="stable")]

    def batches(self) -> Iterator[Records]:
        """In the order in which they were written."""
        with _mapped(self.path) as data:
            for start in self.starts.tolist():
                yield _batch(data, start)


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap | bytes]:
    if not path.exists() or path.stat().st_size == 0:
        yield b""  # nothing can be mapped of an empty file
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data


def _header(data: mmap.mmap | bytes, at: int) -> Header:
    header = Header.read(data[at : at + HEADER_SIZE])
    assert header is not None  # the batch was found whole before
    return header


def _batch(data: mmap.mmap | bytes, at: int) -> Records:
    header = _header(data, at)
    return unpack(header, data[at + HEADER_SIZE : at + HEADER_SIZE + header.size])


def _is_whole(data: mmap.mmap | bytes, at: int) -> bool:
    head = data[at : at + HEADER_SIZE]
    header = Header.read(head)
    return header is not None and header.fits(head, data[at + HEADER_SIZE : at + HEADER_SIZE + header.size])


def _batches(data: mmap.mmap | bytes) -> Iterator[tuple[int, Records]]:
    at = 0
    while _is_whole(data, at):
        yield at, _batch(data, at)
        at += HEADER_SIZE + _header(data, at).size


def _refuse_damage_within(path: Path, data: mmap.mmap | bytes, at: int) -> None:
    """A crash can only tear the last write: a whole batch behind a damaged one means something else."""
    found = data.find(MAGIC_BYTES, at + 1)
    while found >= 0:
        if _is_whole(data, found):
            raise DamagedLedger(f"{path} is damaged at byte {at}, yet whole batches follow: not a crash")
        found = data.find(MAGIC_BYTES, found + 1)
