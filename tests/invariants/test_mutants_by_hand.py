"""Mutants M01 to M08 of the bank: each is applied to the checkers, and a history has to notice it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import invariants
from gameday.kernel.clock import anchor
from gameday.kernel.verdict import Invariant, Verdict
from gameday.kernel.waiting import pause
from invariants.judge import judge
from tests.invariants.damaged import mixed, nothing
from tests.invariants.history import S, Tables, perfect

EVERYTHING = invariants.everything()
BROKEN, HELD, UNKNOWN, VACUOUS = Verdict.BROKEN, Verdict.HELD, Verdict.UNKNOWN, Verdict.VACUOUS


def _verdict(one: Invariant, tables: Tables, folder: Path) -> Verdict:
    (found,) = judge(tables.write(folder), [one], held=[one.id], save_offenders=False)
    return found.verdict


def _changed(id: str, old: str, new: str) -> Invariant:
    one = EVERYTHING[id]
    assert old in one.offenders, f"{id} no longer says {old!r}: the mutant has to be written anew"
    return replace(one, offenders=one.offenders.replace(old, new))


def _one_id_twice() -> Tables:
    return perfect().double("curated_scan", uid=3)


def _open_and_lost() -> Tables:
    return mixed().lose_from("load", uid=50)


def _open_and_absent() -> Tables:
    return mixed()


@pytest.mark.parametrize(
    ("mutant", "history", "right", "wrong"),
    [
        (_changed("U1", "HAVING count(*) > 1", "HAVING count(*) < 1"), _one_id_twice, BROKEN, HELD),
        (
            _changed("U1", "FROM curated_scan x", "FROM (SELECT DISTINCT * FROM curated_scan) x"),
            _one_id_twice,
            BROKEN,
            HELD,
        ),
        (_changed("Z3", "t.outcome = 'UNKNOWN'", "t.outcome = 'FAIL'"), _open_and_lost, BROKEN, HELD),
        (
            replace(
                EVERYTHING["Z1"],
                offenders="""SELECT s.uid, s.copy, 'curated' AS hop, s.t_done FROM send s
LEFT JOIN curated_scan c ON c.uid = s.uid LEFT JOIN dlq_scan d ON d.uid = s.uid
WHERE s.outcome <> 'FAIL' AND c.uid IS NULL AND d.uid IS NULL""",
            ),
            _open_and_absent,
            HELD,
            BROKEN,
        ),
    ],
    ids=["M01 flipped", "M02 distinct", "M06 unknown as failed", "M06 unknown as acknowledged"],
)
def test_a_mutant_of_a_text_is_noticed(
    mutant: Invariant, history: Callable[[], Tables], right: Verdict, wrong: Verdict, tmp_path: Path
) -> None:
    """The history tells the checker from its mutant: the one is right, and the other is not."""
    assert _verdict(EVERYTHING[mutant.id], history(), tmp_path / "right") is right
    assert _verdict(mutant, history(), tmp_path / "wrong") is wrong


def test_m03_a_fault_that_was_not_injected_is_inconclusive(tmp_path: Path) -> None:
    tables = perfect().fault(2, 10, confirmed="mismatch", t_bite=None)
    for id in ("H0", "Z1", "R1"):
        assert _verdict(EVERYTHING[id], tables, tmp_path / id) is not HELD


def test_m04_recovery_is_measured_on_the_wall_clock(tmp_path: Path) -> None:
    """An outage of known length, in which no processor works, has that length."""
    tables = perfect().fault(2, 20).delay("raw", 15, uid=5).target("R1", rto_us=60 * S)
    (found,) = judge(tables.write(tmp_path / "run"), [EVERYTHING["R1"]], held=["R1"], save_offenders=False)
    assert found.figure == pytest.approx(13.0)


def test_m04_the_clock_of_a_run_goes_on_while_nothing_is_computed() -> None:
    """A clock of processor time would stand still in a pause of known length."""
    clock, busy = anchor(), time.process_time()
    first = clock.now_us()
    pause(0.5)
    passed = (clock.now_us() - first) / S
    assert passed >= 0.5
    assert time.process_time() - busy < 0.25


def test_m05_an_input_that_a_reader_swallowed_is_inconclusive(tmp_path: Path) -> None:
    for name in ("raw_scan", "curated_scan"):
        tables = perfect()
        tables.absent.add(name)
        assert _verdict(EVERYTHING["Z2"], tables, tmp_path / name) is UNKNOWN


def test_m07_an_empty_history_does_not_pass(tmp_path: Path) -> None:
    for one in invariants.ALWAYS:
        if one.id not in ("H0", "H3", "H4"):
            assert _verdict(one, nothing(), tmp_path / one.id) is VACUOUS, one.id


def test_m08_a_ledger_that_lost_entries_shows_phantoms(tmp_path: Path) -> None:
    tables = perfect().drop("send", uid=3)
    assert _verdict(EVERYTHING["Z7"], tables, tmp_path / "run") is BROKEN
