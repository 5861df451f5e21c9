"""A pipeline without flaws in plain Python: each stage leaves rows that a defect may spoil before the next.

Delivery is at least once, batches come late, partitions pause, brokers leave gaps: all of it legal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from invariants.bank import traffic
from invariants.bank.sheet import Row, at, by
from invariants.bank.traffic import DRAIN_S, MS, T0, WIRE, Attempt, S, Spec

STAGES = ("sent", "broker", "raw", "load", "curated")
Spoil = Callable[["World"], None]


@dataclass
class Batch:
    """What landing takes at one trigger, and when it becomes visible where."""

    name: str
    seen: dict[str, int]  # by hop
    ranges: dict[tuple[str, str, int], tuple[int, int]]  # of offsets, as its manifest says
    entries: int = 1  # in the load ledger


@dataclass(frozen=True)
class Hurt:
    """One fault: who is hurt, and from when to when."""

    victim: str
    t_bite: int
    t_heal: int


@dataclass
class World:
    """A history while it is made; `spoil` holds what a defect does after each stage."""

    spec: Spec
    spoil: Mapping[str, Spoil] = field(default_factory=dict)
    draw: Random = field(init=False)
    traffic: traffic.Traffic = field(init=False)
    hurts: list[Hurt] = field(default_factory=list)
    log: list[Row] = field(default_factory=list)  # the broker's records
    batches: dict[str, Batch] = field(default_factory=dict)
    raw: list[Row] = field(default_factory=list)
    dlq: list[Row] = field(default_factory=list)
    load: list[Row] = field(default_factory=list)
    curated: list[Row] = field(default_factory=list)
    suppressed: list[Row] = field(default_factory=list)
    told: dict[tuple[int, int, int], Row] = field(default_factory=dict)  # what each ACK named
    done: dict[tuple[int, int, int], int] = field(default_factory=dict)
    victims: list[Row] = field(default_factory=list)  # rows that a defect chose

    def __post_init__(self) -> None:
        self.draw = Random(f"world {self.spec.seed}")
        self.traffic = traffic.made(self.spec)
        self.hurts = _hurts(self)
        self._after("sent")
        for stage, work in (("broker", append), ("raw", land), ("load", load), ("curated", curate)):
            work(self)
            self._after(stage)

    def _after(self, stage: str) -> None:
        if stage in self.spoil:
            self.spoil[stage](self)

    @property
    def t_end(self) -> int:
        return T0 + self.spec.span_us + DRAIN_S * S


def _hurts(world: World) -> list[Hurt]:
    """Faults one after the other or overlapping, each over before the load ends."""
    found = []
    for victim in world.spec.faults:
        bite = T0 + world.draw.randrange(2 * S, world.spec.span_us - 4 * S)
        found.append(Hurt(victim, bite, bite + world.draw.randrange(1 * S, 6 * S)))
    return sorted(found, key=lambda hurt: hurt.t_bite)


def _held_up(world: World, victim: str, t: int) -> int:
    """The first instant from t on at which nothing of this name is hurt."""
    for hurt in world.hurts:
        if hurt.victim == victim and hurt.t_bite <= t < hurt.t_heal:
            t = hurt.t_heal + world.draw.randrange(0, 500 * MS)
    return t


def append(world: World) -> None:
    """Every attempt that reaches the broker gets the next offset of its partition, in order of sending."""
    ends: dict[tuple[str, str, int], int] = {}
    clock: dict[tuple[str, str, int], int] = {}
    for sent in world.traffic.attempts:
        name = (int(sent.event["uid"]), int(sent.event["copy"]), sent.number)
        world.done[name] = sent.due + world.draw.randrange(1 * S, 9 * S)
        if not sent.reaches:
            continue
        cluster, topic, partition = sent.where
        offset = ends.get(sent.where, 0)
        if world.draw.random() < world.spec.gaps:
            offset += world.draw.randrange(1, 3)  # a control record
        ends[sent.where] = offset + 1
        t = max(sent.due + world.draw.randrange(2 * MS, 60 * MS), clock.get(sent.where, 0) + 1)
        if partition == 0:
            t = _held_up(world, "broker", t)
        clock[sent.where] = t
        where = {"cluster": cluster, "topic": topic, "partition": partition, "src_offset": offset}
        world.log.append(_record(sent, where, t))
        if sent.outcome == "ACK":
            world.done[name] = t + 3 * MS
            if sent.told:
                world.told[name] = where


def _record(sent: Attempt, where: Row, t: int) -> Row:
    event = sent.event
    carried = ("uid", "copy", "body_hash", "canonical_hash", "event_ts")
    notes = {"_event": event, "_sent": sent, "_t": t, "_attempt": sent.number}
    return {**{name: event[name] for name in carried}, **where, **notes}


def land(world: World) -> None:
    """Micro-batches: whatever has arrived since the last trigger; a pause skips triggers of one partition."""
    waiting = sorted(world.log, key=lambda row: row["_t"])
    step = world.spec.trigger_ms * MS
    slot = world.spec.span_us // max(1, world.spec.pauses)
    pauses = [T0 + n * slot + world.draw.randrange(0, slot) for n in range(world.spec.pauses)]
    t, after = T0 + world.draw.randrange(step), 0
    reached: dict[tuple[str, str, int], int] = {}
    while waiting and t < world.t_end - 10 * S:
        t = _held_up(world, "landing", t)
        paused = {n % world.spec.places for n, p in enumerate(pauses) if p <= t < p + S}
        taken = [row for row in waiting if row["_t"] <= t and row["partition"] not in paused]
        if taken:
            gone = {id(row) for row in taken}
            waiting = [row for row in waiting if id(row) not in gone]
            name = f"q{world.spec.seed % 1000:03d}-{len(world.batches):08d}"
            after = _visible(world, name, t, after)
            world.batches[name].ranges = _ranges(taken, reached)
            world.raw += [{**row, "container": name} for row in taken]
        t += step
    world.dlq = [
        {**row, "reason": row["_event"]["reason"]} for row in world.raw if row["_event"]["class"] == "invalid"
    ]


def _ranges(
    taken: list[Row], reached: dict[tuple[str, str, int], int]
) -> dict[tuple[str, str, int], tuple[int, int]]:
    """Each range begins where the one before it ended: what the log skips belongs to one of them."""
    found = {}
    for where, rows in by(taken, "cluster", "topic", "partition").items():
        name = (str(where[0]), str(where[1]), int(where[2]))
        start = reached.get(name, min(row["src_offset"] for row in rows))
        reached[name] = max(row["src_offset"] for row in rows) + 1
        found[name] = (start, reached[name])
    return found


def _visible(world: World, name: str, t: int, after: int) -> int:
    """When a batch is seen at each hop; the loader takes one after the other."""
    last = list(world.batches.values())[-1].seen["raw"] if world.batches else 0
    raw = max(t + world.draw.randrange(50 * MS, 400 * MS), last + MS)
    loaded = _held_up(world, "warehouse", max(raw, after) + world.draw.randrange(50 * MS, 300 * MS))
    loaded = _held_up(world, "loader", loaded)
    curated = _held_up(world, "warehouse", loaded + world.draw.randrange(50 * MS, 300 * MS))
    world.batches[name] = Batch(name, {"raw": raw, "dlq": raw, "load": loaded, "curated": curated}, {})
    return loaded


def load(world: World) -> None:
    """Valid rows of raw, each coordinate once."""
    world.load = [dict(row) for row in world.raw if row["_event"]["class"] != "invalid"]


def curate(world: World) -> None:
    """One survivor per identity; who survives depends on content and, for equal bytes, on coordinates."""
    for (uid,), rows in by(world.load, "uid").items():
        if uid is None:
            continue
        first = min(rows, key=lambda row: (row["body_hash"] * 2_654_435_761 % 1_000_003, *at(row)))
        world.curated.append(curated_row(first))
        world.suppressed += [suppressed_row(row, first) for row in rows if row is not first]


def curated_row(row: Row) -> Row:
    event = row["_event"]
    names = ("payment_id", "merchant_id", "amount_minor", "currency")
    business = {name: event[name] for name in names}
    return {**row, "body_hash": None, **business, "event_type": WIRE[event["event_type"]]}


def suppressed_row(row: Row, survivor: Row) -> Row:
    same = row["body_hash"] == survivor["body_hash"]
    return {
        **row,
        "body_hash": None,
        "canonical_hash": None,
        "rule": "ID1" if same else "ID3",
        "survivor_uid": survivor["uid"],
        "survivor_cluster": survivor["cluster"],
        "survivor_topic": survivor["topic"],
        "survivor_partition": survivor["partition"],
        "survivor_offset": survivor["src_offset"],
    }
