"""The proof of the judge, the path of an event, the SQL to paste, the clocks, and how long judging takes."""

from __future__ import annotations

import random
import time
from pathlib import Path

import duckdb
import pytest

import invariants
from gameday.kernel.recording import SCHEMAS, Recording
from gameday.kernel.verdict import Verdict
from invariants import proof
from invariants.explain import NoSuchEvent, explain
from invariants.figures import figures
from invariants.judge import judge
from invariants.proof import prove
from invariants.text import NoSuchInvariant, sql
from invariants.views import SQL_NAME
from tests.invariants.damaged import calm_then_fault, lost_at, mixed, nothing
from tests.invariants.history import T0, History, S

EVENTS = 20_000
# It has no late events, no settings, no control, no victim that led, and no warehouse that was hurt.
VACUOUS_THERE = {"L3", "M3", "O2", "R6", "V2", "V4", "Z6"}
CORRUPTIONS = ["a loss", "a duplicate", "a reorder", "a changed value", "a lost tail"]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """A run of the usual size with the usual legal noise."""
    draw = random.Random(7)
    history = History()
    for uid in range(EVENTS):
        kind, where = draw.random(), {"key": f"k{uid % 600}", "partition": uid % 6}
        if kind < 0.02:
            history.event(uid, tags="|dup|", **where).event(uid, 1, cls="dup_of", tags="|dup|", **where)  # type: ignore[arg-type]
        elif kind < 0.025:
            history.event(uid, cls="invalid", tags="|invalid|", **where)  # type: ignore[arg-type]
        elif kind < 0.03:
            twin = uid + 1_000_000
            history.event(uid, tags="|twin|", **where)  # type: ignore[arg-type]
            history.event(twin, cls="twin_of", ref=uid, tags="|twin|", **where)  # type: ignore[arg-type]
        elif kind < 0.07:
            history.event(uid, tags="|retry|", **where).attempt(uid, partition=uid % 6)  # type: ignore[arg-type]
        else:
            history.event(uid, **where)  # type: ignore[arg-type]
    tables = history.play(batch_of=500).fault(20, 60)
    for hop in ("broker", "raw", "load", "curated"):
        tables.hop(hop, bound_us=10 * S)
    for second in range(60, 260, 2):
        tables.metric("sampler_late_us", second, 1000)
    return tables.write(tmp_path_factory.mktemp("large") / "run")


def test_everything_is_judged_within_five_seconds(large: Recording) -> None:
    began = time.process_time()  # this machine's other work is not counted
    found = judge(large, invariants.everything().values(), held=[])
    took = time.process_time() - began
    fine = (Verdict.HELD, Verdict.VACUOUS, Verdict.NOT_BUILT)
    assert not {one.id: one.why for one in found if one.verdict not in fine}
    assert {one.id for one in found if one.verdict is Verdict.VACUOUS} == VACUOUS_THERE
    assert took < 5, f"{took:.1f} s of processor time for {EVENTS} events"


def test_five_of_five_are_caught_within_ten_seconds(large: Recording, tmp_path: Path) -> None:
    before = {path: path.stat().st_size for path in large.folder.rglob("*.parquet")}
    began = time.process_time()
    planted = prove(large, tmp_path / "work")
    took = time.process_time() - began
    assert [one.corruption for one in planted] == CORRUPTIONS
    assert all(one.caught for one in planted), planted
    assert before.items() <= {p: p.stat().st_size for p in large.folder.rglob("*.parquet")}.items()
    assert not list((tmp_path / "work").glob("*/tables"))
    assert took < 10, f"{took:.1f} s of processor time"


@pytest.mark.parametrize("make", [mixed, calm_then_fault])
def test_small_recordings_can_be_proven_too(make: object, tmp_path: Path) -> None:
    planted = prove(make().write(tmp_path / "run"), tmp_path / "work")  # type: ignore[operator]
    assert all(one.caught for one in planted), planted


