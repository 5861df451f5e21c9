"""Defects of recovery and operations, D38 to D41."""

from __future__ import annotations

from invariants.bank.planting import LOSS, SECOND, NothingToPlant, chosen, defect, lose, plain, renumber
from invariants.bank.sheet import by, place
from invariants.bank.world import World


@defect(
    "D39",
    "the topic is re-created, and the reader resumes at the old offset",
    first="Z2",
    hop="raw",
    after="raw",
    also=LOSS,
)
def resumed_at_the_old_offset(world: World) -> None:
    """The first records of every partition lie below the position that the reader kept."""
    doomed = []
    for rows in by(world.raw, "cluster", "topic", "partition").values():
        doomed += sorted(rows, key=lambda row: row["src_offset"])[: len(rows) // 3]
    if not any(plain(row) for row in doomed):
        raise NothingToPlant("no plain row lies below the old positions")
    world.victims = doomed
    lose(world.raw, doomed)
    lose(world.dlq, doomed)


@defect(
    "D40",
    "failback mirrors own data again",
    first="AN2",
    hop="broker",
    after="broker",
    also=("U3",),
)
def mirrored_back(world: World) -> None:
    """What the other region had copied comes back into the topic of its origin, as new records."""
    for row in chosen(world, world.log, 8):
        world.log.append({**row, "_t": row["_t"] + 3 * SECOND, "_again": True})
        renumber(world, place(row))


@defect(
    "D41",
    "the health probe is green while the consumer is stuck",
    variant="data",
    first="R1",
    hop="raw",
    after="raw",
    also=("L1", "F3", "F7", "O2", "V2", "V4"),
    faults=("landing",),
)
def stuck_and_green(world: World) -> None:
    """Nothing lands for half a minute after the bite; no other sign shows it."""
    until = world.hurts[0].t_bite + 33 * SECOND
    for batch in world.batches.values():
        if batch.seen["raw"] >= world.hurts[0].t_bite:
            late = max(0, until - batch.seen["raw"])
            batch.seen = {hop: t + late for hop, t in batch.seen.items()}
