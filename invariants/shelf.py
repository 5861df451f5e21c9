"""Rows of whole numbers, put aside in portions until they are looked at: in memory, or in files if many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

AT_ONCE = 12_000_000  # rows that are kept in memory
PORTION = 1_000_000  # rows of a portion: what is sorted and looked up stays near the processor
FILES = 64  # portions at most, where they are files

Column = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]
_ODD = np.uint64(0x9E3779B97F4A7C15)


class Shelf:
    """Rows that are put by the same number come back in the same portion, in the order in which they came."""

    def __init__(
        self,
        folder: Path,
        name: str,
        columns: int,
        *,
        rows: int,
        portion: int = 0,
        low: int = 0,
        few: bool = False,
    ) -> None:
        self._columns, self._low = columns, low  # these bits of the number tell no portion from another
        in_files = rows > AT_ONCE
        if in_files:
            portion = max(2 * PORTION, -(-rows // FILES))
        self.portions = -(-rows // (portion or PORTION)) or 1
        count = self.portions if in_files else 0
        self._files = [(folder / f"{name}-{number}").open("w+b") for number in range(count)]
        each = (columns, 1024 if few else rows // self.portions + rows // (8 * self.portions) + 64)
        self._kept = [] if in_files else [np.empty(each, np.int64) for _ in range(self.portions)]
        self._ends = np.zeros(self.portions, np.int64)

    def put(self, by: Ints, *columns: Column) -> None:
        if self.portions == 1 and not self._files:
            self._keep(0, columns)
            return
        with np.errstate(over="ignore"):
            mixed = (by >> self._low).view(np.uint64) * _ODD
        portion = ((mixed >> np.uint64(44)) * np.uint64(self.portions) >> np.uint64(20)).astype(np.uint16)
        order = np.argsort(portion, kind="stable")
        dealt = [column[order] for column in columns]
        ends = np.cumsum(np.bincount(portion, minlength=self.portions))
        if self._files:
            rows = np.stack(dealt, axis=1, dtype=np.int64)
            for file, begin, end in zip(self._files, (0, *ends), ends, strict=False):
                file.write(rows[begin:end].data)
            return
        for number, (begin, end) in enumerate(zip((0, *ends), ends, strict=False)):
            self._keep(number, [column[begin:end] for column in dealt])

    def _keep(self, number: int, columns: Sequence[Column]) -> None:
        begin, end = self._ends[number], self._ends[number] + len(columns[0])
        if end > self._kept[number].shape[1]:
            more = np.empty((self._columns, end), np.int64)  # as much again, and this
            self._kept[number] = np.concatenate([self._kept[number][:, :begin], more], axis=1)
        for kept, column in zip(self._kept[number], columns, strict=True):
            kept[begin:end] = column
        self._ends[number] = end

    def take(self) -> Iterator[list[Ints]]:
        """The columns of each portion, to be kept or changed; a portion that was taken is forgotten here."""
        for number in range(self.portions):
            yield self._of_file(self._files[number]) if self._files else self._of_memory(number)

    def _of_memory(self, number: int) -> list[Ints]:
        kept, self._kept[number] = self._kept[number], np.empty((0, 0), np.int64)
        return [column[: self._ends[number]] for column in kept]

    def _of_file(self, file: BinaryIO) -> list[Ints]:
        file.seek(0)
        table = np.fromfile(file, np.int64).reshape(-1, self._columns)
        file.truncate(0)
        file.close()
        return [np.ascontiguousarray(table[:, column]) for column in range(self._columns)]