def test_nothing_to_plant_on_is_not_caught(tmp_path: Path) -> None:
    planted = prove(nothing().write(tmp_path / "run"), tmp_path / "work")
    assert [one.caught for one in planted] == [False] * 5
    assert all("nothing to" in one.detail for one in planted)


def test_a_blind_checker_fails_the_proof(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = invariants.everything()
    blind = {id: everything["H3"] if id == "Z8" else one for id, one in everything.items()}
    monkeypatch.setattr(proof, "everything", lambda: blind)
    planted = prove(mixed().write(tmp_path / "run"), tmp_path / "work")
    assert [one.corruption for one in planted if not one.caught] == ["a changed value"]


def test_events_that_offend_already_are_not_planted_on(tmp_path: Path) -> None:
    recording = lost_at("load").write(tmp_path / "run")
    judge(recording, invariants.ALWAYS, held=[])
    planted = prove(recording, tmp_path / "work")
    assert all(one.caught and one.uid != 3 for one in planted), planted


def test_a_path_names_the_hop_that_lost_the_event(tmp_path: Path) -> None:
    path = explain(lost_at("load").fault(0, 10).write(tmp_path / "run"), 3)
    assert path.verdict == "1 of 1 attempts lost, the first at load"
    assert [(step.hop, step.what) for step in path.steps] == [
        ("planned", "due, valid"),
        ("sent", "ACK"),
        ("broker", "seen"),
        ("raw", "seen"),
        ("load", "LOST"),
    ]
    assert path.steps[2].where == "0@2 in 0:2"
    assert path.steps[3].at_us == T0 + 30_000 + S
    assert path.steps[3].faults == ("f1 (broker-2)",)


def test_a_path_shows_every_copy_and_what_was_suppressed(tmp_path: Path) -> None:
    path = explain(mixed().write(tmp_path / "run"), 20)
    assert [(step.copy, step.what) for step in path.steps if step.hop == "curated"] == [
        (0, "seen"),
        (1, "suppressed"),
    ]


def test_a_row_that_nobody_sent_is_explained_as_such(tmp_path: Path) -> None:
    path = explain(calm_then_fault().drop("send", uid=3).write(tmp_path / "run"), 3)
    assert path.verdict == "3 rows that no attempt explains, the first at broker"


def test_an_event_of_another_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoSuchEvent, match="event 999 is in no table"):
        explain(mixed().write(tmp_path / "run"), 999)


@pytest.mark.parametrize("id", sorted(invariants.everything()))
def test_the_text_to_paste_finds_the_offenders(id: str, large: Recording) -> None:
    with duckdb.connect() as session:
        for name in SCHEMAS:
            session.register("empty", SCHEMAS[name].empty_table())
            session.execute(f"CREATE TABLE {SQL_NAME[name]} AS SELECT * FROM empty")
        assert session.execute(sql(id)).fetchall() == []


def test_an_unknown_invariant_is_named_with_those_there_are() -> None:
    with pytest.raises(NoSuchInvariant, match=r"no invariant 'Z99'; there are A1, A2"):
        sql("Z99")


def test_the_clocks_of_an_outage(tmp_path: Path) -> None:
    """Bound 5 s: event 5 is due at 0.04 s, so raw is bad from 5.04 s on; its container is sighted at 15 s."""
    tables = calm_then_fault().delay("raw", 15, uid=5).target("R1", **{"rto_us.raw": 30 * S})
    clocks = {row["hop"]: row for row in figures(tables.write(tmp_path / "run"))["clocks"]}
    assert clocks["load"]["stable_us"] == 0
    raw = clocks["raw"]
    assert raw["first_bad_us"] == 3_250_000  # the first sample after 5.04 s, counted from the bite at 2 s
    assert raw["first_success_us"] == 13 * S
    assert raw["stable_us"] == 13 * S
    assert raw["backlog_us"] == 5 * S  # counted from the heal at 10 s
    assert raw["detection"] == "no alerting"
    assert raw["r1_target_us"] == 30 * S  # what the game day asks for, not what the hop promises
