"""Every invariant beyond the spine once more: its histories with every row twice, and beside neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tests.invariants.beside import SPINE as BESIDE_ALREADY
from tests.invariants.beside import beside
from tests.invariants.case import BROKEN, Case
from tests.invariants.cases import CASES
from tests.invariants.dense import WIDE, twice
from tests.invariants.history import Tables
from tests.invariants.pinned import EVERYTHING, HARNESS, Pinned

ONCE = {"phase", "hop", "target", "control", "part", "seal", "check"}  # what a run writes one row of each of


def _twice(case: Case) -> Tables:
    return twice(case.make(), *(set(EVERYTHING[case.id].needs) - ONCE))


def _beside(case: Case) -> Tables:
    return beside(case.make())


def _all() -> Iterator[Pinned]:
    seen: set[str] = set()
    for case in CASES:
        if case.verdict is not BROKEN or case.id in HARNESS:
            continue
        if case.id not in WIDE and case.id not in seen:
            yield Pinned(f"{case}, every row twice", partial(_twice, case), None, (case.id,))
        if case.id not in BESIDE_ALREADY and case.id not in seen:
            yield Pinned(f"{case}, beside neighbours", partial(_beside, case), None, (case.id,))
        seen.add(case.id)


PINNED: tuple[Pinned, ...] = tuple(_all())
