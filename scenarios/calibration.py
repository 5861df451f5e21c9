"""Runs that must go wrong: they prove that the faults bite and that the judge sees it, at the right hop."""

from __future__ import annotations

from faults import Cut, Disabled, Kill, SeamKill
from fixtures.servers.kafka_aims import leader_of_hottest_partition, peers_of_leader
from gameday.kernel.clock import SECONDS
from gameday.kernel.timeline import GameDay, at, broken, inconclusive, scenario
from invariants import ALWAYS
from loadgen.profiles import base_mix, peak
from scenarios._pace import FAULT_AT


@scenario("CAL-01", systems="CORE", calibration=True)
def producer_with_acks_1_loses_what_an_isolated_leader_acknowledged() -> GameDay:
    """With acks=1 a leader that is cut from its followers acknowledges events that it truncates later."""
    return GameDay(
        load=base_mix(peak("DR")).client(acks="1"),
        faults=[at(FAULT_AT, Cut(peers_of_leader), for_=15 * SECONDS)],
        holds=ALWAYS,
        expects=broken("Z2", hop="broker"),
    )


@scenario("CAL-02", systems="DR HA", calibration=True)
def loader_without_ledger_loads_a_batch_twice() -> GameDay:
    """Without its ledger the loader repeats a load whose reply it never saw."""
    return GameDay(
        load=base_mix(peak("DR")),
        faults=[at(FAULT_AT, SeamKill("loader", "6-committed-not-answered"))],
        holds=ALWAYS,
        weaknesses=("no_load_ledger",),
        expects=broken("U4", hop="load"),
    )


@scenario("CAL-03", systems="CORE", calibration=True)
def injector_that_does_nothing_is_never_green() -> GameDay:
    """A fault that was not injected leaves the run inconclusive."""
    return GameDay(
        load=base_mix(peak("DR")),
        faults=[at(FAULT_AT, Disabled(Kill(leader_of_hottest_partition)), for_=10 * SECONDS)],
        holds=ALWAYS,
        expects=inconclusive("H0"),
    )
