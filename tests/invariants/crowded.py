"""One recording in which every invariant has something to judge, and most of them find something wrong."""

from __future__ import annotations

from collections.abc import Callable

from gameday.kernel.parts import PARTS
from tests.invariants.case import BROKEN, Case
from tests.invariants.history import Tables

TRIALS = tuple(f"trial:{id}" for id in ("O1", "U6", "B6", "P3", "P4", "P5"))


def crowded(base: Callable[[], Tables], cases: list[Case]) -> Tables:
    """The rows that broken histories have in the tables of their parts, all of them in one recording."""
    tables = base().build(*PARTS, *TRIALS)
    for case in cases:
        if case.verdict is BROKEN:
            made = case.make()
            for name in {name for part in PARTS.values() for name in part} | {"trial"}:
                if name not in made.absent:
                    tables.rows[name] += made.rows[name]
    return tables
