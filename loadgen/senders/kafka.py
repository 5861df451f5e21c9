"""Sends to Kafka with librdkafka, in bulk where the library can be called directly, else event by event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gameday.kernel.words import HarnessError
from loadgen.senders import Clock, Sender
from loadgen.senders.kafka_bulk import BulkSender
from loadgen.senders.kafka_single import SingleSender
from loadgen.senders.librdkafka import Unusable, library

WAYS = ("bulk", "single")


def open_kafka(topic: str, options: Mapping[str, Any], now_us: Clock) -> Sender:
    """`way` among the options asks for one of the ways; without it, bulk wherever the machine allows it."""
    options = dict(options)
    way = options.pop("way", None)
    if way not in (None, *WAYS):
        raise HarnessError(f"a Kafka sender goes one of the ways {', '.join(WAYS)}, not {way!r}")
    if way == "single":
        return SingleSender(topic, options, now_us, "as asked for")
    try:
        library()
    except Unusable as error:
        if way == "bulk":
            raise HarnessError(f"the way bulk was asked for: {error}") from error
        return SingleSender(topic, options, now_us, f"since {error}")
    return BulkSender(topic, options, now_us)
