"""Defects that the tables of parts beside the hops tell: positions, readers, leases, mirrors."""

from __future__ import annotations

from invariants.bank.planting import LOSS, NothingToPlant, defect, dice, lose, plain
from invariants.bank.sheet import COORDINATES, Row, Sheet
from invariants.bank.world import World


@defect(
    "D15",
    "the offset is committed before the write, and a crash comes between",
    first="AN12",
    hop="raw",
    after="told",
    also=LOSS,
    tables=("position_scan",),
    faults=("landing",),
)
def committed_ahead(sheet: Sheet, world: World) -> None:
    """The position of one batch stands before its rows do, and they never come."""
    for batch in list(world.batches.values())[1:]:
        rows = [row for row in sheet.rows["raw_scan"] if row["container"] == batch.name]
        if any(plain(row) for row in rows):
            break
    else:
        raise NothingToPlant("no batch but the first has a plain row")
    for name in ("raw_scan", "dlq_scan", "load_scan", "curated_scan", "suppressed_scan"):
        lose(sheet.rows[name], rows)
    _recount(sheet)
    for where, (start, stop) in batch.ranges.items():
        known = dict(zip(COORDINATES[:3], where, strict=True))
        for row in sheet.find("position_scan", committed=stop, **known):
            row["durable"] = start


def _recount(sheet: Sheet) -> None:
    """The load ledger counts what was loaded."""
    for batch in sheet.rows["load_batch_scan"]:
        batch["row_count"] = len(sheet.find("load_scan", container=batch["container"]))


@defect(
    "D22",
    "the watermark is lost at a restart: the position starts again from an older one",
    variant="regress",
    first="AN11P",
    hop="raw",
    after="told",
    also=("AN8", "AN12"),
    tables=("position_scan",),
    faults=("landing",),
)
def position_steps_back(sheet: Sheet, world: World) -> None:
    rows = [row for row in sheet.rows["position_scan"] if row["committed"] > 2]
    if len(rows) < 3:
        raise NothingToPlant("positions move too little to step back")
    row = dice(world).choice(rows)
    earlier = {name: row[name] for name in ("consumer", *COORDINATES[:3])}
    sheet.add("position_scan", **earlier, t=world.t_end, committed=row["committed"] - 2, durable=None)


def _read(sheet: Sheet, world: World) -> Row:
    if not sheet.rows["reader"]:
        raise NothingToPlant("nobody read")
    return dice(world).choice(sheet.rows["reader"])


@defect(
    "D28",
    "partial files are visible without a manifest: a reader sees what was never committed",
    first="A1",
    hop="reader",
    after="told",
    also=("V6",),
    tables=("reader", "snapshot_scan"),
)
def read_uncommitted(sheet: Sheet, world: World) -> None:
    _read(sheet, world).update(snapshot="half-written", content_hash=None)


@defect(
    "D36",
    "truncate-and-load fails between the two: a reader sees a part",
    variant="torn",
    first="A1",
    hop="reader",
    after="told",
    also=("V6",),
    tables=("reader", "snapshot_scan"),
)
def read_in_between(sheet: Sheet, world: World) -> None:
    """One of the two relations of a read is of the snapshot before."""
    late = [row for row in sheet.rows["reader"] if row["read_no"] > 0]
    if not late:
        raise NothingToPlant("there was one snapshot only")
    row = dice(world).choice(late)
    before = f"s{row['read_no'] - 1}"
    (old,) = sheet.find("snapshot_scan", snapshot=before, relation=row["relation"])
    row.update(snapshot=before, content_hash=old["content_hash"])


@defect(
    "D30",
    "a zombie writer is not fenced",
    first="A2",
    hop="load",
    after="told",
    also=("U4", "A3"),
    tables=("commit_scan",),
    faults=("loader",),
)
def zombie(sheet: Sheet, world: World) -> None:
    """A commit under the epoch before goes through."""
    if not sheet.rows["commit_scan"]:
        raise NothingToPlant("nothing was committed")
    row = dice(world).choice([one for one in sheet.rows["commit_scan"] if one["accepted"]])
    row.update(epoch=row["lease_epoch"] - 1, writer="loader-0")


@defect(
    "D38",
    "the mirror copies the offset literally",
    first="R4",
    hop="mirror",
    after="told",
    tables=("translation_scan",),
)
def copied_literally(sheet: Sheet, world: World) -> None:
    """The mirror began later: the same number names a record further on."""
    if not sheet.rows["translation_scan"]:
        raise NothingToPlant("nothing was mirrored")
    row = dice(world).choice(sheet.rows["translation_scan"])
    row["translated"] = row["actual"] + 3
