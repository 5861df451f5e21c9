"""The schedule that is sent is the plan's, whole or in parts."""

from __future__ import annotations

from collections import Counter
from itertools import chain

import numpy as np
import pytest

from loadgen.places import Part
from loadgen.plan import Plan
from loadgen.profiles import base_mix, steady
from loadgen.schedule import planned_attempts, stretches

PLAN = Plan(base_mix(steady(3_000, 5)), 11)


def attempts(part: Part) -> list[tuple[int, int, int, int]]:
    columns = ((s.sent.uid, s.sent.copy, s.attempt, s.due) for s in stretches(PLAN, part))
    return list(chain(*(zip(*(c.tolist() for c in four), strict=True) for four in columns)))


def test_the_whole_schedule_is_that_of_the_plan() -> None:
    for slab, stretch in zip(PLAN.slabs(), stretches(PLAN), strict=True):
        assert slab.first_position == stretch.first_position
        sends = slab.sends
        assert (sends.uid == stretch.sent.uid).all() and (sends.copy == stretch.sent.copy).all()
        assert (sends.attempt == stretch.attempt).all() and (sends.due == stretch.due).all()
        assert (slab.rows.uid == stretch.rows.uid).all()


def test_the_row_beside_an_attempt_is_its_own() -> None:
    first = next(stretches(PLAN)).rows  # their repetitions come later
    by_identity = np.argsort(first.identity)
    seen = 0
    for stretch in stretches(PLAN):
        mine = np.isin(stretch.sent.identity, first.identity)
        at = by_identity[np.searchsorted(first.identity, stretch.sent.identity[mine], sorter=by_identity)]
        for name, column in first.columns().items():
            assert (getattr(stretch.sent, name)[mine] == column[at]).all(), name
        seen += int(mine.sum())
    assert seen > len(first)


@pytest.mark.parametrize("of", [2, 5])
def test_parts_are_the_whole_and_keep_keys_together(of: int) -> None:
    parts = [attempts(Part(n, of)) for n in range(of)]
    assert Counter(chain(*parts)) == Counter(attempts(Part()))
    assert [planned_attempts(PLAN, Part(n, of)) for n in range(of)] == [len(part) for part in parts]
    assert all(len(part) > len(attempts(Part())) / of / 2 for part in parts)
    keys = [{uid // 16 for uid, *_ in part} for part in parts]
    assert not set.intersection(*keys)
    for part in parts:
        dues = np.array([due for *_, due in part])
        assert (np.diff(dues) >= 0).all()


def test_a_part_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="none with number 2"):
        Part(2, 2)
