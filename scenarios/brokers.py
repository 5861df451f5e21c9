"""Brokers that die, and brokers that are cut off."""

from __future__ import annotations

from dataclasses import replace

from faults import Cut, Kill, Pause
from fixtures.servers.kafka_aims import leader_of_hottest_partition, peers_of_leader
from gameday.kernel.clock import SECONDS
from gameday.kernel.timeline import GameDay, at, broken, scenario
from invariants import ALWAYS, elected_within, fresh_within, lag_back_within, rto_within
from loadgen.profiles import Load, base_mix, peak
from scenarios._pace import FAULT_AT

ANOTHER_LEADS = [
    *ALWAYS,
    elected_within(10 * SECONDS),
    fresh_within(120 * SECONDS),
    rto_within(180 * SECONDS),
    lag_back_within(300 * SECONDS),
]


@scenario("GD-01", systems="DR HA CORE", short=True, lite=True)
def leader_of_hottest_partition_killed_at_peak() -> GameDay:
    """No acknowledged event is lost, and a new leader answers within 10 s."""
    return GameDay(
        load=base_mix(peak("DR")),
        faults=[at(FAULT_AT, Kill(leader_of_hottest_partition), for_=20 * SECONDS)],
        holds=ANOTHER_LEADS,
    )


@scenario("GD-05", systems="CORE", short=True)
def leader_cut_from_its_followers_but_not_from_clients() -> GameDay:
    """An isolated leader acknowledges nothing that is lost later, and its partitions move elsewhere."""
    return GameDay(
        load=base_mix(peak("DR")),
        faults=[at(FAULT_AT, Cut(peers_of_leader), for_=20 * SECONDS)],
        holds=ANOTHER_LEADS,
    )


def leader_frozen_for_40_s(load: Load) -> GameDay:
    return GameDay(
        load=load,
        faults=[at(FAULT_AT, Pause(leader_of_hottest_partition), for_=40 * SECONDS)],
        holds=[
            *ALWAYS,
            rto_within(30 * SECONDS, hop="broker"),
            fresh_within(120 * SECONDS),
            lag_back_within(300 * SECONDS),
        ],
    )


@scenario("GD-06", systems="HA", lite=True)
def leader_frozen_and_a_client_that_gives_up_on_it() -> GameDay:
    """A broker that is there and does not answer costs 30 s at most, if its clients have short deadlines."""
    return leader_frozen_for_40_s(base_mix(peak("DR", peak_s=75)))


@scenario("GD-06b", systems="HA", lite=True)
def leader_frozen_and_a_client_with_default_settings() -> GameDay:
    """A client with the library's own settings stays with the frozen leader: expected to miss the 30 s."""
    day = leader_frozen_for_40_s(base_mix(peak("DR", peak_s=75)).default_client())
    return replace(day, expects=broken("R1", hop="broker"))
