"""The order of verdicts, and what a run comes to."""

from __future__ import annotations

from pathlib import Path

import pytest

from gameday.kernel.outcome import conclude
from gameday.kernel.timeline import broken, inconclusive
from gameday.kernel.verdict import (
    MEASURE,
    SAFETY,
    Finding,
    Invariant,
    Kind,
    Preconditions,
    Verdict,
    decide,
    worst,
)

FINE = Preconditions()


def an(kind: Kind, at_least: int = 1) -> Invariant:
    return Invariant("X1", "x", kind, "", "", (), at_least=at_least)


@pytest.mark.parametrize(
    ("kind", "given", "judged", "offenders", "control_misses", "expected"),
    [
        (SAFETY, FINE, 10, 0, False, Verdict.HELD),
        (SAFETY, FINE, 10, 1, False, Verdict.BROKEN),
        (SAFETY, Preconditions(fault="f1 not confirmed"), 10, 1, False, Verdict.BROKEN),
        (SAFETY, Preconditions(fault="f1 not confirmed"), 10, 0, False, Verdict.UNKNOWN),
        (SAFETY, Preconditions(traffic="9 of 10,000"), 10, 0, False, Verdict.VACUOUS),
        (SAFETY, Preconditions(fault="f1", traffic="9"), 10, 0, False, Verdict.UNKNOWN),
        (SAFETY, FINE, 0, 0, False, Verdict.VACUOUS),
        (MEASURE, Preconditions(instrument="sampler late"), 10, 5, False, Verdict.UNKNOWN),
        (MEASURE, Preconditions(starved="others"), 10, 5, False, Verdict.UNKNOWN),
        (MEASURE, Preconditions(starved="others"), 10, 0, False, Verdict.HELD),
        (SAFETY, Preconditions(starved="others"), 10, 5, False, Verdict.BROKEN),
        (MEASURE, FINE, 10, 5, True, Verdict.UNKNOWN),
        (MEASURE, FINE, 10, 5, False, Verdict.BROKEN),
        (MEASURE, Preconditions(fault="f1"), 10, 5, False, Verdict.BROKEN),
        (MEASURE, FINE, 10, 0, True, Verdict.HELD),
    ],
)
def test_the_order_in_which_a_verdict_is_reached(
    kind: Kind, given: Preconditions, judged: int, offenders: int, control_misses: bool, expected: Verdict
) -> None:
    assert decide(an(kind), given, judged, offenders, control_misses)[0] is expected


def test_nothing_by_chance_is_held_and_says_zero_of_zero() -> None:
    verdict, why = decide(an(SAFETY, at_least=0), FINE, 0, 0, False)
    assert (verdict, why) == (Verdict.HELD, "0 of 0")


def test_the_worst_wins_and_nothing_is_vacuous() -> None:
    assert worst([Verdict.HELD, Verdict.UNKNOWN, Verdict.VACUOUS]) is Verdict.UNKNOWN
    assert worst([Verdict.BROKEN, Verdict.UNKNOWN]) is Verdict.BROKEN
    assert worst([]) is Verdict.VACUOUS


BITTEN = Finding("H0", "says", Verdict.HELD, "why", held_by_scenario=True)


def found(
    id: str,
    verdict: Verdict,
    *hops: str,
    implies: tuple[str, ...] = (),
    counts: bool = True,
    offenders: int = 1,
) -> Finding:
    return Finding(
        id, "says", verdict, "why", hops=hops, implies=implies, held_by_scenario=counts, offenders=offenders
    )


def status(*findings: Finding, caught: int = 5, expects: object = None) -> str:
    return conclude(Path("run"), findings, expects, caught).status  # type: ignore[arg-type]


def test_only_held_is_green() -> None:
    assert status(found("Z1", Verdict.HELD)) == "held"
    assert status(found("Z1", Verdict.HELD), found("Z2", Verdict.VACUOUS)) == "inconclusive"
    assert status(found("Z1", Verdict.UNKNOWN), found("Z2", Verdict.BROKEN)) == "broken"


def test_a_harness_that_is_broken_is_no_broken_pipeline() -> None:
    residue, unlike = found("H3", Verdict.BROKEN), found("H4", Verdict.BROKEN)
    assert status(found("Z1", Verdict.HELD), residue) == "residue"
    assert status(unlike) == "trouble"
    assert status(unlike, residue) == "residue"
    assert status(found("Z2", Verdict.BROKEN), residue) == "broken"
    at_broker = found("Z2", Verdict.BROKEN, "broker")
    assert status(BITTEN, at_broker, residue, expects=broken("Z2", hop="broker")) == "residue"


