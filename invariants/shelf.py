"""Columns of numbers, put aside until they are looked at: in memory where they are few, else in files by portions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

AT_ONCE = 12_000_000  # rows that are kept in memory
PORTION = 4_000_000  # rows of a portion, where there are more

Column = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]
_ODD = np.uint64(0x9E3779B97F4A7C15)


def portions_for(rows: int) -> int:
    return 1 if rows <= AT_ONCE else -(-rows // PORTION)


class Shelf:
    """Rows of like columns. Rows that are put by the same number come back in the same portion."""

    def __init__(self, folder: Path, name: str, types: Sequence[Any], *, rows: int, portions: int) -> None:
        self._types = [np.dtype(kind) for kind in types]
        self._record = np.dtype([(str(number), kind) for number, kind in enumerate(self._types)])
        self._files = [folder / f"{name}-{number}" for number in range(portions)] if portions > 1 else []
        self._kept = [np.empty(0 if self._files else rows, kind) for kind in self._types]
        self._end = 0

    def put(self, by: Column, *columns: Column) -> None:
        if self._files:
            self._write(by, columns)
            return
        begin, self._end = self._end, self._end + len(by)
        for number, column in enumerate(columns):
            if self._end > len(self._kept[number]):
                more = np.empty(max(self._end, 2 * begin) - begin, self._types[number])
                self._kept[number] = np.concatenate([self._kept[number][:begin], more])
            self._kept[number][begin : self._end] = column

    def _write(self, by: Column, columns: Sequence[Column]) -> None:
        with np.errstate(over="ignore"):
            mixed = by.astype(np.int64).view(np.uint64) * _ODD
        portion = ((mixed >> np.uint64(40)) % np.uint64(len(self._files))).astype(np.uint16)
        order = np.argsort(portion, kind="stable")
        rows = np.empty(len(by), self._record)
        for number, column in enumerate(columns):
            rows[str(number)] = column[order]
        ends = np.cumsum(np.bincount(portion, minlength=len(self._files)))
        for number, file in enumerate(self._files):
            with file.open("ab") as out:
                rows[ends[number - 1] if number else 0 : ends[number]].tofile(out)

    def take(self, number: int) -> tuple[Column, ...]:
        """The columns of a portion, which is forgotten here."""
        if not self._files:
            columns, self._kept = tuple(column[: self._end] for column in self._kept), []
            return columns
        file = self._files[number]
        rows = np.fromfile(file, self._record) if file.exists() else np.empty(0, self._record)
        file.unlink(missing_ok=True)
        return tuple(np.ascontiguousarray(rows[str(number)]) for number in range(len(self._types)))
