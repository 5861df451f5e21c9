"""Waits until a topic can be written to."""

from __future__ import annotations

from collections.abc import Callable

from gameday.kernel.waiting import wait_until
from gameday.kernel.words import HarnessError


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
