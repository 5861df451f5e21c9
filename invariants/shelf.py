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
    """Rows of whole numbers. Rows that are put by the same number come back in the same portion."""

    def __init__(
        self, folder: Path, name: str, columns: int, *, rows: int, portions: int, low: int = 0
    ) -> None:
        self._files = [folder / f"{name}-{number}" for number in range(portions)] if portions > 1 else []
        self._low = low  # bits of the number that tell no portion from another
        self._kept = [np.empty(0 if self._files else rows, np.int64) for _ in range(columns)]
        self._columns, self._end = columns, 0

    def put(self, by: Ints, *columns: Column) -> None:
        if self._files:
            self._write(by, columns)
            return
        begin, self._end = self._end, self._end + len(by)
        for number, column in enumerate(columns):
            if self._end > len(self._kept[number]):
                more = np.empty(max(self._end, 2 * begin) - begin, np.int64)
                self._kept[number] = np.concatenate([self._kept[number][:begin], more])
            self._kept[number][begin : self._end] = column

    def _write(self, by: Ints, columns: Sequence[Column]) -> None:
        with np.errstate(over="ignore"):
            mixed = (by >> self._low).view(np.uint64) * _ODD
        portion = ((mixed >> np.uint64(40)) % np.uint64(len(self._files))).astype(np.uint16)
        order = np.argsort(portion, kind="stable")
        rows = np.stack([column[order] for column in columns], axis=1, dtype=np.int64)
        ends = np.cumsum(np.bincount(portion, minlength=len(self._files)))
        for number, file in enumerate(self._files):
            with file.open("ab") as out:
                rows[ends[number - 1] if number else 0 : ends[number]].tofile(out)

    def take(self, number: int) -> list[Ints]:
        """The columns of a portion, which is forgotten here."""
        if not self._files:
            columns, self._kept = [column[: self._end] for column in self._kept], []
            return columns
        file = self._files[number]
        rows = np.fromfile(file, np.int64) if file.exists() else np.empty(0, np.int64)
        file.unlink(missing_ok=True)
        table = rows.reshape(-1, self._columns)
        return [np.ascontiguousarray(table[:, column]) for column in range(self._columns)]
