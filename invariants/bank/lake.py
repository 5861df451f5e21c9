"""Defects of the lake, D26 to D33."""

from __future__ import annotations

from invariants.bank.consumer import landed_again
from invariants.bank.planting import AGAIN, LOSS, SECOND, chosen, defect, lose, shown_later, widest
from invariants.bank.world import World


def _of(world: World, name: str) -> list[dict[str, object]]:
    return [row for row in world.raw if row["container"] == name]


@defect("D26", "a file is registered twice after a coordinator restart", first="AN2", hop="raw", after="load")
def registered_twice(world: World) -> None:
    """Once more in the same batch: readers of the manifest see its rows twice."""
    world.victims = [dict(row) for row in _of(world, widest(world))]
    world.raw += world.victims


@defect("D27", "an orphan file is never registered", first="Z2", hop="raw", after="raw", also=LOSS)
def orphan(world: World) -> None:
    world.victims = _of(world, widest(world))
    lose(world.raw, world.victims)
    lose(world.dlq, world.victims)


@defect(
    "D29",
    "a retry after an unknown commit outcome, at the lake",
    variant="lake",
    first="AN2",
    hop="raw",
    after="load",
    also=AGAIN,
)
def committed_twice(world: World) -> None:
    landed_again(world, _of(world, widest(world)), "-again")


@defect(
    "D29",
    "a retry after an unknown commit outcome, at the load",
    variant="load",
    first="U4",
    hop="load",
    after="load",
    also=("U3", "U1", "B1", "AN2"),
    faults=("loader",),
)
def loaded_twice(world: World) -> None:
    name = widest(world)
    world.victims = [dict(row) for row in world.load if row["container"] == name]
    world.load += world.victims


@defect(
    "D31",
    "expiry removes files that a slow job still reads",
    first="Z2",
    hop="load",
    after="load",
    also=LOSS,
)
def expired_while_read(world: World) -> None:
    name = widest(world)
    world.victims = [row for row in world.load if row["container"] == name]
    lose(world.load, world.victims)


@defect(
    "D32",
    "a listing skips the newest file, for good",
    variant="lost",
    first="Z2",
    hop="load",
    after="load",
    also=LOSS,
)
def never_listed(world: World) -> None:
    """The last batches are on the lake and never loaded: no later row gives them away."""
    name = list(world.batches)[-1]
    rows = [row for row in world.load if row["container"] == name]
    if not rows:
        chosen(world, rows)
    world.victims = rows
    lose(world.load, rows)


@defect(
    "D32",
    "a listing skips the newest file for a while",
    variant="stale",
    first="F3",
    hop="curated",
    after="raw",
    also=("O2",),
    events=1200,
    faults=(),
    fresh_s=15,
)
def listed_late(world: World) -> None:
    names = list(world.batches)[3::4]
    shown_later(world, names, ("load", "curated"), 20 * SECOND)


@defect(
    "D33", "a bit flips in a stored file", first="Z8", hop="raw", after="raw", also=("AN6", "B1", "U3", "P3")
)
def bit_flip(world: World) -> None:
    for row in chosen(world, world.raw):
        row["body_hash"] ^= 1 << 17
        row["canonical_hash"] ^= 1 << 9
