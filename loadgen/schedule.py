"""The plan as it is sent: slab by slab, each attempt beside its row, for the whole plan or one part of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import numpy.typing as npt

from loadgen.draws import Ints, Mask
from loadgen.places import WHOLE, Part
from loadgen.plan import PLACE_BITS, Plan
from loadgen.rows import Block, Rows
from loadgen.sorting import order_of_times

_FIELDS = tuple(field.name for field in fields(Rows))
_ATTEMPT, _DUE = len(_FIELDS), len(_FIELDS) + 1


@dataclass(frozen=True)
class Stretch:
    """One slab. `row`, `attempt` and `due` have an entry per attempt, in the order in which they are due."""

    number: int
    rows: Rows  # those whose cause lies here, as the table `intent` has them
    known: Rows  # and behind them those of earlier slabs that are sent here
    row: Ints  # its place among the known
    attempt: Ints
    due: Ints

    @cached_property
    def sent(self) -> Rows:
        """A row per attempt."""
        return self.known.at(self.row)

    def __len__(self) -> int:
        return len(self.due)

    @property
    def first_position(self) -> int:
        return self.number << PLACE_BITS


def stretches(plan: Plan, part: Part = WHOLE) -> Iterator[Stretch]:
    """All of them in order, each block made once. What is due later waits under the number of its slab."""
    ends = plan.ends()
    later: dict[int, list[Ints]] = {}
    for number in range(plan.slab_count):
        block = plan.block(number)
        if part != WHOLE:
            block = _part_of(block, block.rows.payment % part.of == part.number)
        row = np.concatenate([np.arange(len(block.rows), dtype=np.int64), block.again_row])
        attempt = np.concatenate([np.zeros(len(block.rows), dtype=np.int64), block.again_attempt])
        due = np.concatenate([block.rows.due, block.again_due])
        now = due < ends[number]
        _keep(later, ends, block.rows, row[~now], attempt[~now], due[~now])
        waited = later.pop(number, [])
        yield _stretch(number, block.rows, row[now], attempt[now], due[now], waited)


def planned_attempts(plan: Plan, part: Part = WHOLE) -> int:
    """How many attempts the part has in all."""
    if part == WHOLE:
        return plan.attempts
    return sum(
        _part_of(block, block.rows.payment % part.of == part.number).attempts
        for block in map(plan.block, range(plan.slab_count))
    )


def _part_of(block: Block, mine: Mask) -> Block:
    place = np.cumsum(mine) - 1
    again = mine[block.again_row]
    return Block(
        block.rows.where(mine),
        place[block.again_row[again]],
        block.again_attempt[again],
        block.again_due[again],
    )


def _keep(later: dict[int, list[Ints]], ends: Ints, rows: Rows, row: Ints, attempt: Ints, due: Ints) -> None:
    if not len(row):
        return
    slab = np.searchsorted(ends, due, side="right")
    order = np.argsort(slab, kind="stable")
    chosen = row[order]
    columns = [getattr(rows, name)[chosen].view(np.int64) for name in _FIELDS]
    table = np.stack([*columns, attempt[order], due[order]], axis=1)
    numbers, starts = np.unique(slab[order], return_index=True)
    for number, piece in zip(numbers.tolist(), np.split(table, starts[1:]), strict=True):
        later.setdefault(number, []).append(piece)


def _stretch(number: int, rows: Rows, row: Ints, attempt: Ints, due: Ints, waited: list[Ints]) -> Stretch:
    if waited:
        table = np.concatenate(waited)
        row = np.concatenate([row, np.arange(len(rows), len(rows) + len(table), dtype=np.int64)])
        attempt = np.concatenate([attempt, table[:, _ATTEMPT]])
        due = np.concatenate([due, table[:, _DUE]])
        both = {
            name: np.concatenate([getattr(rows, name), _typed(table[:, n], getattr(rows, name))])
            for n, name in enumerate(_FIELDS)
        }
        known = Rows(**both)
    else:
        known = rows
    order = _in_order(known, row, attempt, due)
    return Stretch(number, rows, known, row[order], attempt[order], due[order])


def _typed(column: Ints, like: npt.NDArray[np.int64] | npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    return np.ascontiguousarray(column).view(like.dtype)


def _in_order(rows: Rows, row: Ints, attempt: Ints, due: Ints) -> Ints:
    """By due time, then by uid, copy and attempt. Few are due at once, so only these are compared further."""
    order = order_of_times(due)
    sorted_due = due[order]
    same = sorted_due[1:] == sorted_due[:-1]
    if same.any():
        tied = np.concatenate([[False], same]) | np.concatenate([same, [False]])
        those = order[tied]
        uid, copy = rows.uid[row[those]], rows.copy[row[those]]
        order[tied] = those[np.lexsort((attempt[those], copy, uid, due[those]))]
    return order
