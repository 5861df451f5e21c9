"""The landing driver dies between two commits."""

from __future__ import annotations

from faults import SeamKill
from gameday.kernel.clock import SECONDS
from gameday.kernel.timeline import GameDay, at, scenario
from invariants import ALWAYS, fresh_within, lag_back_within, rto_within
from loadgen.profiles import base_mix, peak
from scenarios._pace import FAULT_AT


def driver_killed_at(seam: str) -> GameDay:
    return GameDay(
        load=base_mix(peak("DR")),
        faults=[at(FAULT_AT, SeamKill("landing", seam))],
        holds=[
            *ALWAYS,
            rto_within(120 * SECONDS),
            fresh_within(120 * SECONDS),
            lag_back_within(300 * SECONDS),
        ],
    )


@scenario("GD-40", systems="DR HA CORE", short=True, lite=True)
def driver_killed_between_manifest_and_streaming_commit() -> GameDay:
    """Seam 3: the batch is replayed, nothing is doubled or lost, and landing comes back by itself."""
    return driver_killed_at("3-manifest-written")


@scenario("GD-40.1", systems="DR HA CORE", lite=True)
def driver_killed_before_the_sink_write() -> GameDay:
    """Seam 1: nothing of the batch was written, and the next driver writes it once."""
    return driver_killed_at("1-before-sink")


@scenario("GD-40.2", systems="DR HA CORE", lite=True)
def driver_killed_between_files_and_manifest() -> GameDay:
    """Seam 2: files without a manifest are never read, and the batch is landed once."""
    return driver_killed_at("2-files-written")


@scenario("GD-40.4", systems="DR HA CORE", lite=True)
def driver_killed_between_two_sinks() -> GameDay:
    """Seam 4: raw was written and the dead letters were not; both are there once in the end."""
    return driver_killed_at("4-between-sinks")
