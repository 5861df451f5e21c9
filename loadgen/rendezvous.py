"""One start for all processes that share a plan: the moment at which the last of them is ready."""

from __future__ import annotations

import json
from dataclasses import replace

from gameday.kernel.journal import write_durably
from gameday.kernel.waiting import DeadlineExceeded, wait_until
from loadgen.places import Part, Places

TOGETHER_WITHIN_S = 15.0  # whoever starts the processes may do so one by one


def agreed_start(places: Places, mine_us: int) -> int:
    """The latest start that any part has proposed; a part that stays away is not waited for endlessly."""
    if places.part.of == 1:
        return mine_us
    write_durably(places.ready, {"t0_us": mine_us})
    others = [replace(places, part=Part(number, places.part.of)).ready for number in range(places.part.of)]
    try:
        wait_until(
            "all parts of the load are ready",
            lambda: all(path.exists() for path in others),
            within_s=TOGETHER_WITHIN_S,
            every_s=0.01,
        )
    except DeadlineExceeded:
        missing = ", ".join(path.name for path in others if not path.exists())
        print(f"starting without part {missing} of {places.part.of}: not ready in time", flush=True)
        return mine_us + round(TOGETHER_WITHIN_S * 1_000_000)
    return max(int(json.loads(path.read_text(encoding="utf-8"))["t0_us"]) for path in others)
