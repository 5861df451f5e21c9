"""The fast way into Kafka: arrays of messages go into librdkafka, arrays of reports come out."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from gameday.kernel.words import HarnessError
from loadgen.batch import Batch
from loadgen.draws import Ints
from loadgen.ledger_format import FAIL
from loadgen.senders import NOTHING_SETTLED, Clock, Settled
from loadgen.senders.fates import fates_of, name_of
from loadgen.senders.in_flight import InFlight
from loadgen.senders.kafka import await_leaders
from loadgen.senders.kafka_settings import retries
from loadgen.senders.librdkafka import MESSAGE, Client, Messages, Refused


class BulkSender:
    """The opaque of a message is its running number among those under way."""

    path = "kafka"

    def __init__(self, topic: str, options: Mapping[str, Any], now_us: Clock) -> None:
        self._topic = topic
        self._now_us = now_us
        self._retrying = retries(options)
        try:
            self._client = Client(topic, options, _say)
        except Refused as error:
            raise HarnessError(f"the producer refuses its settings: {error}") from error
        self.way = f"bulk, librdkafka {self._client.version} called directly"
        self._under_way = InFlight()
        self._refused: list[Settled] = []

    def ready(self, within_s: float) -> None:
        await_leaders(self._topic, lambda: self._client.leaders(2.0), within_s)

    def send(self, batch: Batch, start: int, stop: int) -> None:
        count = stop - start
        messages = np.zeros(count, dtype=MESSAGE)
        for field, length, texts in (("payload", "len", batch.values), ("key", "key_len", batch.keys)):
            messages[field] = texts.buffer.ctypes.data + texts.starts[start:stop]
            messages[length] = texts.lengths[start:stop]
        invoked = self._now_us()
        batch.invoked[start:stop] = invoked
        positions = batch.first_position + np.arange(start, stop, dtype=np.int64)
        messages["opaque"] = self._under_way.enter(positions, batch.due[start:stop], invoked)
        if self._client.produce(messages) < count:
            self._refuse(messages[messages["err"] != 0])

    def _refuse(self, messages: Messages) -> None:
        """Never queued, so certainly not sent."""
        opaque, error = messages["opaque"], messages["err"].astype(np.int64)
        none = np.full(len(messages), -1, dtype=np.int64)
        settled = self._settled(opaque, error, none, none)
        settled["fate"] = FAIL
        self._refused.append(settled)

    def take(self, seconds: float) -> Settled:
        opaque, error, partition, offset = self._client.reports(0 if self._refused else seconds)
        found, self._refused = self._refused, []
        if len(opaque):
            found.append(self._settled(opaque, error, partition, offset))
        return np.concatenate(found) if found else NOTHING_SETTLED

    def _settled(self, opaque: Ints, error: Ints, partition: Ints, offset: Ints) -> Settled:
        settled = self._under_way.leave(opaque)
        settled["t_done"] = self._now_us()
        settled["offset"], settled["partition"] = np.maximum(offset, -1), partition
        settled["error"] = error
        settled["fate"] = fates_of(settled["error"], self._retrying)
        return settled

    def pending(self) -> int:
        return self._under_way.count + sum(map(len, self._refused))

    def abandon(self) -> None:
        self._client.purge()

    def close(self) -> None:
        self._client.close()


def _say(code: int, text: str) -> None:
    print(f"client: {name_of(code)}: {text}", file=sys.stderr, flush=True)
