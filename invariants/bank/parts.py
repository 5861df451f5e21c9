"""What the parts beside the hops tell in a history without flaws: positions, readers, leases, mirrors."""

from __future__ import annotations

from invariants.bank.sheet import COORDINATES, Sheet
from invariants.bank.traffic import MS
from invariants.bank.world import World

RELATIONS = ("payment_event", "duplicate")


def tell(sheet: Sheet, world: World) -> None:
    sheet.build("positions", "publish", "readers", "lease", "translation")
    _positions(sheet, world)
    _published(sheet, world)
    _leased(sheet, world)
    _translated(sheet, world)


def _positions(sheet: Sheet, world: World) -> None:
    """Committed after the batch is durable; behind it is legal, and so is a look in between."""
    for batch in world.batches.values():
        for where, (start, stop) in batch.ranges.items():
            known = dict(zip(COORDINATES[:3], where, strict=True))
            seen = batch.seen["raw"]
            sheet.add("position_scan", t=seen, consumer="landing", **known, committed=start, durable=stop)
            t = seen + 40 * MS
            sheet.add("position_scan", t=t, consumer="landing", **known, committed=stop, durable=stop)


def _published(sheet: Sheet, world: World) -> None:
    """A snapshot per batch over all relations, and now and then a reader of all of them at once."""
    batches = sorted(world.batches.values(), key=lambda one: one.seen["curated"])
    ends = [one.seen["curated"] for one in batches[1:]]
    for number, batch in enumerate(batches):
        t, until = batch.seen["curated"], ends[number] if number < len(ends) else None
        for relation in RELATIONS:
            named = {"snapshot": f"s{number}", "relation": relation, "content_hash": f"{relation}@{number}"}
            colour = ("blue", "green")[number % 2]
            sheet.add("snapshot_scan", **named, t_commit=t, t_until=until, colour=colour)
            if number % 3 == 0:
                sheet.add("reader", read_no=number, t=t, query="totals", **named)


def _leased(sheet: Sheet, world: World) -> None:
    """Each restart of the loader takes the next epoch; what the deposed one still tries is refused."""
    heals = [hurt.t_heal for hurt in world.hurts if hurt.victim == "loader"]
    for seq, batch in enumerate(world.batches.values()):
        t = batch.seen["load"]
        epoch = 1 + sum(heal <= t for heal in heals)
        known = {"role": "loader", "t": t, "lease_epoch": epoch, "logged": True}
        sheet.add("commit_scan", seq=2 * seq, writer=f"loader-{epoch}", epoch=epoch, accepted=True, **known)
        if epoch > 1 and seq % 4 == 0:
            stale = {**known, "t": t + MS}
            sheet.add("commit_scan", seq=2 * seq + 1, writer="loader-1", epoch=1, accepted=False, **stale)


def _translated(sheet: Sheet, world: World) -> None:
    """Offsets of a consumer at the mirror: never ahead, a little behind."""
    heads: dict[tuple[str, str, int], int] = {}
    for batch in world.batches.values():
        for where, (_, stop) in batch.ranges.items():
            heads[where] = max(heads.get(where, 0), stop)
    for where, head in heads.items():
        actual = max(0, head - 5)
        known = dict(zip(COORDINATES[:3], where, strict=True))
        behind = {"translated": max(0, actual - 7), "actual": actual, "head": head}
        sheet.add("translation_scan", consumer="landing", **known, **behind)
