"""Histories of recovery points, promotions and mirrors (R2–R5), and of availability and isolation (V)."""

# ruff: noqa: E501  (one case a line: they are read as a table)

from __future__ import annotations

from tests.invariants.case import BROKEN, HELD, NOT_BUILT, UNKNOWN, VACUOUS, Case
from tests.invariants.damaged import calm_then_fault, control, lost_at, mixed, nothing, pending
from tests.invariants.history import MS, T0, History, S, Tables, perfect

LOST = ("Z1", "Z2", "B1", "AN14", "P1", "U3")
SLOW = ("L1", "F3", "R1", "F7", "V4")


def danger(**targets: float) -> Tables:
    """Eight acknowledgements 10 ms apart, the first at 5 ms; raw has four at 1.03 s and four at 1.07 s."""
    return perfect().target("R2", lost_events=0, **targets)


def handover(at_ms: int) -> Tables:
    """Batch 0 is seen in raw at this instant; event 5 is acknowledged at 45 ms."""
    at = T0 + at_ms * MS
    tables = perfect().change("sighting", {"t_prev": at, "t_seen": at}, hop="raw", container="batch-000")
    return tables.target("R2", lost_events=0, **{"worst_events.raw": 4})


def promoted(*after: tuple[str, str], at_s: float = 12) -> Tables:
    tables = calm_then_fault().build("orchestration")
    for task in ("a", "b"):
        tables.add("task_state_scan", side="before", task=task, state="done", t=T0 + S)
    for task, state in after:
        tables.add("task_state_scan", side="after", task=task, state=state, t=T0 + int(at_s * S))
    return tables


def translated(offset: int, actual: int = 1_000, head: int = 1_000) -> Tables:
    where = {"cluster": "a", "topic": "t", "partition": 0}
    tables = perfect().build("translation").target("R4", reread=10, per_distance=0.5)
    return tables.add(
        "translation_scan", consumer="landing", **where, translated=offset, actual=actual, head=head
    )


def mirror(
    log_start: int, alarm_s: float | None = None, partition: int = 0, kind: str = "mirror gap"
) -> Tables:
    """The mirror has 100 records; at 10 s the source begins at `log_start`."""
    tables = perfect().build("mirrors", "alarms")
    where = {"cluster": "a", "topic": "t", "partition": 0}
    tables.add("mirror_scan", t=T0, **where, log_start=0, mirrored=100)
    tables.add("mirror_scan", t=T0 + 10 * S, **where, log_start=log_start, mirrored=100)
    if alarm_s is not None:
        where["partition"] = partition
        tables.add("alarm", t=T0 + int(alarm_s * S), kind=kind, part="mirror", subject="t", **where)
    return tables


def probes(stance: str, *seen: tuple[float, str, str, str, str | None]) -> Tables:
    """A fault from 2 s to 10 s: at (s), side, kind, outcome, detail."""
    tables = (
        calm_then_fault().build("probes", "stances").add("stance_truth", component="ledger", stance=stance)
    )
    for at, side, kind, outcome, detail in seen:
        tables.add(
            "probe",
            t=T0 + int(at * S),
            component="ledger",
            side=side,
            kind=kind,
            outcome=outcome,
            detail=detail,
        )
    return tables


def hurt(victim: str, hop: str, until_s: float, **fault: str) -> Tables:
    """A part away from 0.5 s to 20 s, and one batch that a hop shows only then."""
    return perfect().fault(0.5, 20, victim=victim, **fault).delay(hop, until_s, uid=5)


def load_of(seconds: float, tables: Tables | None = None) -> Tables:
    """Under load for so long, beside a control that gave the hops their bounds (5 s)."""
    tables = (tables or perfect()).add("phase", name="load", t_from=T0, t_to=T0 + int(seconds * S))
    for hop in ("broker", "raw", "load", "curated"):
        tables.add("control", hop=hop, measure="latency_p99_us", value=2.5 * S)
    return tables.target("V4", good_share=0.9, grace_us=5 * S)


