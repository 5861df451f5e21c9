"""Sends to Kafka with librdkafka; delivery reports become outcomes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from gameday.kernel.waiting import wait_until
from gameday.kernel.words import HarnessError
from loadgen.ledger import FAIL
from loadgen.senders import Report
from loadgen.senders.fates import fate_of

DELIVERY_TIMEOUT_S = 30

BASE: Mapping[str, Any] = {
    "acks": "all",
    "enable.idempotence": True,
    "compression.type": "lz4",
    "linger.ms": 25,
    "batch.size": 256 * 1024,
    "delivery.timeout.ms": DELIVERY_TIMEOUT_S * 1_000,
    "partitioner": "murmur2_random",  # a key lands where a Java client would put it
    # The schedule goes on while brokers do not: room for a whole delivery timeout of events.
    "queue.buffering.max.messages": 2_000_000,
    "queue.buffering.max.kbytes": 2_000_000,
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


class KafkaSender:
    """One producer, one topic."""

    def __init__(
        self, topic: str, options: Mapping[str, Any], now_us: Callable[[], int], report: Report
    ) -> None:
        self._topic = topic
        self._now_us = now_us
        self._report = report
        self._retrying = _retries(options)
        try:
            self._producer = Producer({**options, "error_cb": _say})
        except KafkaException as error:
            raise HarnessError(f"the producer refuses its settings: {error.args[0].str()}") from error

    def ready(self, within_s: float) -> None:
        """The topic is known with a leader for every partition."""
        seen = "nothing yet"

        def leaders() -> bool:
            nonlocal seen
            try:
                topic = self._producer.list_topics(self._topic, timeout=2).topics[self._topic]
            except KafkaException as error:
                seen = error.args[0].str()
                return False
            seen = str(topic.error or f"{len(topic.partitions)} partitions")
            return bool(topic.partitions) and all(p.leader >= 0 for p in topic.partitions.values())

        try:
            wait_until("leaders", leaders, within_s=within_s)
        except TimeoutError:
            raise HarnessError(
                f"topic {self._topic} has no leaders after {within_s:g} s; the client saw: {seen}"
            ) from None

    def send(self, position: int, key: bytes, value: bytes) -> None:
        invoked = self._now_us()
        try:
            self._producer.produce(
                self._topic, value, key, on_delivery=partial(self._done, position, invoked)
            )
        except BufferError:
            self._report(position, invoked, self._now_us(), -1, -1, KafkaError._QUEUE_FULL, FAIL)
        except KafkaException as error:  # refused by the client itself: never queued
            self._report(position, invoked, self._now_us(), -1, -1, error.args[0].code(), FAIL)

    def wait(self, seconds: float) -> None:
        self._producer.poll(seconds)

    def pending(self) -> int:
        return len(self._producer)

    def abandon(self) -> None:
        self._producer.purge()
        self._producer.poll(1)

    def _done(self, position: int, invoked: int, error: KafkaError | None, message: Message) -> None:
        code = 0 if error is None else error.code()
        offset, partition = message.offset(), message.partition()
        self._report(
            position,
            invoked,
            self._now_us(),
            -1 if offset is None or offset < 0 else offset,
            -1 if partition is None else partition,
            code,
            self._fate(code),
        )

    def _fate(self, code: int) -> int:
        return fate_of(code, self._retrying)


def _retries(options: Mapping[str, Any]) -> bool:
    """Whether the client may send an event twice by itself."""
    limits = [int(options[name]) for name in ("retries", "message.send.max.retries") if name in options]
    return not limits or max(limits) > 0


def _say(error: KafkaError) -> None:
    print(f"client: {error.name()}: {error.str()}", file=sys.stderr, flush=True)
