"""The fast way into Kafka: arrays of messages go into librdkafka, arrays of reports come out."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from gameday.kernel.words import HarnessError
from loadgen.batch import Batch
from loadgen.draws import Ints
from loadgen.ledger_format import FAIL, joined
from loadgen.senders import NOTHING_SETTLED, Clock, Settled
from loadgen.senders.fates import FELL_APART, fates_of, name_of
from loadgen.senders.in_flight import InFlight
from loadgen.senders.kafka_settings import retries
from loadgen.senders.leaders import await_leaders
from loadgen.senders.librdkafka import MESSAGE, Client, Messages, Refused

_MOST_CLIENTS = 20  # ended by fatal errors: more of them are a finding, not weather


class BulkSender:
    """The opaque of a message is its running number among those under way."""

    path = "kafka"

    def __init__(self, topic: str, options: Mapping[str, Any], now_us: Clock) -> None:
        self._topic = topic
        self._now_us = now_us
        self._retrying = retries(options)
        self._options = dict(options)
        self._client = self._new_client()
        self._retired: list[Client] = []  # ended by a fatal error; what they took over is still reported
        self.way = f"bulk, librdkafka {self._client.version} called directly"
        self._under_way = InFlight()
        self._refused: list[Settled] = []

    def _new_client(self) -> Client:
        try:
            return Client(self._topic, self._options, _say)
        except Refused as error:
            raise HarnessError(f"the producer refuses its settings: {error}") from error

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
            refused = messages[messages["err"] != 0]
            if self._renewed() and self._client.produce(refused) == len(refused):
                return
            self._refuse(refused[refused["err"] != 0])

    def _renewed(self) -> bool:
        """Whether there is a new client in place of one that a fatal error has ended.

        What waits in the old one is given up: whether it had been sent before nobody knows. What is under
        way may still be acknowledged.
        """
        code, why = self._client.fatal()
        if code not in FELL_APART:
            return False
        if len(self._retired) == _MOST_CLIENTS:
            raise HarnessError(f"{_MOST_CLIENTS} clients in one run ended with fatal errors, the last: {why}")
        self._client.purge(in_flight=False)
        self._retired.append(self._client)
        self._client = self._new_client()
        print(f"client: {name_of(code)} is fatal: {why}; a new client goes on", file=sys.stderr, flush=True)
        return True

    def _refuse(self, messages: Messages) -> None:
        """Never queued, so certainly not sent."""
        opaque, error = messages["opaque"], messages["err"].astype(np.int64)
        none = np.full(len(messages), -1, dtype=np.int64)
        settled = self._settled(opaque, error, none, none)
        settled["fate"] = FAIL
        self._refused.append(settled)

    def take(self, seconds: float) -> Settled:
        found, self._refused = self._refused, []
        for client in (*self._retired, self._client):
            wait = seconds if client is self._client and not found else 0
            opaque, error, partition, offset = client.reports(wait)
            if len(opaque):
                found.append(self._settled(opaque, error, partition, offset))
        return joined(found, NOTHING_SETTLED)

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
        for client in (*self._retired, self._client):
            client.purge()

    def close(self) -> None:
        for client in (*self._retired, self._client):
            client.close()


def _say(code: int, text: str) -> None:
    print(f"client: {name_of(code)}: {text}", file=sys.stderr, flush=True)
