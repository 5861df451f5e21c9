"""A producer as it should not be: it takes `produce()` for delivery, and tells nobody what it dropped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loadgen.batch import Batch
from loadgen.ledger_format import ACK
from loadgen.senders import Clock, Settled
from loadgen.senders.kafka_single import SingleSender

FLUSH_TIMEOUT = "app.flush.timeout.ms"  # a setting of the application: the client never hears of it


class CarelessSender(SingleSender):
    """Whoever handed an event over was told that it is sent: so an ACK is reported whatever the client says.

    When the oldest event is not delivered within the flush timeout, what waits in the buffer is dropped.
    """

    def __init__(self, topic: str, options: Mapping[str, Any], now_us: Clock) -> None:
        client = {name: value for name, value in options.items() if name not in (FLUSH_TIMEOUT, "way")}
        super().__init__(topic, client, now_us, "and carelessly, as asked for")
        self._timeout_us = int(options[FLUSH_TIMEOUT]) * 1_000
        self._open: dict[int, int] = {}  # position to the time of handing over, oldest first
        self._dropped_us = 0

    def send(self, batch: Batch, start: int, stop: int) -> None:
        super().send(batch, start, stop)
        handed = batch.invoked[start:stop].tolist()
        self._open.update(
            zip(range(batch.first_position + start, batch.first_position + stop), handed, strict=True)
        )

    def take(self, seconds: float) -> Settled:
        settled = super().take(seconds)
        for position in settled["position"].tolist():
            self._open.pop(position, None)
        waiting_since = next(iter(self._open.values()), None)
        now = self._now_us()
        if waiting_since is not None and now - max(waiting_since, self._dropped_us) > self._timeout_us:
            self._producer.purge(in_queue=True, in_flight=False, blocking=False)
            self._dropped_us = now
        settled["fate"] = ACK
        return settled
