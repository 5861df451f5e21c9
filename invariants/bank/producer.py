"""Defects of producers and brokers, D01 to D14."""

from __future__ import annotations

from dataclasses import replace

from invariants.bank.planting import (
    LOSS,
    SECOND,
    NothingToPlant,
    chosen,
    defect,
    lose,
    plain,
    renumber,
    stretch,
    tail,
)
from invariants.bank.sheet import Row, at, by, place
from invariants.bank.traffic import MS
from invariants.bank.world import World


@defect(
    "D01",
    "acks=1 and the leader is killed",
    first="Z2",
    hop="broker",
    after="broker",
    also=(*LOSS, "AN3"),
)
def acknowledged_by_a_dead_leader(world: World) -> None:
    """The followers lack the last records; the next leader gives their offsets to others."""
    doomed = stretch(world, world.log)
    named = {
        key: dict(world.told[key])
        for row in doomed
        if (key := (row["uid"], row["copy"], row["_attempt"])) in world.told
    }
    lose(world.log, doomed)
    renumber(world, place(doomed[0]))
    world.told.update(named)


@defect("D02", "truncation below the high watermark", first="Z2", hop="broker", after="broker", also=LOSS)
def cut_off(world: World) -> None:
    lose(world.log, tail(world, world.log))


@defect(
    "D03",
    "minISR 1 while the ISR is 1: what was read already survives downstream, the log does not",
    first="Z2",
    hop="broker",
    after="raw",
    also=LOSS,
)
def log_of_one_replica(world: World) -> None:
    lose(world.log, stretch(world, world.log))


def _sent_again(world: World, later_us: int, how_many: int) -> None:
    for row in chosen(world, world.log, how_many):
        world.log.append({**row, "_t": row["_t"] + later_us, "_again": True})
        renumber(world, place(row))


@defect("D04", "a retry without idempotence", first="AN2", hop="broker", after="broker", also=("U3",))
def retried_without_idempotence(world: World) -> None:
    _sent_again(world, 40 * MS, 3)


@defect(
    "D05",
    "the producer id expires; a naive retry writes again",
    variant="twice",
    first="AN2",
    hop="broker",
    after="broker",
    also=("U3",),
)
def retried_after_idling(world: World) -> None:
    _sent_again(world, 4 * SECOND, 1)


@defect(
    "D05",
    "the producer id expires; what is refused counts as written",
    variant="lost",
    first="Z2",
    hop="broker",
    after="broker",
    also=LOSS,
)
def refused_after_idling(world: World) -> None:
    lose(world.log, chosen(world, world.log))


@defect(
    "D06",
    "a delayed end of a transaction joins the next one: what was aborted is committed with it",
    first="AN5",
    hop="broker",
    after="broker",
    also=("Z7", "U3", "B1", "Z3", "Z4", "AN14"),
    failed=0.2,
)
def aborted_yet_committed(world: World) -> None:
    """No table knows transactions (AN10 at the broker): it shows as sends that failed and are visible."""
    again = {(one.event["uid"], one.event["copy"]) for one in world.traffic.attempts if one.number}
    for sent in world.traffic.attempts:
        alone = (sent.event["uid"], sent.event["copy"]) not in again and "|dup|" not in sent.event["tags"]
        if sent.outcome == "FAIL" and sent.event["class"] == "valid" and alone:
            like = next((row for row in world.log if place(row) == sent.where), None)
            if like is None:
                continue
            carried = ("uid", "copy", "body_hash", "canonical_hash", "event_ts")
            row = {name: sent.event[name] for name in carried}
            notes = {"_event": sent.event, "_sent": sent, "_attempt": sent.number, "_t": sent.due + 900 * MS}
            world.victims.append({**like, **row, **notes})
    if not world.victims:
        raise NothingToPlant("no send failed")
    world.log += world.victims
    for row in world.victims:
        renumber(world, place(row))


@defect(
    "D07",
    "acknowledged inside a transaction before replication; the transaction is forgotten",
    first="Z2",
    hop="broker",
    after="broker",
    also=LOSS,
)
def transaction_forgotten(world: World) -> None:
    """Everything that one producer wrote within an instant, in every partition."""
    (row,) = chosen(world, world.log)
    world.victims = [one for one in world.log if 0 <= one["_t"] - row["_t"] < SECOND]
    lose(world.log, world.victims)


