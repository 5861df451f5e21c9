"""Every traffic profile, played through the real stack without a fault: the oracle and the pipeline agree.

`python -m scenarios.profiles N` names the profile of day N, for a test run that has time for one.
"""

from __future__ import annotations

import sys

from gameday.kernel.clock import MINUTES, SECONDS
from gameday.kernel.timeline import GameDay, Scenario, scenario
from invariants import ALWAYS, fresh_within, lag_back_within
from loadgen.profiles import NAMED, base_mix


def _play(profile: str) -> GameDay:
    """The base mix with this profile's traffic in place of its own."""
    return GameDay(
        load=base_mix(NAMED[profile].load),
        holds=[*ALWAYS, fresh_within(120 * SECONDS), lag_back_within(5 * MINUTES)],
    )


@scenario("LOAD-T1", systems="DR", lite=True)
def steady_traffic() -> GameDay:
    """T1: at one rate throughout, every event is accounted for."""
    return _play("T1")


@scenario("LOAD-T2", systems="HA", lite=True)
def peak_of_the_system() -> GameDay:
    """T2: at the peak ratio of the system, every event is accounted for."""
    return _play("T2")


@scenario("LOAD-T3", systems="CORE", lite=True)
def tenfold_flood() -> GameDay:
    """T3: ten times the rate for a while is absorbed, and the lag comes back."""
    return _play("T3")


@scenario("LOAD-T4", systems="HA DR", lite=True)
def retries_of_at_least_once_producers() -> GameDay:
    """T4: the same bytes sent again have no second effect."""
    return _play("T4")


@scenario("LOAD-T5", systems="DEDUP", lite=True)
def incident_of_repeated_traffic() -> GameDay:
    """T5: a third of the traffic occurs two to five times, half of it under new ids, and counts once."""
    return _play("T5")


@scenario("LOAD-T6", systems="DR HA", lite=True)
def captures_before_their_authorisation() -> GameDay:
    """T6: the order of arrival within a payment does not show."""
    return _play("T6")


@scenario("LOAD-T7", systems="DR HA DEDUP", lite=True)
def late_events() -> GameDay:
    """T7: events that are minutes to weeks old are neither dropped nor moved to another time."""
    return _play("T7")


@scenario("LOAD-T8", systems="HA DR", lite=True)
def fields_that_nobody_announced() -> GameDay:
    """T8: unknown fields cost no row."""
    return _play("T8")


@scenario("LOAD-T9", systems="DR HA", lite=True)
def producer_that_breaks_the_contract() -> GameDay:
    """T9: what breaks the contract is a dead letter with its reason, and nothing else is."""
    return _play("T9")


@scenario("LOAD-T10", systems="CORE", lite=True)
def burst_of_poison() -> GameDay:
    """T10: records that nothing can decode stop nobody."""
    return _play("T10")


@scenario("LOAD-T11", systems="CORE", lite=True)
def one_hot_merchant() -> GameDay:
    """T11: a merchant with more than two fifths of the traffic holds nobody up."""
    return _play("T11")


@scenario("LOAD-T12", systems="HA DEDUP", lite=True)
def twins_that_look_alike() -> GameDay:
    """T12: two events that look alike and are two are both kept."""
    return _play("T12")


@scenario("LOAD-T13", systems="HA DR", lite=True)
def reversals_and_corrections() -> GameDay:
    """T13: corrections, and reversals of reversals, are facts of their own."""
    return _play("T13")


@scenario("LOAD-T15", systems="HA", lite=True)
def replay_of_two_years() -> GameDay:
    """T15: events of 24 sampled months arrive among live ones, and each keeps its time."""
    return _play("T15")


def of_day(number: int) -> Scenario:
    """One profile after the other, day by day."""
    played = [value for value in globals().values() if isinstance(value, Scenario)]
    return played[number % len(played)]


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].isdigit():
        sys.exit("usage: python -m scenarios.profiles DAY")
    chosen = int(sys.argv[1])
    print(f"scenarios/profiles.py::{of_day(chosen).function} --gameday-seed={chosen}")
