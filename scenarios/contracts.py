"""Producers that break the contract."""

from __future__ import annotations

from gameday.kernel.clock import SECONDS
from gameday.kernel.timeline import GameDay, scenario
from invariants import ALWAYS, fresh_within, lag_back_within, landing_unaffected
from loadgen.profiles import base_mix, breaking, peak


@scenario("GD-76", systems="HA DR", short=True, lite=True)
def producer_breaks_the_contract_in_a_fifth_of_its_traffic() -> GameDay:
    """Every bad record is among the dead letters, byte for byte and with its reason; no good one is."""
    return GameDay(
        load=base_mix(peak("DR")) | breaking(0.20),
        holds=[
            *ALWAYS,
            landing_unaffected(),
            fresh_within(120 * SECONDS),
            lag_back_within(300 * SECONDS),
        ],
    )
