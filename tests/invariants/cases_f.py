"""Histories of freshness, deadlines, lanes and poison (F, L)."""

# ruff: noqa: E501  (one case a line: they are read as a table)

from __future__ import annotations

from tests.invariants.case import BROKEN, HELD, NOT_BUILT, UNKNOWN, VACUOUS, Case
from tests.invariants.damaged import control, mixed, nothing, sampler_late
from tests.invariants.history import MS, T0, History, S, Tables, perfect

SLOW = ("F3", "L1", "V4", "R1", "F7")


def mart(hop: str, how_many: int, beyond: int, never: int = 0) -> Tables:
    """A mart that applies every batch of the load 1 s after curated, some of them beyond 20 s, some never."""
    tables = History().events(how_many).play(batch_of=1).build({"features": "features"}.get(hop, hop))
    tables.add("hop", name=hop, ord=4, joins="event", state="drained", bound_us=None, r1_target_us=None)
    seen = sorted(tables.find("sighting", hop="curated"), key=lambda row: row["t_seen"])
    for nr, row in enumerate(seen[: how_many - never]):
        late = 30 * S if nr < beyond else S
        tables.add("sighting", **{**row, "hop": hop, "t_seen": row["t_seen"] + late})
    tables.rows["phase"] = [{"name": "drain", "t_from": T0, "t_to": T0 + 600 * S}]
    return tables.target("F1" if hop == "features" else "F2", fresh_us=20 * S, grace_us=0)


def read_at(age_s: float, stale: bool | None, table: str = "reader") -> Tables:
    tables = perfect().build("features", "readers")
    common = {"as_of": T0, "stale": stale}
    if table == "reader":
        return tables.add("reader", read_no=1, t=T0 + int(age_s * S), query="scoring", relation="v", **common)
    what = {"feature": "velocity", "subject": "c1", "n": 1, "sum_minor": 1, "tainted": False}
    span = {"t_from": T0 - S, "t_to": T0, "t_read": T0 + int(age_s * S)}
    return tables.add("feature_scan", **what, **span, **common)


def deadline(*published: tuple[str, float, bool], due_s: float = 20) -> Tables:
    """One version is due; these were published: version, when, whether the pointer moved."""
    tables = perfect().build("deadlines", "publish")
    tables.add("deadline_truth", pointer="settlement", version="v2", t_due=T0 + int(due_s * S))
    for version, at_s, moved in published:
        at = T0 + int(at_s * S)
        tables.add("publish_scan", t=at, pointer="settlement", version=version, objections=0, mode="open", moved=moved, tainted=False)  # fmt: skip
    return tables


def extract(took_s: float | None, rows: int = 1_000_000) -> Tables:
    tables = perfect().build("extracts")
    done = None if took_s is None else T0 + int(took_s * S)
    return tables.add("extract_scan", extract_id="e1", row_count=rows, t_asked=T0, t_delivered=done)


def gap(seconds: float, **targets: float) -> Tables:
    """Batch 1 is in raw at 1.07 s and batch 0 loaded at 1.53 s; batch 1 only `seconds` after that."""
    tables = perfect()
    first = tables.find("sighting", hop="load", container="batch-000")[0]["t_seen"]
    for hop in ("load", "curated"):
        tables.change("sighting", {"t_seen": first + int(seconds * S)}, hop=hop, container="batch-001")
    return tables.target("F7", **({"gap_us": 4 * S, "grace_us": S} | targets))


def lanes(*samples: tuple[int, int, int]) -> Tables:
    """A second apart: slots of the backfill, slots of the live lane, backlog of the backfill."""
    tables = perfect().build("lanes")
    for second, (backfill, live, backlog) in enumerate(samples):
        t = T0 + second * S
        tables.add("lane_scan", t=t, lane="backfill", slots=backfill, backlog=backlog)
        tables.add("lane_scan", t=t, lane="live", slots=live, backlog=0)
    return tables


def poison(*late_batches: int, at: int = 2, grace_s: float = 30) -> Tables:
    """Five batches of four, the record at this place breaks its contract; these batches are late by a second."""
    history = History()
    for uid in range(1, 21):
        history.event(uid, cls="invalid" if uid == at else "valid")
    tables = history.play().target("L3", batches=1, grace_us=grace_s * S)
    tables.add("control", hop="raw", measure="latency_p99_us", value=1.0 * S)
    for number in late_batches:
        tables.change(
            "sighting", {"t_seen": T0 + 6 * S + number * MS}, hop="raw", container=f"batch-{number:03d}"
        )
    return tables


def blocked() -> Tables:
    """Nothing from the bad record on reaches raw."""
    tables = poison()
    for uid in range(2, 21):
        tables.lose_from("raw", uid=uid)
    return tables


FEATURES, ANALYTICS = ("features", "F1"), ("analytics", "F2")

