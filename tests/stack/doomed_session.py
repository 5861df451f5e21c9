"""Run as a process of its own: plays one game day on a stack of its own, until somebody kills it."""

from __future__ import annotations

import sys
from pathlib import Path

from faults import Cut, Pause
from fixtures.session import open_session
from gameday.kernel.timeline import GameDay, Minimum, at, scenario
from invariants import ALWAYS
from loadgen.profiles import base_mix, steady


@scenario("DOOMED", systems="CORE")
def doomed() -> GameDay:
    """The harness dies while a link is cut and a broker is frozen."""
    return GameDay(
        load=base_mix(steady(60, 120)),
        faults=[at(2, Cut("loader→warehouse"), for_=110), at(4, Pause("broker-2"), for_=110)],
        holds=ALWAYS,
        minimum=Minimum(events=0, during_fault=0, per_tag=0),
    )


if __name__ == "__main__":
    with open_session(Path.cwd(), {"runs": sys.argv[1]}, print) as session:
        session.play_without_control(doomed)
