"""Where the broker is the only hop: judged without any later table, and the judge is proven there too."""

from __future__ import annotations

from pathlib import Path

import pytest

import invariants
from gameday.kernel.verdict import Verdict
from invariants import proof_broker
from invariants.judge import judge
from invariants.proof import prove
from tests.invariants.history import History, Tables

EVENTS = 400
BEHIND = ("raw", "load", "load_batch", "curated", "suppressed", "dlq")


def alone() -> Tables:
    history = History()
    for uid in range(EVENTS):
        where = {"key": f"k{uid % 20}", "partition": uid % 3}
        history.event(uid, **where)  # type: ignore[arg-type]
        if uid % 40 == 0:
            history.attempt(uid, partition=uid % 3)
    tables = history.play(batch_of=50)
    tables.absent |= {f"{hop}_scan" for hop in BEHIND}
    tables.rows["hop"] = tables.find("hop", name="broker")
    return tables.target("H1", events=100, during_fault=0, per_tag=0)


def test_what_the_brokers_can_be_asked_holds_without_any_later_table(tmp_path: Path) -> None:
    found = judge(alone().write(tmp_path / "run"), invariants.BROKERS_ALONE, held=invariants.ON_BROKERS)
    assert {f.id: f.verdict for f in found if f.id[0] in "WO"} == dict.fromkeys(
        ("W1", "W2", "O3"), Verdict.HELD
    )


def test_all_five_corruptions_are_caught_at_the_broker(tmp_path: Path) -> None:
    planted = prove(
        alone().write(tmp_path / "run"),
        tmp_path / "work",
        clean_sql=proof_broker.CLEAN,
        corruptions=proof_broker.CORRUPTIONS,
        judged=invariants.ON_BROKERS,
    )
    assert [one.caught for one in planted] == [True] * 5, planted
    assert {one.hop for one in planted} == {"broker"}


@pytest.mark.parametrize("id", ["W1", "W2", "O3"])
def test_a_judge_that_sees_nothing_is_found_out(id: str, tmp_path: Path) -> None:
    """Each of the five rests on one invariant: without it, the proof has to fail."""
    blind = [one for one in proof_broker.CORRUPTIONS if one[2] == id]
    swapped = [(what, make, "H3", hop) for what, make, _, hop in blind]
    planted = prove(
        alone().write(tmp_path / "run"),
        tmp_path / "work",
        clean_sql=proof_broker.CLEAN,
        corruptions=swapped,
        judged=invariants.ON_BROKERS,
    )
    assert planted and not any(one.caught for one in planted)
