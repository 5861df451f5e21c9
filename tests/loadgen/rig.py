"""What several tests of the load need: an order, a whole plan with its bytes, all that a topic holds."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from gameday.kernel.clock import anchor
from gameday.kernel.recording import Recording
from gameday.kernel.words import LoadOrder
from loadgen.events import Encoder
from loadgen.ids import Ids
from loadgen.intent import intent_table
from loadgen.plan import Plan
from loadgen.profiles import Load

NONCE = "00112233445566778899aabbccddeeff"
T0 = 1_760_000_000_000_000
TOPIC = "r1.payments.events.v1"


@dataclass(frozen=True)
class Made:
    """A plan with its bytes and its intent, without anything being sent."""

    plan: Plan
    intent: list[dict[str, Any]]
    values: list[bytes]
    tagged_broken: list[bool]


def make(load: Load, seed: int = 7, t0_us: int = T0, nonce: str = NONCE) -> Made:
    plan = Plan(load, seed)
    encoder = Encoder(seed, Ids(nonce, 5), t0_us, load.entropy)
    intent: list[dict[str, Any]] = []
    values: list[bytes] = []
    broken: list[bool] = []
    for slab in plan.slabs():
        wire = encoder.encode(slab.rows)
        intent += intent_table(slab.rows, wire, t0_us).to_pylist()
        values += wire.values
        broken += (slab.rows.flaw > 0).tolist()
    return Made(plan, intent, values, broken)


def order(bootstrap: str = "", topic: str = TOPIC, **client: Any) -> LoadOrder:
    return LoadOrder(7, NONCE, 5, anchor(), "a", topic, bootstrap, client)


def new_recording(folder: Path) -> Path:
    return Recording.create(folder / "run").folder


def everything_in(bootstrap: str, topic: str, within_s: float = 20.0) -> list[Any]:
    """All messages of a topic, up to the end offsets of this moment."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "test", "log_level": 0})
    try:
        partitions = consumer.list_topics(topic, timeout=5).topics[topic].partitions
        ends = {p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=5)[1] for p in partitions}
        consumer.assign([TopicPartition(topic, p, 0) for p, end in ends.items() if end])
        found: list[Any] = []
        deadline = time.monotonic() + within_s
        while len(found) < sum(ends.values()):
            assert time.monotonic() < deadline, f"read {len(found)} of {sum(ends.values())} messages"
            found += [m for m in consumer.consume(500, timeout=0.2) if m.error() is None]
        return found
    finally:
        consumer.close()


def seals(folder: Path) -> dict[str, tuple[int, int]]:
    return {row["hop"]: (row["rows_read"], row["rows_expected"]) for row in Recording(folder).rows("seal")}
