"""Events under way, by running number: where each stands on the schedule, and since when it is gone."""

from __future__ import annotations

import numpy as np

from loadgen.draws import Ints
from loadgen.senders import SETTLED, Settled

_FEWEST = 1 << 14


class InFlight:
    """A ring under running numbers; it grows while an old event holds the newer ones up, and no further."""

    def __init__(self) -> None:
        self._next = self._oldest = 0
        self._rows: Ints = np.zeros((_FEWEST, 4), dtype=np.int64)  # position, due, invoked, 1: under way
        self.count = 0

    def enter(self, positions: Ints, due: Ints, invoked: int) -> Ints:
        """Running numbers for these events, one above the other."""
        numbers = np.arange(self._next, self._next + len(positions), dtype=np.int64)
        if self._next + len(positions) - self._oldest > len(self._rows):
            self._make_room(len(positions))
        rows = np.empty((len(positions), 4), dtype=np.int64)
        rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3] = positions, due, invoked, 1
        self._rows[numbers & (len(self._rows) - 1)] = rows
        self._next += len(positions)
        self.count += len(positions)
        return numbers

    def leave(self, numbers: Ints) -> Settled:
        """Their records, as far as they are known here."""
        places = numbers & (len(self._rows) - 1)
        rows = self._rows[places]
        self._rows[places, 3] = 0
        self.count -= len(numbers)
        settled = np.zeros(len(numbers), dtype=SETTLED)
        settled["position"], settled["t_due"], settled["t_invoke"] = rows[:, 0], rows[:, 1], rows[:, 2]
        return settled

    def _make_room(self, wanted: int) -> None:
        numbers = np.arange(self._oldest, self._next, dtype=np.int64)
        under_way = numbers[self._rows[numbers & (len(self._rows) - 1), 3] == 1]
        self._oldest = int(under_way[0]) if len(under_way) else self._next
        size = len(self._rows)
        # Half of it free afterwards, or room would have to be made again at once.
        while 2 * (self._next - self._oldest + wanted) > size:
            size *= 2
        if size > len(self._rows):
            rows = np.zeros((size, 4), dtype=np.int64)
            rows[under_way & (size - 1)] = self._rows[under_way & (len(self._rows) - 1)]
            self._rows = rows