@defect(
    "D08",
    "the reader goes past the last stable offset: an aborted record is read",
    first="AN5",
    hop="raw",
    after="raw",
    also=("Z7", "U3", "B1", "Z3", "AN14"),
    failed=0.2,
)
def aborted_yet_read(world: World) -> None:
    """Attempts that failed for certain are in raw, at offsets that the log skips."""
    found = [one for one in world.traffic.attempts if one.outcome == "FAIL" and one.event["class"] == "valid"]
    again = {(one.event["uid"], one.event["copy"]) for one in world.traffic.attempts if one.number}
    alone = [one for one in found if (one.event["uid"], one.event["copy"]) not in again]
    (like,) = chosen(world, world.raw)
    if alone:
        sent = alone[0]
        carried = ("uid", "copy", "body_hash", "canonical_hash", "event_ts")
        used = {row["src_offset"] for row in world.log if place(row) == place(like)}
        free = min(set(range(max(used) + 2)) - used)
        row = {name: sent.event[name] for name in carried}
        notes = {"_event": sent.event, "_sent": sent, "_attempt": sent.number, "src_offset": free}
        world.victims = [{**like, **row, **notes}]
        world.raw += world.victims


@defect(
    "D09",
    "offset 0 is returned as acknowledgement",
    first="AN3",
    hop="broker",
    after="broker",
    also=(*LOSS, "AN2", "O3"),
)
def offset_zero(world: World) -> None:
    for row in chosen(world, [row for row in world.log if row["src_offset"] > 3], 2):
        name = (row["uid"], row["copy"], row["_attempt"])
        world.told[name] = {**world.told[name], "src_offset": 0}


@defect(
    "D10",
    "two values at one offset after a failover",
    first="AN3",
    hop="broker",
    after="broker",
    also=(*LOSS, "AN2", "AN6", "AN7", "Z7", "Z8", "U4"),
)
def two_values_at_one_offset(world: World) -> None:
    """Two acknowledged records of one partition share an offset: each replica has one of them."""
    one, other, *_ = stretch(world, [row for row in world.log if plain(row)], 2)
    name = (other["uid"], other["copy"], other["_attempt"])
    other["src_offset"] = one["src_offset"]
    world.told[name] = {**world.told[name], "src_offset": one["src_offset"]}


@defect(
    "D11",
    "a partition is added, and the reader starts at its end",
    first="Z2",
    hop="raw",
    after="raw",
    also=LOSS,
)
def first_records_skipped(world: World) -> None:
    (row,) = chosen(world, world.raw)
    doomed = [one for one in world.raw if place(one) == place(row) and at(one) <= at(row)]
    _never_landed(world, doomed)


@defect("D12", "retention shorter than the outage", first="Z2", hop="raw", after="raw", also=LOSS)
def expired_unread(world: World) -> None:
    """Of every partition, the oldest records of a span of time."""
    (row,) = chosen(world, world.raw)
    _never_landed(world, [one for one in world.raw if 0 <= one["_t"] - row["_t"] < 2 * SECOND])


@defect("D13", "compaction drops a version that is needed", first="Z2", hop="raw", after="raw", also=LOSS)
def compacted_away(world: World) -> None:
    """Of one key, every record but the last."""
    keys = by(world.raw, "cluster", "topic", "partition")
    doomed: list[Row] = []
    for rows in keys.values():
        of_key: dict[str, list[Row]] = {}
        for row in sorted(rows, key=at):
            of_key.setdefault(row["_event"]["key"], []).append(row)
        for group in of_key.values():
            if not doomed and len(group) > 2 and any(plain(row) for row in group[:-1]):
                doomed = group[:-1]
    _never_landed(world, doomed)


def _never_landed(world: World, doomed: list[Row]) -> None:
    world.victims = doomed
    lose(world.raw, doomed)
    lose(world.dlq, doomed)


@defect(
    "D14",
    "the buffer is dropped on a flush timeout, and the error is ignored",
    first="Z2",
    hop="broker",
    after="sent",
    also=LOSS,
)
def buffer_dropped(world: World) -> None:
    """The load counts them as sent: acknowledged without an offset, and never at the broker."""
    attempts = world.traffic.attempts
    start = len(attempts) // 2
    for number in range(start, min(start + 6, len(attempts))):
        if attempts[number].outcome == "ACK":
            attempts[number] = replace(attempts[number], told=False, reaches=False)
