"""Histories of Z5, Z6, U6, O1 and O2: gaps, late events, and what recomputing gives."""

# ruff: noqa: E501  (one case a line: they are read as a table)

from __future__ import annotations

from tests.invariants.case import BROKEN, HELD, NOT_BUILT, UNKNOWN, VACUOUS, Case
from tests.invariants.damaged import (
    control,
    late_lane,
    lost_at,
    nothing,
    pending,
    sampler_late,
    unseal,
    without_table,
)
from tests.invariants.history import T0, History, S, Tables, perfect


def _skipped(uid: int = 3) -> Tables:
    return lost_at("raw", uid).build("alarms")


def _alarm(
    tables: Tables, first: int, end: int, at_s: float = 10, partition: int = 0, kind: str = "gap"
) -> Tables:
    where = {"cluster": "a", "topic": "t", "partition": partition, "from_offset": first, "to_offset": end}
    return tables.add("alarm", t=T0 + int(at_s * S), kind=kind, part="landing", subject="t", **where)


def _control_records() -> Tables:
    """Offsets 3 and 4 belong to nobody: control records of a transaction."""
    tables = perfect().build("alarms")
    for name in ("send", "broker_scan", "raw_scan", "load_scan", "curated_scan", "suppressed_scan"):
        for row in tables.rows[name]:
            row["src_offset"] += 2 if row["src_offset"] >= 3 else 0
    return tables


def _never_told() -> Tables:
    """The broker forgot an acknowledged record before anybody read it."""
    tables = lost_at("broker").build("alarms")
    assert not tables.find("broker_scan", uid=3)
    return tables


def _late(uid: int = 54) -> Tables:
    return History().events(4).event(uid, lateness_us=50 * S, tags="|late|").events(2, first=6).play()


def _late_resend() -> Tables:
    """The first attempt of a late event is lost at the load, its resend is not."""
    tables = History().events(2).event(54, lateness_us=50 * S, tags="|late|").attempt(54).play()
    tables.drop("load_scan", uid=54, src_offset=2).drop("suppressed_scan", uid=54)
    return tables.change("load_batch_scan", {"row_count": 3}, container="batch-000")


def _tried(id: str, *found: str | None, n: int = 8) -> Tables:
    tables = perfect().build(f"trial:{id}")
    for number, one in enumerate(found):
        tables.add("trial", id=id, what=f"order {number}", hop="curated", expected="a1", found=one, n=n)
    return tables


def _trials(id: str) -> list[Case]:
    return [
        Case(id, "five orders give the same", lambda: _tried(id, *["a1"] * 5), HELD),
        Case(id, "one order gives another", lambda: _tried(id, "a1", "a1", "b2"), BROKEN, "curated", {"what": "order 2"}),
        Case(id, "one order gave no answer", lambda: _tried(id, "a1", None), UNKNOWN),
        Case(id, "a difference counts, whatever gave no answer", lambda: _tried(id, "b2", None), BROKEN, "curated"),
        Case(id, "nothing to recompute", lambda: _tried(id, "a1", n=0), VACUOUS),
        Case(id, "promised, and nobody tried", lambda: perfect().build(f"trial:{id}"), UNKNOWN),
        Case(id, "cut short, so not sealed", lambda: unseal(_tried(id, "a1"), "trial"), UNKNOWN),
        Case(id, "nobody promised to try", perfect, NOT_BUILT),
    ]  # fmt: skip


