"""No fault at all: unless this holds, no other verdict means anything."""

from __future__ import annotations

from gameday.kernel.clock import MINUTES, SECONDS
from gameday.kernel.timeline import GameDay, scenario
from invariants import ALWAYS, fresh_within, lag_back_within
from loadgen.profiles import base_mix, peak


@scenario("GD-142", systems="DR HA DEDUP CORE", short=True, lite=True)
def nothing_is_disturbed() -> GameDay:
    """Without a fault every guarantee holds at peak, and the figures are those of a healthy pipeline."""
    return GameDay(
        load=base_mix(peak("DR")),
        holds=[*ALWAYS, fresh_within(120 * SECONDS), lag_back_within(5 * MINUTES)],
    )
