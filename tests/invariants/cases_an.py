"""Histories of the anomalies hop by hop (AN) and of the books (P)."""

# ruff: noqa: E501  (one case a line: they are read as a table)

from __future__ import annotations

from functools import partial

from tests.invariants.case import BROKEN, HELD, NOT_BUILT, UNKNOWN, VACUOUS, Case
from tests.invariants.damaged import (
    calm_then_fault,
    control,
    fabricated,
    lost_at,
    merged_twins,
    mixed,
    nothing,
    one_send_twice,
    other_bytes_at,
    other_bytes_there,
    pending,
    unseal,
)
from tests.invariants.history import T0, History, S, Tables, perfect

MONEY = ("B1", "AN14")


def moved_key() -> Tables:
    """The fifth event of a key lies in another partition."""
    return History().events(4).event(9, partition=1).events(2, first=10).play()


def batch(tables: Tables, number: int, **changes: int) -> Tables:
    return tables.change("sighting", changes, hop="raw", container=f"batch-{number:03d}")


def loads(*seqs: int) -> Tables:
    """As many loads as numbers, in the order in which they were sighted."""
    tables = perfect(4 * len(seqs))
    for number, seq in enumerate(seqs):
        tables.change("load_batch_scan", {"load_seq": seq}, container=f"batch-{number:03d}")
    return tables


def positions(*committed: tuple[int, int | None], at_s: float = 20) -> Tables:
    """Samples of one consumer, a second apart; eight records are in raw by 1.1 s."""
    tables = perfect().build("positions")
    for second, (offset, durable) in enumerate(committed):
        where = {"cluster": "a", "topic": "t", "partition": 0}
        t = T0 + int((at_s + second) * S)
        tables.add("position_scan", t=t, consumer="landing", **where, committed=offset, durable=durable)
    return tables


def sent_during(*at_s: float, heal_s: float = 10.0, **targets: float) -> Tables:
    """A fault from 2 s on, one acknowledged send at each of these seconds, and one without an answer at its end."""
    history = History().events(len(at_s)).event(99, outcome="UNKNOWN", reaches=False)
    tables = history.play().fault(2, heal_s)
    for uid, second in enumerate(at_s, start=1):
        t = T0 + int(second * S)
        tables.change("send", {"t_invoke": t, "t_done": t}, uid=uid)
    tables.change("send", {"t_invoke": T0 + int(heal_s * S), "t_done": None}, uid=99)
    return tables.target("AN19", **({"unavailable_us": 3 * S, "sends": 2} | targets))


def cancelling() -> Tables:
    """Two amounts of one hour change places: the hour is right, the keys are not."""
    tables = perfect().change("intent", {"amount_minor": 300}, uid=4)
    tables.change("curated_scan", {"amount_minor": 300}, uid=3)
    return tables


def alarmed(after_s: float | None) -> Tables:
    """The window that began at T0 does not balance; the second after it has ended at 15 s."""
    tables = lost_at("curated").build("alarms")
    if after_s is not None:
        tables.add("alarm", t=T0 + int(after_s * S), kind="books", part="audit", subject="window")
    return tables


