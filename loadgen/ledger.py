"""The crash-safe ledger of a load process: a mark above all that may have been sent, and outcomes behind it.

The plan is deterministic, so an attempt needs no record before it is sent: one aligned 64-bit store into a
memory-mapped file says how far the process may have come. Outcomes follow in batches of fixed-width records,
each batch with its checksum. What lies below the mark and has no outcome is UNKNOWN. Both files outlive a
SIGKILL of the process at any instant; they are not fsynced, since the machine is no victim of the load.
"""

from __future__ import annotations

import errno
import mmap
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xxhash

ACK, FAIL, UNKNOWN = range(3)
FATES = ("ACK", "FAIL", "UNKNOWN")

RECORD = np.dtype(
    [
        ("position", "<i8"),
        ("t_invoke", "<i8"),
        ("t_done", "<i8"),
        ("offset", "<i8"),  # -1: not known
        ("partition", "<i4"),  # -1: not known
        ("error", "<i2"),
        ("fate", "<i2"),
    ]
)
_HEADER = np.dtype([("magic", "<u4"), ("count", "<u4"), ("check", "<u8")])
_MAGIC = 0x6C656467

Record = tuple[int, int, int, int, int, int, int]


class Mark:
    """The position above the highest that may have been handed over; 0 before the first."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(bytes(8))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 8)
        # A typed store into an aligned word is one instruction: a reader sees the old value or the new one.
        self._word: npt.NDArray[np.int64] = np.frombuffer(self._map, dtype=np.int64)

    def raise_to(self, position: int) -> None:
        self._word[0] = position

    @staticmethod
    def read(path: Path) -> int:
        data = path.read_bytes()
        if len(data) != 8:
            raise DamagedLedger(f"{path} holds {len(data)} bytes instead of 8: what was sent cannot be told")
        return int(np.frombuffer(data, dtype=np.int64)[0])


class DamagedLedger(ValueError):
    """The ledger cannot be believed; the message says which file and why."""


class Outcomes:
    """Appends outcomes in batches; a torn batch is recognised by its checksum."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._end = os.fstat(self._file).st_size
        self._torn = False
        self._waiting: list[Record] = []

    def add(
        self, position: int, t_invoke: int, t_done: int, offset: int, partition: int, error: int, fate: int
    ) -> None:
        self._waiting.append((position, t_invoke, t_done, offset, partition, error, fate))

    def flush(self) -> None:
        """All that waits is in the file; or OSError, and the file is as before and all of it still waits."""
        if self._torn:
            self._cut_back()
        if not self._waiting:
            return
        body = np.array(self._waiting, dtype=RECORD).tobytes()
        data = _header(body, len(self._waiting)) + body
        self._torn = True  # a batch behind half a batch would make the ledger a damaged one
        try:
            _write_whole(self._file, data)
        except OSError as error:
            self._cut_back()
            raise OSError(
                f"the load could not write its ledger: {in_words(error)} ({self._path}); make room and run "
                f"again: {len(self._waiting)} outcomes were waiting, unwritten ones count as UNKNOWN"
            ) from error
        self._torn = False
        self._end += len(data)
        self._waiting = []

    def close(self) -> None:
        self.flush()
        os.close(self._file)

    def _cut_back(self) -> None:
        os.ftruncate(self._file, self._end)
        self._torn = False


def _write_whole(file: int, data: bytes) -> None:
    """The write after a short one tells why it was short."""
    done = 0
    while done < len(data):
        taken = os.write(file, data[done:])
        if not taken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done += taken


def in_words(error: OSError) -> str:
    """The system's reason, as the end of a sentence."""
    reason = error.strerror or str(error)
    return reason[:1].lower() + reason[1:]


def _header(body: bytes, count: int) -> bytes:
    check = xxhash.xxh3_64_intdigest(body)
    return np.array([(_MAGIC, count, check)], dtype=_HEADER).tobytes()


@dataclass(frozen=True)
class Read:
    """The outcomes of a ledger, and how many bytes at its end were no whole batch."""

    records: npt.NDArray[np.void]
    ignored_bytes: int


def read_outcomes(path: Path) -> Read:
    """Every whole batch. A torn last batch is left out; damage before the last batch is refused."""
    data = path.read_bytes() if path.exists() else b""
    parts: list[npt.NDArray[np.void]] = []
    at = 0
    while at + _HEADER.itemsize <= len(data):
        header = np.frombuffer(data, dtype=_HEADER, count=1, offset=at)[0]
        start, count = at + _HEADER.itemsize, int(header["count"])
        end = start + count * RECORD.itemsize
        whole = int(header["magic"]) == _MAGIC and end <= len(data)
        if not whole or _header(data[start:end], count) != data[at:start]:
            break
        parts.append(np.frombuffer(data[start:end], dtype=RECORD))
        at = end
    _refuse_damage_within(path, data, at)
    return Read(np.concatenate(parts) if parts else np.zeros(0, dtype=RECORD), len(data) - at)


def _refuse_damage_within(path: Path, data: bytes, at: int) -> None:
    """A crash can only tear the last write: a whole batch behind a damaged one means something else."""
    magic = _MAGIC.to_bytes(4, "little")
    found = data.find(magic, at + 1)
    while found >= 0:
        if found + _HEADER.itemsize <= len(data):
            count = int(np.frombuffer(data, dtype=_HEADER, count=1, offset=found)[0]["count"])
            start = found + _HEADER.itemsize
            body = data[start : start + count * RECORD.itemsize]
            if len(body) == count * RECORD.itemsize and _header(body, count) == data[found:start]:
                raise DamagedLedger(f"{path} is damaged at byte {at}, yet whole batches follow: not a crash")
        found = data.find(magic, found + 1)
