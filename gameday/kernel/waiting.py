"""Waiting for a named condition with a deadline: the only place of the harness that sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class DeadlineExceeded(TimeoutError):
    """A named condition did not come true in time; the message says what was seen last."""


def wait_until(
    what: str,
    probe: Callable[[], T | None],
    *,
    within_s: float,
    every_s: float = 0.1,
    giving_up: Callable[[], str | None] = lambda: None,
) -> T:
    """Poll `probe` until it returns something true.

    `giving_up` may name a reason why waiting on is senseless (the process died): it ends the wait at once.
    """
    start = time.monotonic()
    while True:
        seen = probe()
        if seen:
            return seen
        reason = giving_up()
        waited = time.monotonic() - start
        if reason is not None:
            raise DeadlineExceeded(f"{what}: given up after {waited:.1f} s, because {reason}")
        if waited >= within_s:
            raise DeadlineExceeded(f"{what}: not within {within_s:g} s (last seen: {seen!r})")
        time.sleep(min(every_s, max(0.0, within_s - waited)))


def pause(seconds: float) -> None:
    """Let time pass where passing time is the meaning (pacing, backoff), never to wait for an effect."""
    if seconds > 0:
        time.sleep(seconds)


def sleep_until_monotonic(instant: float) -> None:
    pause(instant - time.monotonic())