def test_an_invariant_outside_the_scenario_is_never_combined() -> None:
    assert status(found("Z1", Verdict.HELD), found("L1", Verdict.BROKEN, counts=False)) == "held"


def test_a_run_whose_judge_was_not_proven_is_void_but_broken_stays_broken() -> None:
    assert status(found("Z1", Verdict.HELD), caught=4) == "inconclusive"
    assert status(found("Z1", Verdict.BROKEN), caught=4) == "broken"


def test_a_calibration_run_is_green_only_for_the_expected_break_at_the_expected_hop() -> None:
    expects = broken("Z2", hop="broker")
    at_broker = found("Z2", Verdict.BROKEN, "broker", implies=("Z1",))
    assert status(BITTEN, at_broker, found("Z1", Verdict.BROKEN), expects=expects) == "held"
    assert status(BITTEN, found("Z2", Verdict.HELD), expects=expects) == "broken"
    assert status(BITTEN, found("Z2", Verdict.UNKNOWN), expects=expects) == "inconclusive"
    untold_and_red = found("Z2", Verdict.UNKNOWN), found("U4", Verdict.BROKEN)
    assert status(BITTEN, *untold_and_red, expects=expects) == "broken"
    assert status(BITTEN, found("Z2", Verdict.BROKEN, "raw"), expects=expects) == "broken"
    assert status(BITTEN, found("Z2", Verdict.BROKEN, "broker", "raw"), expects=expects) == "broken"
    assert status(BITTEN, at_broker, found("U4", Verdict.BROKEN), expects=expects) == "broken"
    assert status(BITTEN, at_broker, caught=4, expects=expects) == "inconclusive"


def test_a_calibration_run_whose_fault_was_not_confirmed_proves_nothing() -> None:
    at_broker = found("Z2", Verdict.BROKEN, "broker")
    assert (
        status(found("H0", Verdict.UNKNOWN), at_broker, expects=broken("Z2", hop="broker")) == "inconclusive"
    )
    assert status(at_broker, expects=broken("Z2", hop="broker")) == "inconclusive"


def test_an_inconclusive_run_is_expected_only_where_it_is_inconclusive_for_its_own_reason() -> None:
    expects = inconclusive("H0")
    assert status(found("H0", Verdict.UNKNOWN), expects=expects) == "held"
    assert status(found("H0", Verdict.HELD), expects=expects) == "broken"
    assert status(found("H0", Verdict.UNKNOWN), found("Z1", Verdict.BROKEN), expects=expects) == "broken"
    crashed = found("H0", Verdict.UNKNOWN, offenders=0)
    assert status(crashed, expects=expects) == "broken"
    assert status(found("H0", Verdict.UNKNOWN), caught=0, expects=expects) == "inconclusive"


def test_what_a_red_one_implies_may_be_red_and_so_may_what_that_implies_in_turn() -> None:
    expects = broken("U4", hop="load")
    u4 = found("U4", Verdict.BROKEN, "load", implies=("U3",))
    u3 = found("U3", Verdict.BROKEN, "curated", implies=("B1",))
    b1 = found("B1", Verdict.BROKEN, "curated")
    assert status(BITTEN, u4, u3, b1, expects=expects) == "held"
    held_u3 = found("U3", Verdict.HELD, implies=("B1",))
    assert status(BITTEN, u4, held_u3, b1, expects=expects) == "broken", "nothing red leads to B1"


def test_an_expectation_may_list_what_else_this_system_breaks() -> None:
    an2 = found("AN2", Verdict.BROKEN, "raw")
    z2 = found("Z2", Verdict.BROKEN, "load", implies=("Z1",))
    z1 = found("Z1", Verdict.BROKEN, "load")
    assert status(BITTEN, an2, z2, z1, expects=broken("AN2", hop="raw", also=("Z2",))) == "held"
    assert status(BITTEN, an2, z2, z1, expects=broken("AN2", hop="raw")) == "broken"


def test_an_expectation_may_let_its_own_invariant_offend_at_later_hops() -> None:
    z2 = found("Z2", Verdict.BROKEN, "broker", "curated")
    assert status(BITTEN, z2, expects=broken("Z2", hop="broker", also=("Z2",))) == "held"
    assert status(BITTEN, z2, expects=broken("Z2", hop="broker")) == "broken"
    assert status(BITTEN, z2, expects=broken("Z2", hop="raw", also=("Z2",))) == "broken"
