"""Rows of whole numbers, put aside in portions until they are looked at: in memory, or in files if many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

AT_ONCE = 12_000_000  # rows that are kept in memory
PORTION = 1_000_000  # rows of a portion: what is sorted and looked up stays near the processor
OF_FILE = 4  # times that, where portions are files

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
        self.portions = -(-rows // (PORTION * OF_FILE if in_files else portion or PORTION)) or 1
        self._files = [folder / f"{name}-{number}" for number in range(self.portions)] if in_files else []
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
        begin = 0
        for number, count in enumerate(np.bincount(portion, minlength=self.portions)):
            if count:
                own = [column[begin : begin + count] for column in dealt]
                (self._append if self._files else self._keep)(number, own)
            begin += count

    def _keep(self, number: int, columns: Sequence[Column]) -> None:
        begin, end = self._ends[number], self._ends[number] + len(columns[0])
        if end > self._kept[number].shape[1]:
            more = np.empty((self._columns, end), np.int64)  # as much again, and this
            self._kept[number] = np.concatenate([self._kept[number][:, :begin], more], axis=1)
        for kept, column in zip(self._kept[number], columns, strict=True):
            kept[begin:end] = column
        self._ends[number] = end

    def _append(self, number: int, columns: Sequence[Column]) -> None:
        with self._files[number].open("ab") as out:
            np.stack(columns, axis=1, dtype=np.int64).tofile(out)

    def take(self) -> Iterator[list[Ints]]:
        """The columns of each portion, to be kept or changed; a portion that was taken is forgotten here."""
        for number in range(self.portions):
            yield self._of_file(self._files[number]) if self._files else self._of_memory(number)

    def _of_memory(self, number: int) -> list[Ints]:
        kept, self._kept[number] = self._kept[number], np.empty((0, 0), np.int64)
        return [column[: self._ends[number]] for column in kept]

    def _of_file(self, file: Path) -> list[Ints]:
        rows = np.fromfile(file, np.int64) if file.exists() else np.empty(0, np.int64)
        file.unlink(missing_ok=True)
        table = rows.reshape(-1, self._columns)
        return [np.ascontiguousarray(table[:, column]) for column in range(self._columns)]
