"""What a planted defect is, how one is declared, and the strokes of which they are made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from random import Random

from invariants.bank.sheet import Row, Sheet, at, by, place
from invariants.bank.traffic import S, Spec
from invariants.bank.world import World

SECOND = S
Plant = Callable[[World], None]
PlantInTables = Callable[[Sheet, World], None]

# What follows from a loss at any hop: the same events are missing from every total and ledger behind it.
LOSS = ("Z1", "Z2", "Z3", "Z4", "Z6", "U3", "U5", "B1", "AN14", "AN8", "R2", "P1")
_BOOKS = ("P1",)  # they are about every row
# Batches of raw that are read again: its ranges step back, and its books hold too much.
AGAIN = ("AN8", "P1")


class NothingToPlant(LookupError):
    """The history has no row on which this defect could act; another seed or more events may have one."""


@dataclass(frozen=True)
class Defect:
    """One switch of the bank: what is spoilt after which stage, and what must be the first to turn red."""

    id: str
    variant: str
    says: str
    first: str  # the invariant that must turn red first
    hop: str  # where
    also: tuple[str, ...]  # what may turn red besides, as its consequence
    after: str  # the stage, or "told" for the finished tables
    plant: Plant | PlantInTables
    spec: Spec = field(default_factory=Spec)
    tables: tuple[str, ...] = ()  # those beyond the spine that it needs

    @property
    def name(self) -> str:
        return f"{self.id} {self.variant}".strip()


def defect(
    id: str,
    says: str,
    *,
    first: str,
    hop: str,
    after: str,
    variant: str = "",
    also: Iterable[str] = (),
    tables: tuple[str, ...] = (),
    **spec: object,
) -> Callable[[Plant | PlantInTables], Defect]:
    """A decorator: the function becomes the defect that it plants."""

    def declared(plant: Plant | PlantInTables) -> Defect:
        others = tuple(sorted({*also, *_BOOKS} - {first}))
        given = replace(Spec(), **spec)  # type: ignore[arg-type]
        return Defect(id, variant, says, first, hop, others, after, plant, given, tables)

    return declared


def dice(world: World) -> Random:
    """Draws of a defect: apart from those of the history, so that its control run is the same history."""
    return Random(f"defect {world.spec.seed}")


def plain(row: Row) -> bool:
    """A valid event that was sent once, acknowledged with its offset, and has no duplicate and no twin."""
    event, sent = row["_event"], row["_sent"]
    alone = not any(f"|{tag}|" in event["tags"] for tag in ("dup", "twin", "retry"))
    return alone and event["class"] == "valid" and sent.outcome == "ACK" and sent.told


def on_time(row: Row) -> bool:
    return plain(row) and row["_event"]["lateness_us"] == 0


def chosen(
    world: World, rows: Iterable[Row], how_many: int = 1, fits: Callable[[Row], bool] = plain
) -> list[Row]:
    """Some rows that fit, in their order."""
    candidates = [row for row in rows if fits(row)]
    if len(candidates) < how_many:
        raise NothingToPlant(f"{len(candidates)} rows fit, {how_many} are needed")
    picked = sorted(dice(world).sample(range(len(candidates)), how_many))
    world.victims = [candidates[number] for number in picked]
    return world.victims


def stretch(world: World, rows: Iterable[Row], how_many: int = 5, keep_last: bool = True) -> list[Row]:
    """Consecutive rows of one partition, the first of them plain; by default others follow them."""
    options = []
    for group in by(rows, "cluster", "topic", "partition").values():
        group = sorted(group, key=at)
        last = len(group) - how_many + (0 if keep_last else 1)
        options += [group[i : i + how_many] for i in range(1, last) if plain(group[i])]
    if not options:
        raise NothingToPlant(f"no partition has {how_many} rows in a row that begin with a plain one")
    world.victims = dice(world).choice(options)
    return world.victims


def tail(world: World, rows: Iterable[Row], how_many: int = 4) -> list[Row]:
    """The last rows of a partition, one of them plain at least."""
    groups = [
        sorted(group, key=at)[-how_many:] for group in by(rows, "cluster", "topic", "partition").values()
    ]
    options = [group for group in groups if any(plain(row) for row in group)]
    if not options:
        raise NothingToPlant("no partition ends with a plain row")
    world.victims = dice(world).choice(options)
    return world.victims


def lose(rows: list[Row], doomed: Collection[Row]) -> None:
    """Take away the rows at the coordinates of the doomed ones."""
    gone = {at(row) for row in doomed}
    rows[:] = [row for row in rows if at(row) not in gone]


def renumber(world: World, where: tuple[object, ...]) -> None:
    """Offsets of one partition anew in order of arrival, without holes; the ACKs name the new ones."""
    records = sorted((row for row in world.log if place(row) == where), key=lambda row: row["_t"])
    for offset, row in enumerate(records):
        row["src_offset"] = offset
        name = (int(row["uid"]), int(row["copy"]), int(row["_attempt"]))
        if name in world.told and not row.get("_again"):
            world.told[name] = {**world.told[name], "src_offset": offset}


def shown_later(world: World, names: Collection[str], hops: Collection[str], by_us: int) -> None:
    """These batches become visible later at these hops."""
    for name in names:
        for hop in hops:
            world.batches[name].seen[hop] += by_us


def widest(world: World) -> str:
    """The batch with the most valid rows in raw, not the last one."""
    sizes = by((row for row in world.raw if row["_event"]["class"] == "valid"), "container")
    last = list(world.batches)[-1] if world.batches else ""
    names = [(len(rows), str(name)) for (name,), rows in sizes.items() if name != last]
    if not names:
        raise NothingToPlant("there are fewer than two batches")
    return max(names)[1]
