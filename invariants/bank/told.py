"""From a finished world to the tables of a recording: scans, sightings, faults, metrics, promises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from invariants.bank import parts
from invariants.bank.sheet import COORDINATES, Row, Sheet, by
from invariants.bank.traffic import DRAIN_S, MS, T0, S
from invariants.bank.world import Hurt, World

SAMPLE = 250 * MS
BOUND_US = 5 * S
HOPS = (("broker", "coordinates"), ("raw", "coordinates"), ("load", "coordinates"), ("curated", "event"))
VICTIM = {"broker": "broker-2", "warehouse": "warehouse", "landing": "landing", "loader": "loader"}


def sheet_of(world: World) -> Sheet:
    sheet = Sheet()
    _promises(sheet, world)
    _sends(sheet, world)
    _scans(sheet, world)
    _sightings(sheet, world)
    for number, hurt in enumerate(world.hurts):
        _fault(sheet, world, hurt, f"f{number + 1}")
    _health(sheet, world)
    parts.tell(sheet, world)
    return sheet


def _promises(sheet: Sheet, world: World) -> None:
    for ord, (name, joins) in enumerate(HOPS):
        promised = {"bound_us": BOUND_US, "r1_target_us": 20 * S}
        sheet.add("hop", name=name, ord=ord, joins=joins, state="drained", **promised)
    sheet.add("hop", name="dlq", ord=9, joins="coordinates", state="drained")
    sheet.target("AN19", sends=0, unavailable_us=60 * S)  # nobody declared availability under these faults
    sheet.target("F3", fresh_us=world.spec.fresh_s * S)
    sheet.target("H1", events=0, during_fault=0, per_tag=0, towards=0)
    for number in range(5):
        sheet.add("check", id="H2", subject=f"planted {number}", ok=True, detail="caught")
    for id in ("H3", "H4"):
        sheet.add("check", id=id, subject="looked at", ok=True, detail="as it should be")
    ends = T0 + world.spec.span_us
    sheet.add("phase", name="warmup", t_from=T0 - 5 * S, t_to=T0)
    sheet.add("phase", name="load", t_from=T0, t_to=ends)
    sheet.add("phase", name="disturb", t_from=T0, t_to=ends)
    sheet.add("phase", name="drain", t_from=ends, t_to=world.t_end)


def _sends(sheet: Sheet, world: World) -> None:
    sheet.rows["intent"] = world.traffic.intents
    for sent in world.traffic.attempts:
        name = (int(sent.event["uid"]), int(sent.event["copy"]), sent.number)
        where = world.told.get(name, {})
        known = dict(zip(("uid", "copy", "attempt"), name, strict=True))
        times = {"t_due": sent.due, "t_invoke": sent.due + MS, "t_done": world.done[name]}
        sheet.add("send", **known, path="kafka", outcome=sent.outcome, **times, **where)


def _scans(sheet: Sheet, world: World) -> None:
    for row in world.log:
        row["container"] = _stretch(row)
    tables = {
        "broker_scan": world.log,
        "raw_scan": world.raw,
        "dlq_scan": world.dlq,
        "load_scan": world.load,
        "curated_scan": world.curated,
        "suppressed_scan": world.suppressed,
    }
    for name, rows in tables.items():
        for position, row in enumerate(rows):
            sheet.add(name, **{**row, "position": None if name == "suppressed_scan" else position})
    loaded = by(world.load, "container")
    for number, batch in enumerate(sorted(world.batches.values(), key=lambda one: one.seen["load"])):
        count = len(loaded.get((batch.name,), []))
        for _ in range(batch.entries):
            named = {"container": batch.name, "file_sha": f"sha-{batch.name}", "src_range": "[]"}
            sheet.add("load_batch_scan", **named, row_count=count, load_seq=number + 1)


def _stretch(row: Row) -> str:
    return f"{row['partition']}:{(row['_t'] - T0) // SAMPLE}"


def _sightings(sheet: Sheet, world: World) -> None:
    for (container,), group in by(world.log, "container").items():
        t = T0 + ((group[0]["_t"] - T0) // SAMPLE + 1) * SAMPLE
        ranges = {}
        for where, rows in by(group, *COORDINATES[:3]).items():
            offsets = [row["src_offset"] for row in rows]
            ranges[where] = (min(offsets), max(offsets) + 1)
        _see(sheet, "broker", str(container), ranges, t)
    held = {
        hop: {row["container"] for row in rows}
        for hop, rows in (("raw", world.raw), ("dlq", world.dlq), ("load", world.load))
    }
    held["curated"] = held["load"]
    for batch in world.batches.values():
        for hop, names in held.items():
            if batch.name in names:
                _see(sheet, hop, batch.name, batch.ranges, batch.seen[hop])


def _see(sheet: Sheet, hop: str, container: str, ranges: Mapping[Any, tuple[int, int]], t: int) -> None:
    for where, (start, stop) in ranges.items():
        sheet.add(
            "sighting",
            hop=hop,
            container=container,
            **dict(zip(COORDINATES[:3], where, strict=True)),
            from_offset=start,
            to_offset=stop,
            t_prev=t - SAMPLE,
            t_seen=t,
        )


def _fault(sheet: Sheet, world: World, hurt: Hurt, id: str) -> None:
    sheet.add(
        "fault",
        id=id,
        kind="kill",
        target=f"the {hurt.victim}",
        victim=VICTIM[hurt.victim],
        t_arm=hurt.t_bite - 20 * MS,
        t_bite=hurt.t_bite,
        t_heal_cmd=hurt.t_heal - 100 * MS,
        t_healed=hurt.t_heal,
        confirmed="confirmed",
        evidence="gone",
        stays=False,
    )
    if hurt.victim == "broker":
        sheet.add("metric", t=hurt.t_bite + 900 * MS, name="leader", labels="0", value=-1.0)
        sheet.add("metric", t=hurt.t_bite + 1_900 * MS, name="leader", labels="0", value=3.0)
        sheet.add("metric", t=hurt.t_heal + 2 * S, name="leader", labels="0", value=2.0)


def _health(sheet: Sheet, world: World) -> None:
    """What the harness measured of itself and of its host."""
    sheet.add("metric", t=T0 - S, name="leader", labels="0", value=2.0)
    sheet.add("metric", t=T0 - S, name="leader", labels="1", value=1.0)
    for second in range(0, world.spec.span_us // S + DRAIN_S, 2):
        t = T0 + second * S
        sheet.add("metric", t=t, name="sampler_late_us", labels="", value=float(world.draw.randrange(9_000)))
        sheet.add("metric", t=t, name="schedule_late_us", labels="", value=float(world.draw.randrange(5_000)))
        sheet.add("metric", t=t, name="host_steal", labels="", value=0.01)


__all__ = ["BOUND_US", "HOPS", "sheet_of"]
