"""A producer as it should not be: it takes `produce()` for delivery, and tells nobody what it dropped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from confluent_kafka import KafkaError, Message

from loadgen.ledger import ACK
from loadgen.senders import Report, Sender
from loadgen.senders.kafka import KafkaSender

FLUSH_TIMEOUT = "app.flush.timeout.ms"  # a setting of the application: the client never hears of it


def kafka_sender(topic: str, options: Mapping[str, Any], now_us: Callable[[], int], report: Report) -> Sender:
    """The sender that these settings ask for: an honest one, unless they name a flush timeout."""
    client = {name: value for name, value in options.items() if name != FLUSH_TIMEOUT}
    if FLUSH_TIMEOUT not in options:
        return KafkaSender(topic, client, now_us, report)
    return CarelessSender(topic, client, now_us, report, int(options[FLUSH_TIMEOUT]))


class CarelessSender(KafkaSender):
    """Whoever handed an event over was told that it is sent: so an ACK is reported whatever the client says.

    When the oldest event is not delivered within the flush timeout, what waits in the buffer is dropped.
    """

    def __init__(
        self,
        topic: str,
        options: Mapping[str, Any],
        now_us: Callable[[], int],
        report: Report,
        flush_timeout_ms: int,
    ) -> None:
        super().__init__(topic, options, now_us, report)
        self._timeout_us = flush_timeout_ms * 1_000
        self._open: dict[int, int] = {}  # position to the time of handing over, oldest first
        self._dropped_us = 0

    def send(self, position: int, key: bytes, value: bytes) -> None:
        self._open[position] = self._now_us()
        super().send(position, key, value)

    def wait(self, seconds: float) -> None:
        super().wait(seconds)
        waiting_since = next(iter(self._open.values()), None)
        now = self._now_us()
        if waiting_since is not None and now - max(waiting_since, self._dropped_us) > self._timeout_us:
            self._producer.purge(in_queue=True, in_flight=False, blocking=False)
            self._dropped_us = now

    def _done(self, position: int, invoked: int, error: KafkaError | None, message: Message) -> None:
        self._open.pop(position, None)
        super()._done(position, invoked, error, message)

    def _fate(self, code: int) -> int:
        return ACK