def reads(*seen: tuple[int, str, str | None, float], error: str | None = None) -> Tables:
    """Two versions of two relations, blue until 10 s, green from then on: number, relation, content, when."""
    tables = perfect().build("readers", "publish")
    for colour, t_from, until in (("blue", 0, 10), ("green", 10, None)):
        for relation in ("v_a", "v_b"):
            end = None if until is None else T0 + until * S
            tables.add("snapshot_scan", snapshot=colour, relation=relation, t_commit=T0 + t_from * S, t_until=end, colour=colour, content_hash=f"{relation} {colour}")  # fmt: skip
    for number, relation, content, at in seen:
        tables.add(
            "reader",
            read_no=number,
            t=T0 + int(at * S),
            query="q",
            relation=relation,
            snapshot=None,
            content_hash=content,
            error=error,
        )
    return tables


def breaker(*seen: tuple[float, str, int, int]) -> Tables:
    """A fault from 2 s to 10 s: at (s), state, attempts, failures since the row before."""
    tables = calm_then_fault().build("breaker")
    for at, state, attempts, failures in seen:
        tables.add(
            "breaker_scan",
            t=T0 + int(at * S),
            component="warehouse",
            state=state,
            attempts=attempts,
            failures=failures,
        )
    return tables


CALM = (1, "closed", 9, 0)
OPEN = (4, "open", 5, 5)
PROBE = (11, "half-open", 1, 0)
CLOSED = (12, "closed", 1, 0)

R_CASES = [
    Case("R2", "a legal mixture loses nothing", mixed, HELD),
    *(Case("R2", f"lost at {hop}", lambda hop=hop: lost_at(hop), BROKEN, hop, {"lost_events": 1}, (*LOST, "W1")) for hop in ("broker", "raw", "load", "curated")),
    Case("R2", "an unknown send that is nowhere was promised to nobody", lambda: History().events(3).event(9, outcome="UNKNOWN", reaches=False).play().fault(0, 1), HELD),
    Case("R2", "as many in danger as may be", lambda: danger(worst_events=8), HELD),
    Case("R2", "one more in danger than may be", lambda: danger(worst_events=7), BROKEN, "raw", {"worst_events": 8}),
    Case("R2", "a hop may have its own bound", lambda: danger(**{"worst_events": 8, "worst_events.raw": 7}), BROKEN, "raw", {"worst_events": 8}),
    Case("R2", "the oldest in danger is as old as it may be", lambda: danger(worst_age_us=2_025 * MS), HELD),
    Case("R2", "the oldest in danger is older", lambda: danger(worst_age_us=2_024 * MS), BROKEN, "curated", {"what": "in danger for too long", "worst_age_us": 2_025 * MS}),
    Case("R2", "seen just before the next acknowledgement", lambda: handover(44), HELD),
    Case("R2", "at one instant the acknowledgement counts first", lambda: handover(45), BROKEN, "raw", {"worst_events": 5}),
    Case("R2", "lost at a hop that is stuck", lambda: lost_at("load", 8).hop("load", state="stuck"), BROKEN, "load", {"lost_events": 1}, (*LOST, "L1", "R1", "F3", "F7")),
    Case("R2", "pending is not lost yet, and no proof", pending, UNKNOWN),
    Case("R2", "the control misses it too", lambda: control(lost_at("load"), "R2", 1), UNKNOWN),
    Case("R2", "nothing was sent", nothing, VACUOUS),
    Case("R3", "every task is there once, as it was", lambda: promoted(("a", "done"), ("b", "done")), HELD),
    Case("R3", "a task is lost", lambda: promoted(("a", "done")), BROKEN, "orchestration", {"task": "b", "what": "lost"}),
    Case("R3", "a task is doubled", lambda: promoted(("a", "done"), ("b", "done"), ("b", "done")), BROKEN, "orchestration", {"task": "b", "what": "doubled"}),
    Case("R3", "a task runs again", lambda: promoted(("a", "done"), ("b", "running")), BROKEN, "orchestration", {"task": "b", "what": "changed"}),
    Case("R3", "back exactly in time", lambda: promoted(("a", "done"), ("b", "done"), at_s=302), HELD),
    Case("R3", "back too late", lambda: promoted(("a", "done"), ("b", "done"), at_s=302.1), BROKEN, "orchestration", {"what": "back too late"}),
    Case("R3", "there were no tasks", lambda: calm_then_fault().build("orchestration"), VACUOUS),
    Case("R3", "there is no orchestration", calm_then_fault, NOT_BUILT),
    Case("R4", "at the true offset", lambda: translated(1_000), HELD),
    Case("R4", "one ahead", lambda: translated(1_001), BROKEN, "mirror", {"what": "ahead"}),
    Case("R4", "behind by what may be read again", lambda: translated(990), HELD),
    Case("R4", "behind by one more", lambda: translated(989), BROKEN, "mirror", {"what": "too far behind"}),
    Case("R4", "farther from the head it may be farther behind", lambda: translated(489, head=2_002), HELD),
    Case("R4", "nothing was translated", lambda: perfect().build("translation"), VACUOUS),
    Case("R4", "there is no mirror", perfect, NOT_BUILT),
    Case("R5", "the source begins where the mirror ends", lambda: mirror(100), HELD),
    Case("R5", "a gap, alarmed exactly in time", lambda: mirror(101, 70), HELD),
    Case("R5", "a gap, alarmed too late", lambda: mirror(101, 70.1), BROKEN, "mirror", {"missing": 1}),
    Case("R5", "a gap, not alarmed", lambda: mirror(101), BROKEN, "mirror", {"t_alarm": None}),
    Case("R5", "an alarm before the gap is another one", lambda: mirror(101, 9), BROKEN, "mirror", {"t_alarm": None}),
    Case("R5", "an alarm for another partition", lambda: mirror(101, 20, partition=1), BROKEN, "mirror", {"t_alarm": None}),
    Case("R5", "another alarm", lambda: mirror(101, 20, kind="lag"), BROKEN, "mirror", {"t_alarm": None}),
    Case("R5", "nobody looked", lambda: perfect().build("mirrors", "alarms"), VACUOUS),
    Case("R5", "there is no mirror", lambda: perfect().build("alarms"), NOT_BUILT),
]  # fmt: skip

