"""Defects of consumers and streaming jobs, D15 to D25."""

from __future__ import annotations

from collections.abc import Iterable

from invariants.bank.planting import (
    AGAIN,
    LOSS,
    SECOND,
    NothingToPlant,
    chosen,
    defect,
    lose,
    on_time,
    plain,
    stretch,
    widest,
)
from invariants.bank.sheet import Row, at
from invariants.bank.world import Batch, World

_TIME = ("R1", "L1", "F3", "F7", "O2", "V2", "V4", "AN11")


def _never_landed(world: World, doomed: list[Row]) -> None:
    world.victims = doomed
    lose(world.raw, doomed)
    lose(world.dlq, doomed)


def landed_again(world: World, rows: Iterable[Row], suffix: str) -> None:
    """The same coordinates once more in raw, under another batch."""
    for row in list(rows):
        old = world.batches[row["container"]]
        name = f"{old.name}{suffix}"
        if name not in world.batches:
            later = {hop: t + SECOND for hop, t in old.seen.items()}
            world.batches[name] = Batch(name, later, dict(old.ranges), entries=0)
        world.raw.append({**row, "container": name})
        world.victims.append(row)


def _once_loaded(world: World) -> None:
    """The load keeps its primary key: what raw holds twice is loaded once."""
    seen = set()
    kept = []
    for row in world.load:
        if at(row) not in seen:
            seen.add(at(row))
            kept.append(row)
    world.load[:] = kept


@defect(
    "D16", "a rebalance loses the buffer in flight", first="Z2", hop="raw", after="raw", also=LOSS, pauses=3
)
def buffer_in_flight_lost(world: World) -> None:
    _never_landed(world, stretch(world, world.raw, 4))


@defect(
    "D17",
    "the checkpoint is deleted: the reader starts at the end",
    variant="latest",
    first="Z2",
    hop="raw",
    after="raw",
    also=LOSS,
    faults=("landing",),
)
def started_at_the_end(world: World) -> None:
    hurt = world.hurts[0]
    doomed = [row for row in world.raw if hurt.t_bite <= row["_t"] < hurt.t_heal]
    if not any(plain(row) for row in doomed):
        raise NothingToPlant("no plain row arrived during the fault")
    _never_landed(world, doomed)


@defect(
    "D17",
    "the checkpoint is deleted: the reader starts at the beginning, and the sink is not idempotent",
    variant="earliest",
    first="AN2",
    hop="raw",
    after="load",
    also=AGAIN,
)
def started_at_the_beginning(world: World) -> None:
    rows = [row for row in world.raw if row["_t"] < world.hurts[0].t_bite]
    landed_again(world, rows, "-anew")


@defect("D18", "failOnDataLoss=false over a retention gap", first="Z2", hop="raw", after="raw", also=LOSS)
def gap_passed_over(world: World) -> None:
    _never_landed(world, stretch(world, world.raw, 8))


@defect(
    "D19",
    "a replayed batch gets a new batch id",
    first="AN2",
    hop="raw",
    after="raw",
    also=(*AGAIN, "U4", "U3", "U1", "B1"),
)
def replayed_under_a_new_id(world: World) -> None:
    """The load knows its batches by name alone: it takes the replay as well."""
    name = widest(world)
    landed_again(world, [row for row in world.raw if row["container"] == name], "-r")
    world.batches[f"{name}-r"].entries = 1


@defect(
    "D20",
    "two actions in one batch, and a crash between them",
    first="AN2",
    hop="raw",
    after="load",
    also=AGAIN,
    faults=("landing",),
)
def first_action_twice(world: World) -> None:
    name = widest(world)
    landed_again(world, [row for row in world.raw if row["container"] == name], "-r")


def _dropped_as_late(world: World, doomed: list[Row]) -> None:
    world.victims = doomed
    gone = {row["uid"] for row in doomed}
    world.curated = [row for row in world.curated if row["uid"] not in gone]
    world.suppressed = [row for row in world.suppressed if row["uid"] not in gone]


def _late(row: Row) -> bool:
    return plain(row) and row["_event"]["lateness_us"] > 0


@defect(
    "D21",
    "the watermark is too tight, and there is no sink for late rows",
    first="Z6",
    hop="curated",
    after="curated",
    also=LOSS,
    late=0.15,
)
def dropped_as_late(world: World) -> None:
    late = [row for row in world.curated if row["_event"]["lateness_us"] > 0]
    chosen(world, world.load, fits=_late)
    _dropped_as_late(world, late)


@defect(
    "D22",
    "the watermark is lost at a restart: what comes late afterwards is dropped",
    variant="late",
    first="Z6",
    hop="curated",
    after="curated",
    also=LOSS,
    late=0.3,
    events=240,
)
def watermark_lost(world: World) -> None:
    (first, *_) = chosen(world, world.curated, 1, _late)
    doomed = [row for row in world.curated if _late(row) and row["_t"] >= first["_t"]]
    _dropped_as_late(world, doomed)


@defect(
    "D23",
    "the global watermark evicts what an idle partition still holds",
    variant="evicted",
    first="Z6",
    hop="curated",
    after="curated",
    also=LOSS,
    late=0.3,
)
def evicted_by_the_watermark(world: World) -> None:
    (first, *_) = chosen(world, world.curated, 1, _late)
    same = [row for row in world.curated if _late(row) and row["partition"] == first["partition"]]
    _dropped_as_late(world, same)


@defect(
    "D23",
    "the global watermark waits for an idle partition",
    variant="starved",
    first="R1",
    hop="curated",
    after="raw",
    also=_TIME,
)
def starved_by_the_watermark(world: World) -> None:
    """Nothing new in curated from the bite on, for half a minute."""
    bite = world.hurts[0].t_bite
    names = [one.name for one in world.batches.values() if one.seen["curated"] >= bite]
    for name in names:
        seen = world.batches[name].seen
        seen["curated"] = max(seen["curated"], bite + 31 * SECOND)


@defect(
    "D24",
    "a poison record repeats its batch for ever",
    first="L3",
    hop="raw",
    after="raw",
    also=(*LOSS, *_TIME),
    faults=("landing",),
)
def poison(world: World) -> None:
    bite = world.hurts[0].t_bite
    _never_landed(world, [row for row in world.raw if world.batches[row["container"]].seen["raw"] > bite])


def _transformed(world: World, rows: list[Row], **changes: int) -> None:
    """Business columns of the chosen rows, and the hash that a scan computes from them, are others."""
    for row in rows:
        row["canonical_hash"] = ~row["canonical_hash"]
        for column, by_how_much in changes.items():
            if column in row:
                row[column] += by_how_much
    world.victims = rows


@defect(
    "D25",
    "an amount overflows 32 bits",
    variant="overflow",
    first="Z8",
    hop="raw",
    after="raw",
    also=("AN6", "B1"),
)
def overflow(world: World) -> None:
    _transformed(world, chosen(world, world.raw, 2))


@defect(
    "D25",
    "a decimal is rounded",
    variant="rounding",
    first="Z8",
    hop="curated",
    after="curated",
    also=("AN6", "AN14", "B1"),
)
def rounded(world: World) -> None:
    _transformed(world, chosen(world, world.curated, 3), amount_minor=1)


@defect(
    "D25",
    "event time is shifted by a time zone",
    variant="time zone",
    first="Z8",
    hop="load",
    after="load",
    also=("AN6", "AN7", "AN14", "B1"),
)
def shifted(world: World) -> None:
    _transformed(world, chosen(world, world.load, 3, on_time), event_ts=7200 * SECOND)
