"""The portable way into Kafka: one call of confluent-kafka for every event, one callback for every report."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from gameday.kernel.words import HarnessError
from loadgen.batch import Batch
from loadgen.ledger_format import FAIL
from loadgen.senders import NOTHING_SETTLED, SETTLED, Clock, Settled
from loadgen.senders.fates import fate_of
from loadgen.senders.kafka import await_leaders
from loadgen.senders.kafka_settings import retries


class SingleSender:
    """One producer, one topic."""

    path = "kafka"

    def __init__(self, topic: str, options: Mapping[str, Any], now_us: Clock, reason: str) -> None:
        self._topic = topic
        self._now_us = now_us
        self._retrying = retries(options)
        self._settled: list[tuple[int, ...]] = []
        self.way = f"one by one, confluent-kafka, {reason}"
        try:
            self._producer = Producer({**options, "error_cb": _say})
        except KafkaException as error:
            raise HarnessError(f"the producer refuses its settings: {error.args[0].str()}") from error

    def ready(self, within_s: float) -> None:
        await_leaders(self._topic, self._leaders, within_s)

    def _leaders(self) -> list[int]:
        try:
            topic = self._producer.list_topics(self._topic, timeout=2).topics[self._topic]
        except KafkaException as error:
            raise ValueError(error.args[0].str()) from error
        if topic.error:
            raise ValueError(str(topic.error))
        return [p.leader for p in topic.partitions.values()]

    def send(self, batch: Batch, start: int, stop: int) -> None:
        for n in range(start, stop):
            invoked = self._now_us()
            batch.invoked[n] = invoked
            position, due = batch.first_position + n, int(batch.due[n])
            try:
                report = partial(self._done, position, due, invoked)
                self._producer.produce(self._topic, batch.values[n], batch.keys[n], on_delivery=report)
            except BufferError:
                self._refuse(position, due, invoked, KafkaError._QUEUE_FULL)
            except KafkaException as error:
                self._refuse(position, due, invoked, error.args[0].code())

    def _refuse(self, position: int, due: int, invoked: int, code: int) -> None:
        """Never queued, so certainly not sent."""
        self._settled.append((position, invoked, self._now_us(), -1, -1, code, FAIL, due))

    def take(self, seconds: float) -> Settled:
        self._producer.poll(0 if self._settled else seconds)
        if not self._settled:
            return NOTHING_SETTLED
        settled, self._settled = self._settled, []
        return np.array(settled, dtype=SETTLED)

    def pending(self) -> int:
        return len(self._producer) + len(self._settled)

    def abandon(self) -> None:
        self._producer.purge()

    def close(self) -> None:
        self._producer.flush(0)

    def _done(
        self, position: int, due: int, invoked: int, error: KafkaError | None, message: Message
    ) -> None:
        code = 0 if error is None else error.code()
        offset, partition = message.offset(), message.partition()
        self._settled.append(
            (
                position,
                invoked,
                self._now_us(),
                -1 if offset is None or offset < 0 else offset,
                -1 if partition is None else partition,
                code,
                fate_of(code, self._retrying),
                due,
            )
        )


def _say(error: KafkaError) -> None:
    print(f"client: {error.name()}: {error.str()}", file=sys.stderr, flush=True)
