"""The crash-safe ledger of a load process: a mark above all that may have been sent, and outcomes behind it.

The plan is deterministic, so an attempt needs no record before it is sent: one aligned 64-bit store into a
memory-mapped file says how far the process may have come. Outcomes follow in batches, each with its checksum.
What lies below the mark and has no outcome is UNKNOWN. Both files outlive a SIGKILL of the process at any
instant; they are not fsynced, since the machine is no victim of the load.
"""

from __future__ import annotations

import errno
import mmap
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from loadgen.ledger_format import MOST_RECORDS, Records, pack


class DamagedLedger(ValueError):
    """The ledger cannot be believed; the message says which file and why."""


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


class Outcomes:
    """Appends outcomes in batches; a torn batch is recognised by its checksum."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._end = os.fstat(self._file).st_size
        self._torn = False
        self._waiting: list[Records] = []

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return self._end

    def add(self, records: Records) -> None:
        if len(records):
            self._waiting.append(records)

    def flush(self) -> None:
        """All that waits is in the file; or OSError, and what is not in the file still waits."""
        if self._torn:
            self._cut_back()
        if not self._waiting:
            return
        records = np.concatenate(self._waiting)
        for start in range(0, len(records), MOST_RECORDS):
            self._waiting = [records[start:]]
            self._append(pack(records[start : start + MOST_RECORDS]), len(records) - start)
        self._waiting = []

    def close(self) -> None:
        self.flush()
        os.close(self._file)

    def _append(self, data: bytes, waiting: int) -> None:
        self._torn = True  # a batch behind half a batch would make the ledger a damaged one
        try:
            _write_whole(self._file, data)
        except OSError as error:
            self._cut_back()
            raise OSError(
                f"the load could not write its ledger: {in_words(error)} ({self._path}); make room and run "
                f"again: {waiting} outcomes were waiting, unwritten ones count as UNKNOWN"
            ) from error
        self._torn = False
        self._end += len(data)

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
