"""The drain: when the load is over, wait until each hop covers what the broker holds, or is known not to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from gameday.kernel.clock import US, Anchor
from gameday.kernel.protocols import System
from gameday.kernel.sampler import HopLook
from gameday.kernel.waiting import DeadlineExceeded, wait_until

HEALTHY_GAP_S = 10.0  # longer than a batch of any hop of a healthy stack


@dataclass(frozen=True)
class Drained:
    """Per hop: `drained`, `stuck` or `moving`."""

    states: Mapping[str, str]


def drain(
    looks: Callable[[], Mapping[str, HopLook]],
    system: System,
    anchor: Anchor,
    *,
    budget_s: float,
    gap_s: float = HEALTHY_GAP_S,
    still_s: float | None = None,
    tell: Callable[[], object],
) -> Drained:
    """Called when outcomes are settled and everything is healed; the first look after that sets the goal."""
    start = anchor.now_us()
    goal = wait_until(
        "a look at the broker's end offsets after the load",
        lambda: (
            broker
            if (broker := looks().get("broker")) and broker.looked_us > start and not broker.failed
            else None
        ),
        within_s=30,
    ).positions

    def patience_s(name: str) -> float:
        promised = system.promises.rto_s.get(name, 0.0) if still_s is None else still_s
        return max(3 * gap_s, promised)

    def state_of(name: str, look: HopLook) -> str:
        if look.covers(goal):
            return "drained"
        still_us = anchor.now_us() - max(start, look.moved_us)
        return "stuck" if still_us > patience_s(name) * US else "moving"

    def all_settled() -> bool:
        tell()
        return "moving" not in {state_of(name, look) for name, look in looks().items()}

    # Whoever stands still must be found out before the time is over.
    within_s = max(budget_s, *(patience_s(name) + gap_s for name in looks()))
    with suppress(DeadlineExceeded):  # told by the states: a hop that still moves is pending, not lost
        wait_until("every hop drained", all_settled, within_s=within_s, every_s=0.25)
    return Drained({name: state_of(name, look) for name, look in looks().items()})
