"""Invariants beyond the spine once more: every row twice, beside neighbours, before dense histories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from gameday.kernel.parts import PART_OF
from tests.invariants.beside import SPINE as BESIDE_ALREADY
from tests.invariants.beside import beside
from tests.invariants.case import BROKEN, HELD, UNKNOWN, Case
from tests.invariants.cases import CASES
from tests.invariants.dense import SCANS, WIDE, moving, rich, sick, twice
from tests.invariants.history import Row, Tables
from tests.invariants.pinned import EVERYTHING, HARNESS, Pinned
from tests.invariants.pinned_fates import astray, forgotten
from tests.invariants.pinned_spine import (
    groups_of_one_tier,
    order_of_keys,
    suppressed_though_never_sent,
    two_logs,
    without_columns,
)

FAR = 1e15
ONCE = {"phase", "hop", "target", "control", "part", "seal", "check"}  # what a run writes one row of each of


def _twice(case: Case) -> Tables:
    return twice(case.make(), *(set(EVERYTHING[case.id].needs) - ONCE))


def _beside_targets(case: Case) -> Tables:
    """Targets of the same names that belong to another invariant, one of another name, and figures that the
    control run gave for another: all far away."""
    tables = case.make()
    for name in EVERYTHING[case.id].targets:
        tables.add("target", invariant="another", name=name, value=FAR)
    for far in (FAR, -FAR):
        tables.add("control", hop="", measure="figure:another", value=far)
    return tables.add("target", invariant=case.id, name="another", value=FAR)


def _beside(case: Case) -> Tables:
    return beside(case.make())


# What asks for the tables of the spine alone, and can be put before any history of it.
OF_THE_SPINE = tuple(
    id
    for id, one in sorted(EVERYTHING.items())
    if not one.parts and not set(one.needs) & set(PART_OF) and id not in {*WIDE, *HARNESS, "M3"}
)
DENSE: dict[str, Callable[[], Tables]] = {
    "every legal pair of outcomes": rich,
    "every legal pair while every hop moves": lambda: moving(rich()),
    "whatever can go wrong": sick,
    "whatever can go wrong, while every hop moves": lambda: moving(sick()),
    "whatever can go wrong, everything twice": lambda: twice(sick(), "send", *SCANS),
    "whatever can go wrong, beside neighbours": lambda: beside(sick()),
    "two records at one coordinate": two_logs,
    "suppressed though never sent": suppressed_though_never_sent,
    "scans without bytes or columns": without_columns,
    "what the broker forgot": forgotten,
    "astray": astray,
    "groups of one tier alone": groups_of_one_tier,
    "order with gaps": order_of_keys,
}


def _control(case: Case) -> list[Row]:
    return case.make().rows["control"]


def _all() -> Iterator[Pinned]:
    seen: set[str] = set()
    for case in CASES:
        if case.verdict is not BROKEN or case.id in HARNESS:
            continue
        if case.id not in WIDE and case.id not in seen:
            yield Pinned(f"{case}, every row twice", partial(_twice, case), None, (case.id,))
        if case.id in OF_THE_SPINE or (case.id not in BESIDE_ALREADY and case.id not in seen):
            yield Pinned(f"{case}, beside neighbours", partial(_beside, case), None, (case.id,))
        seen.add(case.id)
        if EVERYTHING[case.id].targets:
            yield Pinned(f"{case}, beside other targets", partial(_beside_targets, case), None, (case.id,))
    for case in CASES:
        if case.verdict is UNKNOWN and any(row["measure"] == f"figure:{case.id}" for row in _control(case)):
            yield Pinned(f"{case}, beside other targets", partial(_beside_targets, case), None, (case.id,))
    for id, one in EVERYTHING.items():
        if one.targets and id not in HARNESS:
            case = next(case for case in CASES if case.id == id and case.verdict is HELD)
            yield Pinned(f"{case}, beside other targets", partial(_beside_targets, case), None, (id,))


PINNED: tuple[Pinned, ...] = (
    *_all(),
    *(Pinned(f"{what}, before all others", make, None, OF_THE_SPINE) for what, make in DENSE.items()),
)