CASES = [
    Case("AN3", "a legal mixture holds", mixed, HELD),
    Case("AN3", "two records at one offset of the broker", lambda: perfect().double("broker_scan", {"uid": 4, "body_hash": 4000}, uid=3), BROKEN, "broker", {"at_offset": 2}, ("AN2",)),
    Case("AN3", "two records at one coordinate of the load", lambda: perfect().double("load_scan", {"uid": 4, "body_hash": 4000}, uid=3), BROKEN, "load", {"at_offset": 2}, ("U4", "Z8")),
    Case("AN3", "one coordinate stands for two events in curated", lambda: perfect().change("curated_scan", {"src_offset": 3}, uid=3), BROKEN, "curated", {"at_offset": 3}),
    Case("AN3", "the same record twice is no contradiction", lambda: perfect().double("raw_scan", uid=3), HELD),
    Case("AN3", "an unsealed scan proves nothing", lambda: unseal(perfect(), "load_scan"), UNKNOWN),
    Case("AN3", "nothing was sent", nothing, VACUOUS),
    Case("AN5", "a failed send that is nowhere", mixed, HELD),
    Case("AN5", "a failed send at every hop", lambda: perfect().change("send", {"outcome": "FAIL"}, uid=3), BROKEN, "curated", {"uid": 3}, ("Z7", "B1", "U3")),
    Case("AN5", "a failed send among the dead letters", lambda: mixed().change("send", {"outcome": "FAIL"}, uid=40), BROKEN, "dlq", {"uid": 40}, ("Z7", "Z4")),
    Case("AN5", "one attempt failed, another did not", lambda: History().events(3).attempt(2, outcome="FAIL").play(), HELD),
    Case("AN5", "nothing was sent", nothing, VACUOUS),
    Case("AN6", "a legal mixture holds", mixed, HELD),
    *(Case("AN6", f"changed by {hop}", partial(other_bytes_at, hop), BROKEN, hop, {"uid": 3}, ("Z8", "B1", "U3")) for hop in ("raw", "load")),
    Case("AN6", "changed before the broker", other_bytes_there, BROKEN, "broker", {"uid": 3}, ("Z1", "Z2", "Z7", "Z8", "B1", "U3")),
    Case("AN6", "changed by curation", lambda: perfect().change("curated_scan", {"canonical_hash": 1}, uid=3), BROKEN, "curated", {"uid": 3}, ("Z8",)),
    Case("AN6", "other bytes among the dead letters", lambda: mixed().change("dlq_scan", {"body_hash": 1}, uid=40), BROKEN, "dlq", {"uid": 40}, ("Z4",)),
    Case("AN6", "suppressed as another event", lambda: mixed().change("suppressed_scan", {"uid": 3, "copy": 0, "survivor_uid": 3}, uid=20), BROKEN, "curated", {"uid": 3}, ("U3", "Z7", "Z1", "Z2")),
    Case("AN6", "nothing was sent", nothing, VACUOUS),
    Case("AN7", "a legal mixture holds", mixed, HELD),
    Case("AN7", "a key in two partitions", moved_key, BROKEN, "broker", {"uid": 9, "at_partition": 1}),
    Case("AN7", "another date in curated", lambda: perfect().change("curated_scan", {"event_ts": T0 + 86_400 * S}, uid=3), BROKEN, "curated", {"uid": 3, "what": "another date"}, ("B1",)),
    Case("AN7", "another date in the load", lambda: perfect().change("load_scan", {"event_ts": T0 - 1}, uid=3), BROKEN, "load", {"uid": 3}),
    Case("AN7", "another merchant", lambda: perfect().change("curated_scan", {"merchant_id": "m2"}, uid=3), BROKEN, "curated", {"uid": 3, "what": "another merchant"}),
    Case("AN7", "nothing was sent", nothing, VACUOUS),
    Case("AN8", "batches that follow one another", mixed, HELD),
    Case("AN8", "a batch begins one record late", lambda: batch(perfect(), 1, from_offset=5), BROKEN, "raw", {"what": "skip", "expected": 4, "at_offset": 5}),
    Case("AN8", "a batch begins one record early", lambda: batch(perfect(), 1, from_offset=3), BROKEN, "raw", {"what": "step back"}),
    Case("AN8", "the first batch leaves out the head of the log", lambda: batch(perfect(), 0, from_offset=1), BROKEN, "raw", {"what": "skip", "expected": 0}),
    Case("AN8", "an empty batch is legal", lambda: perfect().add("sighting", hop="raw", container="batch-009", cluster="a", topic="t", partition=0, from_offset=8, to_offset=8, t_prev=T0 + 2 * S, t_seen=T0 + 3 * S), HELD),
    Case("AN8", "partitions are read each for itself", lambda: History().events(5).events(5, first=10, key="o", partition=1).play(), HELD),
    Case("AN8", "nothing was sent", nothing, VACUOUS),
    Case("AN11", "each load has a greater number", lambda: loads(1, 2, 5), HELD),
    Case("AN11", "one number for all", perfect, HELD),
    Case("AN11", "the last load has a smaller one", lambda: loads(1, 3, 2), BROKEN, "load", {"load_seq": 2, "reached": 3}),
    Case("AN11", "nothing was loaded", nothing, VACUOUS),
    Case("AN11P", "positions that stay or grow", lambda: positions((4, 8), (4, 8), (8, 8)), HELD),
    Case("AN11P", "one position steps back by one", lambda: positions((4, 8), (8, 8), (7, 8)), BROKEN, "raw", {"committed": 7, "reached": 8}),
    Case("AN11P", "no position was sampled", lambda: perfect().build("positions"), VACUOUS),
    Case("AN11P", "nobody samples positions", perfect, NOT_BUILT),
    Case("AN12", "committed what is durable, and no more", lambda: positions((8, 8)), HELD),
    Case("AN12", "one record ahead, for one look", lambda: positions((4, 8), (5, 4), (5, 8)), BROKEN, "raw", {"in_danger": 1}),
    Case("AN12", "durable as it was sighted", lambda: positions((8, None)), HELD),
    Case("AN12", "ahead of all that was sighted", lambda: positions((9, None)), BROKEN, "raw", {"durable": 8}),
    Case("AN12", "what was in flight at the look is not held against it", lambda: positions((4, None), at_s=0.8), HELD),
    Case("AN12", "committed before anything was seen", lambda: positions((4, None), at_s=0.1), BROKEN, "raw", {"durable": 0}),
    Case("AN12", "no position was sampled", lambda: perfect().build("positions"), VACUOUS),
    Case("AN12", "nobody samples positions", perfect, NOT_BUILT),
    Case("AN14", "a legal mixture holds", mixed, HELD),
    Case("AN14", "what cancels out in the hour shows in the key", cancelling, BROKEN, "curated", {"payment_id": "p3"}, ("B1",)),
    Case("AN14", "a key too many", lambda: perfect().double("curated_scan", {"payment_id": "p99", "uid": None, "copy": None}, uid=3), BROKEN, "curated", {"payment_id": "p99", "n_truth": 0}, ("B1", "Z7")),
    Case("AN14", "a key too few", lambda: lost_at("curated"), BROKEN, "curated", {"uid": 3, "n_curated": 0}, ("Z1", "Z2", "B1")),
    Case("AN14", "sums beyond 64 bits", lambda: History().events(3, amount=2**62).play(), HELD),
    Case("AN14", "pending is no difference", pending, UNKNOWN),
    Case("AN14", "nothing was sent", nothing, VACUOUS),
    Case("AN19", "sends go on", lambda: sent_during(3, 5, 8), HELD),
    Case("AN19", "the longest gap is exactly the bound", lambda: sent_during(5, 8, 10), HELD),
    Case("AN19", "a gap between sends", lambda: sent_during(3, 6.1, 9), BROKEN, "broker", {"fault": "f1", "n": 3}),
    Case("AN19", "a gap from the bite on", lambda: sent_during(5.1, 8, 10), BROKEN, "broker"),
    Case("AN19", "a gap until the heal", lambda: sent_during(3, 5, 6.9), BROKEN, "broker"),
    Case("AN19", "one send is too few", lambda: sent_during(3, heal_s=5), BROKEN, "broker", {"n": 1}),
    Case("AN19", "the control misses it too", lambda: control(sent_during(3, 6.1, 9), "AN19", 3.01), UNKNOWN),
    Case("AN19", "an attempt after the heal is another matter", lambda: sent_during(3, 5, heal_s=6, unavailable_us=2 * S), HELD),
    Case("AN19", "nobody tried during the fault", calm_then_fault, VACUOUS),
    Case("AN19", "no fault", perfect, VACUOUS),
    Case("P1", "a legal mixture balances", mixed, HELD),
    *(Case("P1", f"lost at {hop}", partial(lost_at, hop), BROKEN, told, {"n_ingress": 8}, ("Z1", "Z2", *MONEY)) for hop, told in (("raw", "raw"), ("load", "curated"), ("curated", "curated"))),
    Case("P1", "a record twice in raw", lambda: perfect().double("raw_scan", {"container": "again"}, uid=3), BROKEN, "raw", {"n_raw": 9}, ("AN2",)),
    Case("P1", "a loss and a duplicate do not cancel", lambda: perfect().drop("raw_scan", uid=3).double("raw_scan", uid=4), BROKEN, "raw", {"n_raw": 8}, ("Z1", "Z2", "AN2", "B1", "U3", "Z7")),
    Case("P1", "a cent too much", lambda: perfect().change("curated_scan", {"amount_minor": 101}, uid=3), BROKEN, "curated", {"sum_ended": 801}, MONEY),
    Case("P1", "twins merged into one are booked twice", lambda: merged_twins().double("curated_scan", uid=30), BROKEN, "curated", {}, ("U1", "U3", "U5", "B1")),
    Case("P1", "other bytes of the same amount", lambda: other_bytes_at("raw"), BROKEN, "raw", {}, ("Z8", "B1", "U3")),
    Case("P1", "what came from nowhere has no window", fabricated, BROKEN, "raw", {"t_window": None}, ("Z7", "U3")),
    Case("P1", "the broker forgot what others hold", lambda: perfect().drop("broker_scan", uid=3), BROKEN, "raw", {"n_ingress": 0}, ("Z1", "Z2")),
    Case("P1", "one send twice balances", one_send_twice, BROKEN, "curated", {}, ("AN2", "U3")),
    Case("P1", "pending is booked as pending", pending, HELD),
    Case("P1", "nothing was sent", nothing, VACUOUS),
    Case("P1A", "alarmed at the end of the second window", lambda: alarmed(15), HELD),
    Case("P1A", "alarmed a moment later", lambda: alarmed(15.1), BROKEN, "curated", {}, ("P1", "Z1", "Z2", *MONEY, "R2")),
    Case("P1A", "never alarmed", lambda: alarmed(None), BROKEN, "curated", {"t_alarm": None}, ("P1", "Z1", "Z2", *MONEY, "R2")),
    Case("P1A", "all balances", lambda: mixed().build("alarms"), HELD),
    Case("P1A", "there is no alerting", mixed, NOT_BUILT),
    Case("P1A", "nothing was sent", lambda: nothing().build("alarms"), VACUOUS),
]  # fmt: skip
