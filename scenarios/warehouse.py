"""The warehouse goes silent while payments keep arriving."""

from __future__ import annotations

from faults import Cut
from gameday.kernel.clock import SECONDS
from gameday.kernel.timeline import GameDay, at, scenario
from invariants import ALWAYS, fresh_within, lag_back_within, landing_unaffected, rto_within
from loadgen.profiles import base_mix, peak
from scenarios._pace import FAULT_AT

WAREHOUSE_LINKS = ("loader→warehouse", "curator→warehouse")


@scenario("GD-60", systems="HA", short=True, lite=True)
def warehouse_stalled_by_a_black_hole() -> GameDay:
    """Landing goes on as if nothing happened, the backlog drains, and no load is applied twice."""
    return GameDay(
        load=base_mix(peak("DR", peak_s=90 * SECONDS)),
        faults=[at(FAULT_AT, Cut(WAREHOUSE_LINKS, how="blackhole"), for_=60 * SECONDS)],
        holds=[
            *ALWAYS,
            landing_unaffected(),
            rto_within(300 * SECONDS),
            fresh_within(120 * SECONDS),
            lag_back_within(300 * SECONDS),
        ],
    )
