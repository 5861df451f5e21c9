"""Sends to Kafka with librdkafka, in bulk where the library can be called directly, else event by event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gameday.kernel.waiting import wait_until
from gameday.kernel.words import HarnessError
from loadgen.senders import Clock, Sender
from loadgen.senders.librdkafka import Unusable, library

WAYS = ("bulk", "single")


def open_kafka(topic: str, options: Mapping[str, Any], now_us: Clock) -> Sender:
    """`way` among the options asks for one of the ways; without it, bulk wherever the machine allows it."""
    options = dict(options)
    way = options.pop("way", None)
    if way not in (None, *WAYS):
        raise HarnessError(f"a Kafka sender goes one of the ways {', '.join(WAYS)}, not {way!r}")
    if way != "single":
        try:
            library()
        except Unusable as error:
            if way == "bulk":
                raise HarnessError(f"the way bulk was asked for: {error}") from error
            return _single(topic, options, now_us, f"since {error}")
        from loadgen.senders.kafka_bulk import BulkSender

        return BulkSender(topic, options, now_us)
    return _single(topic, options, now_us, "as asked for")


def _single(topic: str, options: Mapping[str, Any], now_us: Clock, reason: str) -> Sender:
    from loadgen.senders.kafka_single import SingleSender

    return SingleSender(topic, options, now_us, reason)


def await_leaders(topic: str, leaders: Callable[[], list[int]], within_s: float) -> None:
    """Until every partition has a leader. `leaders` raises ValueError with the client's words."""
    seen = "nothing yet"

    def all_led() -> bool:
        nonlocal seen
        try:
            found = leaders()
        except ValueError as error:
            seen = str(error)
            return False
        seen = f"{len(found)} partitions, {sum(leader < 0 for leader in found)} of them without a leader"
        return bool(found) and min(found) >= 0

    try:
        wait_until("leaders", all_led, within_s=within_s)
    except TimeoutError:
        raise HarnessError(
            f"topic {topic} has no leaders after {within_s:g} s; the client saw: {seen}"
        ) from None