CASES = [
    *(
        case
        for hop, id in (FEATURES, ANALYTICS)
        for case in (
            Case(id, "38 of 1000 beyond the target", lambda hop=hop: mart(hop, 1000, 38), HELD),
            Case(id, "39 of 1000 beyond the target", lambda hop=hop: mart(hop, 1000, 39), BROKEN, hop, {"beyond": 39, "allowed": 38}),
            Case(id, "39 of 1000 never came", lambda hop=hop: mart(hop, 1000, 0, 39), BROKEN, hop, {"beyond": 39}),
            Case(id, "too few to judge", lambda hop=hop: mart(hop, 999, 0), VACUOUS),
            Case(id, "the instruments failed", lambda hop=hop: sampler_late(mart(hop, 1000, 39)), UNKNOWN),
            Case(id, "the control misses it too", lambda hop=hop, id=id: control(mart(hop, 1000, 39), id, 20.1), UNKNOWN),
            Case(id, "what a fault delays is not judged", lambda hop=hop: mart(hop, 1400, 60).fault(0, 3), HELD),
            Case(id, "there is no such mart", perfect, NOT_BUILT),
        )
    ),
    Case("F4", "a fresh read is not marked", lambda: read_at(60, False), HELD),
    Case("F4", "a stale read is marked", lambda: read_at(60.1, True), HELD),
    Case("F4", "a stale read is not marked", lambda: read_at(60.1, False), BROKEN, "reader", {"what": "scoring"}),
    Case("F4", "a stale read without an answer", lambda: read_at(60.1, None), BROKEN, "reader"),
    Case("F4", "a stale feature is not marked", lambda: read_at(61, False, "feature"), BROKEN, "features", {"what": "velocity"}),
    Case("F4", "nobody read", lambda: perfect().build("features", "readers"), VACUOUS),
    Case("F4", "there are no features", lambda: perfect().build("readers"), NOT_BUILT),
    Case("F5", "published at the deadline", lambda: deadline(("v2", 20, True)), HELD),
    Case("F5", "published too late", lambda: deadline(("v1", 5, True), ("v2", 20.1, True)), BROKEN, "publish", {"version": "v2"}),
    Case("F5", "only the old version was published", lambda: deadline(("v1", 5, True)), BROKEN, "publish", {"t_published": None}),
    Case("F5", "a gate kept the pointer where it was", lambda: deadline(("v2", 5, False), ("v2", 30, True)), BROKEN, "publish"),
    Case("F5", "first in time, then once more", lambda: deadline(("v2", 19, True), ("v2", 40, True)), HELD),
    Case("F5", "nothing was due", lambda: perfect().build("deadlines", "publish"), VACUOUS),
    Case("F5", "nothing is published", perfect, NOT_BUILT),
    Case("F6", "delivered exactly in time", lambda: extract(120), HELD),
    Case("F6", "delivered too late", lambda: extract(120.1), BROKEN, "extract", {"extract_id": "e1"}),
    Case("F6", "never delivered", lambda: extract(None), BROKEN, "extract", {"t_delivered": None}),
    Case("F6", "twice the events may take twice as long", lambda: extract(240, 2_000_000), HELD),
    Case("F6", "few events have the whole time", lambda: extract(119, 10), HELD),
    Case("F6", "nobody asked", lambda: perfect().build("extracts"), VACUOUS),
    Case("F6", "there are no extracts", perfect, NOT_BUILT),
    Case("F7", "a gap exactly at the bound", lambda: gap(4), HELD),
    Case("F7", "a gap beyond the bound", lambda: gap(4.1), BROKEN, "load", {"is_open": 0}, SLOW),
    Case("F7", "the gap touches a fault", lambda: gap(4.1).fault(3, 4), HELD),
    Case("F7", "all of it lies inside the grace", lambda: gap(4.1, grace_us=2 * S).fault(0.02, 0.06), VACUOUS),
    Case("F7", "the gap begins after the grace", lambda: gap(4.1, grace_us=S).fault(0.02, 0.06), BROKEN, "load", {}, SLOW),
    Case("F7", "nothing waited", lambda: gap(4.1).change("sighting", {"t_seen": T0 + 5 * S}, hop="raw", container="batch-001"), HELD),
    Case("F7", "the control misses it too", lambda: control(gap(4.1), "F7", 4.05), UNKNOWN),
    Case("F7", "nothing was loaded", nothing, VACUOUS),
    Case("L2", "three of ten slots, and the backlog shrinks", lambda: lanes((3, 7, 100), (3, 7, 50), (10, 0, 0)), HELD),
    Case("L2", "too many slots", lambda: lanes((3, 7, 100), (4, 6, 50)), BROKEN, "load", {"what": "backfill took too many slots"}),
    Case("L2", "the backlog does not shrink", lambda: lanes((3, 7, 100), (3, 7, 100)), BROKEN, "load", {"what": "the backlog did not shrink"}),
    Case("L2", "live events are stale meanwhile", lambda: lanes((3, 7, 100), (3, 7, 50)).delay("load", 9, uid=5).delay("curated", 9, uid=5).target("L2", share=0.3, fresh_us=5 * S), BROKEN, "curated", {"seen": 4.0}, ("F3", "L1", "V4", "F7", "R1")),
    Case("L2", "the control misses it too", lambda: control(lanes((3, 7, 100), (4, 6, 50)), "L2", 0.31), UNKNOWN),
    Case("L2", "there is no backlog", lambda: lanes((10, 0, 0)), VACUOUS),
    Case("L2", "there are no lanes", perfect, NOT_BUILT),
    Case("L3", "a bad record delays nothing", poison, HELD),
    Case("L3", "a bad record delays its own batch", lambda: poison(0), HELD),
    Case("L3", "two late batches, not in a row", lambda: poison(1, 4), HELD),
    Case("L3", "a bad record delays the next batch too", lambda: poison(3, 4), BROKEN, "raw", {"batches": 2}, SLOW),
    Case("L3", "late before the bad record", lambda: poison(0, 1, at=9), HELD),
    Case("L3", "nothing behind the bad record arrives", blocked, BROKEN, "raw", {"batches": None}, ("Z1", "Z2", "Z4", "B1", "AN14", "P1", "R2", "L1", "F3", "V4")),
    Case("L3", "late because of a fault", lambda: poison(3, 4).fault(1, 2), HELD),
    Case("L3", "the control misses it too", lambda: control(poison(3, 4), "L3", 2), UNKNOWN),
    Case("L3", "no bad record was sent", perfect, VACUOUS),
    Case("L3", "without a control nothing says what late is", mixed, VACUOUS),
]  # fmt: skip
