"""Settings of the Kafka producer: those of a careful client, tuned for drills, and what an order changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DELIVERY_TIMEOUT_S = 30
IN_FLIGHT = 2_000_000  # events that the client may hold

BASE: Mapping[str, Any] = {
    "acks": "all",
    "enable.idempotence": True,
    "compression.type": "lz4",
    "linger.ms": 25,
    "batch.size": 256 * 1024,
    "delivery.timeout.ms": DELIVERY_TIMEOUT_S * 1_000,
    "partitioner": "murmur2_random",  # a key lands where a Java client would put it
    # The schedule goes on while brokers do not: room for a whole delivery timeout of events.
    "queue.buffering.max.messages": IN_FLIGHT,
    "queue.buffering.max.kbytes": 2_000_000,
    "message.max.bytes": 2_000_000,  # poison may be longer than the default allows; brokers see it compressed
    "client.id": "load",
}

# With the library's defaults a client does not leave a frozen leader within 45 s.
TUNED: Mapping[str, Any] = {
    "socket.timeout.ms": 2_000,
    "request.timeout.ms": 1_500,
    "socket.connection.setup.timeout.ms": 1_500,
    "reconnect.backoff.ms": 50,
    "reconnect.backoff.max.ms": 500,
    "topic.metadata.refresh.interval.ms": 2_000,
}


def settings(bootstrap: str, tuned: bool, *overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The producer's settings; later overrides win. Fewer acks than all switch idempotence off."""
    merged: dict[str, Any] = {**BASE, **(TUNED if tuned else {})}
    if bootstrap:  # a mock cluster inside the client has none
        merged["bootstrap.servers"] = bootstrap
    asked: dict[str, Any] = {}
    for more in overrides:
        asked |= more
    if str(asked.get("acks", "all")) not in ("all", "-1"):
        asked = {"enable.idempotence": False} | asked
    return merged | asked


def retries(options: Mapping[str, Any]) -> bool:
    """Whether the client may send an event twice by itself."""
    limits = [int(options[name]) for name in ("retries", "message.send.max.retries") if name in options]
    return not limits or max(limits) > 0