V_CASES = [
    Case("V1", "a CP minority refuses, the majority accepts", lambda: probes("CP", (3, "minority", "write", "refused", None), (3, "majority", "write", "accepted", None)), HELD),
    Case("V1", "a CP minority accepts", lambda: probes("CP", (3, "minority", "write", "accepted", None)), BROKEN, "", {"what": "accepted by the minority"}),
    Case("V1", "before the fault there is no minority", lambda: probes("CP", (1, "minority", "write", "accepted", None)), HELD),
    Case("V1", "an AP side refuses", lambda: probes("AP", (3, "minority", "write", "refused", None)), BROKEN, "", {"what": "refused although AP"}),
    Case("V1", "an AP side accepts", lambda: probes("AP", (3, "minority", "write", "accepted", None)), HELD),
    Case("V1", "a CP component shows two states", lambda: probes("CP", (20, "minority", "state", "answered", "x"), (20, "majority", "state", "answered", "y")), BROKEN, "", {"what": "diverged"}),
    Case("V1", "no answer is no state", lambda: probes("CP", (20, "minority", "state", "no answer", "x"), (20, "majority", "state", "answered", "y")), HELD),
    Case("V1", "an AP component may show two states", lambda: probes("AP", (20, "minority", "state", "answered", "x"), (20, "majority", "state", "answered", "y")), HELD),
    Case("V1", "nobody asked", lambda: probes("CP"), VACUOUS),
    Case("V1", "there are no probes", calm_then_fault, NOT_BUILT),
    Case("V2", "the load goes on without the curator", lambda: hurt("curator", "curated", 18), HELD),
    Case("V2", "the load stops with the curator", lambda: hurt("curator", "load", 18), BROKEN, "load", {"victim": "curator"}, SLOW),
    Case("V2", "the broker goes on without landing", lambda: hurt("landing", "raw", 18), HELD),
    Case("V2", "raw stops with the loader", lambda: hurt("loader", "raw", 18), BROKEN, "raw", {"victim": "loader"}, SLOW),
    Case("V2", "a link to the warehouse hurts the load, and may", lambda: hurt("link", "load", 18, target="curator→warehouse"), HELD),
    Case("V4", "good all the time", lambda: load_of(40), HELD),
    Case("V4", "bad for as long as may be", lambda: load_of(40, perfect().delay("raw", 9.04, uid=5)), HELD),
    Case("V4", "bad for longer", lambda: load_of(40, perfect().delay("raw", 9.1, uid=5)), BROKEN, "raw", {}, SLOW),
    Case("V4", "bad because of a fault, and within its grace", lambda: load_of(40, perfect().fault(2, 10).delay("raw", 15, uid=5)), HELD),
    Case("V4", "bad beyond the grace, of the calm that is left", lambda: load_of(40, perfect().fault(2, 10).delay("raw", 18, uid=5)), BROKEN, "raw", {}, SLOW),
    Case("V4", "the control misses it too", lambda: control(load_of(40, perfect().delay("raw", 9.1, uid=5)), "V4", 0.89), UNKNOWN),
    Case("V4", "faults all the time", lambda: load_of(12, perfect().fault(0, 10)), VACUOUS),
    Case("V4", "without a control nothing says what bad is", lambda: perfect().add("phase", name="load", t_from=T0, t_to=T0 + 40 * S), VACUOUS),
    Case("V5", "every read is answered", lambda: reads((1, "v_a", "v_a blue", 1)), HELD),
    Case("V5", "a read fails", lambda: reads((1, "v_a", None, 1), error="no such table"), BROKEN, "reader", {"error": "no such table"}),
    Case("V5", "nobody read", reads, VACUOUS),
    Case("V5", "there are no readers", perfect, NOT_BUILT),
    Case("V6", "blue before the swap, green after it", lambda: reads((1, "v_a", "v_a blue", 9.9), (1, "v_b", "v_b blue", 9.9), (2, "v_a", "v_a green", 10.1)), HELD),
    Case("V6", "either at the very instant", lambda: reads((1, "v_a", "v_a blue", 10), (2, "v_a", "v_a green", 10)), HELD),
    Case("V6", "blue after the swap", lambda: reads((1, "v_a", "v_a blue", 10.1)), BROKEN, "reader", {"content_hash": "v_a blue"}),
    Case("V6", "neither of them", lambda: reads((1, "v_a", "half", 5)), BROKEN, "reader", {"content_hash": "half"}),
    Case("V6", "one read of both colours", lambda: reads((1, "v_a", "v_a blue", 10), (1, "v_b", "v_b green", 10)), BROKEN, "reader", {"content_hash": "blue and green"}),
    Case("V6", "nobody read", reads, VACUOUS),
    Case("V6", "there are no readers", perfect, NOT_BUILT),
    Case("V7", "opens, probes, closes", lambda: breaker(CALM, OPEN, PROBE, CLOSED), HELD),
    Case("V7", "one failure too many before it opened", lambda: breaker(CALM, (4, "open", 6, 6), PROBE, CLOSED), BROKEN, "", {"what": "opened too late or never", "seen": 6}),
    Case("V7", "never opened", lambda: breaker(CALM, (5, "closed", 9, 6)), BROKEN, "", {"what": "opened too late or never"}),
    Case("V7", "closed without a probe", lambda: breaker(CALM, OPEN, CLOSED), BROKEN, "", {"what": "closed without a probe"}),
    Case("V7", "closed exactly in time", lambda: breaker(CALM, OPEN, PROBE, (25, "closed", 1, 0)), HELD),
    Case("V7", "closed too late", lambda: breaker(CALM, OPEN, PROBE, (25.1, "closed", 1, 0)), BROKEN, "", {"what": "closed too late or never"}),
    Case("V7", "never closed", lambda: breaker(CALM, OPEN, PROBE), BROKEN, "", {"what": "closed too late or never", "seen": None}),
    Case("V7", "five calls a second while it is open", lambda: breaker(CALM, OPEN, (5, "open", 5, 5), PROBE, CLOSED), HELD),
    Case("V7", "a storm while it is open", lambda: breaker(CALM, OPEN, (5, "open", 6, 6), PROBE, CLOSED), BROKEN, "", {"what": "storm of retries", "seen": 6}),
    Case("V7", "no call was made", lambda: calm_then_fault().build("breaker"), VACUOUS),
    Case("V7", "there is no breaker", calm_then_fault, NOT_BUILT),
]  # fmt: skip

CASES = [*R_CASES, *V_CASES]
