"""Defects of the warehouse, D34 to D37."""

from __future__ import annotations

from invariants.bank.planting import LOSS, chosen, defect, lose, widest
from invariants.bank.sheet import Row
from invariants.bank.world import World, curated_row


@defect(
    "D34",
    "a MERGE on a key that is not unique doubles rows",
    first="U1",
    hop="curated",
    after="curated",
    also=("B1", "U2", "AN14", "AN2"),
)
def doubled(world: World) -> None:
    world.curated += [dict(row) for row in chosen(world, world.curated, 3)]


@defect(
    "D35",
    "idempotency compares with equality: an older batch is applied again",
    variant="twice",
    first="U4",
    hop="load",
    after="load",
    also=("U3", "U1", "B1", "AN2"),
)
def older_applied_again(world: World) -> None:
    name = next(iter(dict.fromkeys(row["container"] for row in world.load)))
    world.victims = [dict(row) for row in world.load if row["container"] == name]
    world.load += world.victims
    world.batches[name].entries = 2


@defect(
    "D35",
    "idempotency compares with equality: a batch is taken for one that was applied",
    variant="lost",
    first="Z2",
    hop="load",
    after="load",
    also=LOSS,
)
def taken_for_applied(world: World) -> None:
    name = widest(world)
    world.victims = [row for row in world.load if row["container"] == name]
    lose(world.load, world.victims)


@defect(
    "D36",
    "truncate-and-load fails between the two",
    variant="lost",
    first="Z2",
    hop="load",
    after="load",
    also=LOSS,
)
def truncated(world: World) -> None:
    """Everything that was loaded before is gone, with its ledger entries."""
    (row,) = chosen(world, world.load)
    seen = world.batches[row["container"]].seen["load"]
    gone = {name for name, batch in world.batches.items() if batch.seen["load"] <= seen}
    world.victims = [one for one in world.load if one["container"] in gone]
    lose(world.load, world.victims)


def _removed(row: Row) -> bool:
    return bool(row["_event"]["class"] == "dup_of")


@defect(
    "D37",
    "a removal is ignored on replay: what was taken out is back",
    first="B1",
    hop="curated",
    after="curated",
    also=("U2", "U1", "AN14"),
    duplicates=0.2,
)
def back_from_the_dead(world: World) -> None:
    for row in chosen(world, [row for row in world.load if _removed(row)], fits=lambda row: True):
        kept = {(one["uid"], one["copy"]) for one in world.curated}
        if (row["uid"], row["copy"]) in kept:
            others = [one for one in world.load if one["uid"] == row["uid"] and one["copy"] != row["copy"]]
            row = others[0] if others else row
        world.curated.append(curated_row(row))
