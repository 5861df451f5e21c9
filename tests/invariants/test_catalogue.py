"""Every invariant against its histories: it can hold, it can break, and it can be vacuous."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import pytest

import invariants
from gameday.kernel.verdict import MEASURE, Finding, Invariant, Verdict
from invariants.engines.duckdb import DuckDb
from invariants.judge import judge
from tests.invariants.case import Case
from tests.invariants.cases import CASES

EVERYTHING = invariants.everything()
SMALL = partial(DuckDb, threads=1)


def _judge(case: Case, folder: Path) -> dict[str, Finding]:
    """What a broken history breaks beside its own invariant is judged too; the others need only their own."""
    recording = case.make().write(folder / "run")
    own = EVERYTHING[case.id]
    others: Iterable[Invariant] = EVERYTHING.values() if own.kind is MEASURE else invariants.ALWAYS
    if case.verdict is not Verdict.BROKEN:
        others = ()
    asked = {one.id: one for one in (own, *others)}
    found = judge(recording, asked.values(), held=set(EVERYTHING), save_offenders=False, make_engine=SMALL)
    return {finding.id: finding for finding in found}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_history(case: Case, tmp_path: Path) -> None:
    found = _judge(case, tmp_path)
    one = found[case.id]
    assert one.verdict is case.verdict, f"{case.id} is {one.verdict.name}: {one.why}\n{list(one.first)}"
    if case.hop:
        assert case.hop in {row["hop"] for row in one.first}, list(one.first)
    if case.offender:
        assert any(case.offender.items() <= dict(row).items() for row in one.first), list(one.first)
    broken = {id for id, finding in found.items() if finding.verdict is Verdict.BROKEN} - {case.id}
    assert broken <= set(case.also), {id: found[id].first for id in broken - set(case.also)}


@pytest.mark.parametrize("id", sorted(EVERYTHING))
def test_every_invariant_has_its_three_histories(id: str) -> None:
    verdicts = [case.verdict for case in CASES if case.id == id]
    assert Verdict.HELD in verdicts, f"{id} has no history that holds"
    red = {"H0": Verdict.UNKNOWN, "H1": Verdict.VACUOUS, "H2": Verdict.UNKNOWN}.get(id, Verdict.BROKEN)
    assert red in verdicts, f"{id} has no history that breaks it: nobody knows whether it can fail"
    empty = Verdict.UNKNOWN if id == "H0" else Verdict.VACUOUS
    assert empty in verdicts, f"{id} has no vacuous history"
    assert len(verdicts) >= 3


@pytest.mark.parametrize("case", [c for c in CASES if c.verdict is Verdict.BROKEN], ids=str)
def test_what_else_breaks_is_implied_by_some_red_invariant(case: Case) -> None:
    """A history may not list as a side effect what no invariant declares in `implies`."""
    declared = set(EVERYTHING[case.id].implies)
    declared |= {other for id in case.also for other in EVERYTHING[id].implies}
    # Set up by the history itself: a stuck or moving hop, a row that was replaced rather than removed.
    assert set(case.also) <= declared | {"L1", "Z1", "Z2", "Z7", "Z8"}, set(case.also) - declared