CASES = [
    Case("Z5", "no gap", lambda: perfect().build("alarms"), HELD),
    Case("Z5", "skipped in silence", _skipped, BROKEN, "raw", {"uid": 3, "at_offset": 2}, ("Z1", "Z2", "B1")),
    Case("Z5", "skipped, and told", lambda: _alarm(_skipped(), 2, 3), HELD, also=("Z1", "Z2", "B1")),
    Case("Z5", "the alarm ends before the gap", lambda: _alarm(_skipped(), 0, 2), BROKEN, "raw", {"uid": 3}, ("Z1", "Z2", "B1")),
    Case("Z5", "the alarm begins behind it", lambda: _alarm(_skipped(), 3, 9), BROKEN, "raw", {"uid": 3}, ("Z1", "Z2", "B1")),
    Case("Z5", "an alarm about another partition", lambda: _alarm(_skipped(), 0, 9, partition=1), BROKEN, "raw", {"uid": 3}, ("Z1", "Z2", "B1")),
    Case("Z5", "an alarm of another kind", lambda: _alarm(_skipped(), 0, 9, kind="lag"), BROKEN, "raw", {"uid": 3}, ("Z1", "Z2", "B1")),
    Case("Z5", "told after the end", lambda: _alarm(_skipped(), 2, 3, at_s=61), BROKEN, "raw", {"uid": 3}, ("Z1", "Z2", "B1")),
    Case("Z5", "told at the last instant", lambda: _alarm(_skipped(), 2, 3, at_s=60), HELD, also=("Z1", "Z2", "B1")),
    Case("Z5", "the last record of a partition", lambda: _skipped(8), BROKEN, "raw", {"uid": 8}, ("Z1", "Z2", "B1")),
    Case("Z5", "gaps of control records are legal", _control_records, HELD),
    Case("Z5", "acknowledged, forgotten by the broker, and told by nobody", _never_told, BROKEN, "raw", {"uid": 3}, ("Z1", "Z2", "B1")),
    Case("Z5", "not yet there at a moving hop", lambda: lost_at("raw", 8).hop("raw", state="moving").hop("load", state="moving").hop("curated", state="moving").build("alarms"), UNKNOWN, also=("L1",)),
    Case("Z5", "nothing was sent", lambda: nothing().build("alarms"), VACUOUS),
    Case("Z5", "nobody alarms", perfect, NOT_BUILT),
    Case("Z5", "the alarms were promised and did not come", lambda: without_table(_skipped(), "alarm"), UNKNOWN, also=("Z1", "Z2", "B1")),
    Case("Z6", "late, and there", _late, HELD),
    Case("Z6", "late, and suppressed for a survivor", lambda: History().events(2).event(54, lateness_us=50 * S).attempt(54).play(), HELD),
    Case("Z6", "dropped as late", lambda: _late().lose_from("curated", uid=54), BROKEN, "curated", {"uid": 54}, ("Z1", "Z2", "U3", "B1")),
    Case("Z6", "dropped at the load", lambda: _late().lose_from("load", uid=54), BROKEN, "load", {"uid": 54}, ("Z1", "Z2", "B1")),
    Case("Z6", "a surviving resend never masks a lost one", _late_resend, BROKEN, "load", {"uid": 54, "attempt": 0}, ("Z2", "U3")),
    Case("Z6", "an event on time is lost", lambda: _late().lose_from("load", uid=3), HELD, also=("Z1", "Z2", "B1")),
    Case("Z6", "late and invalid is a dead letter", lambda: History().events(2).event(9, cls="invalid", lateness_us=S).play(), VACUOUS),
    Case("Z6", "an unknown late event that never arrived", lambda: _late().fault(0, 5).change("send", {"outcome": "UNKNOWN", "src_offset": None}, uid=54).lose_from("broker", uid=54), VACUOUS),
    Case("Z6", "pending", lambda: pending().change("intent", {"lateness_us": S}, uid=8), UNKNOWN, also=("L1",)),
    Case("Z6", "no late event", perfect, VACUOUS),
    *_trials("O1"),
    *_trials("U6"),
    Case("O2", "included in time", lambda: late_lane(0), HELD),
    Case("O2", "one of thirty is late to be included", lambda: late_lane(1), BROKEN, "curated", {"of_events": 30, "beyond": 1, "allowed": 0}, ("F3",)),
    Case("O2", "exactly on the target", lambda: late_lane(0).target("O2", within_us=1_900_000), HELD),
    Case("O2", "one microsecond beyond it", lambda: late_lane(0).target("O2", within_us=1_899_999), BROKEN, "curated", {"beyond": 30}),
    Case("O2", "the control misses it too", lambda: control(late_lane(1), "O2", 121), UNKNOWN),
    Case("O2", "the instruments failed", lambda: sampler_late(late_lane(1)), UNKNOWN),
    Case("O2", "no late event", perfect, VACUOUS),
]  # fmt: skip
