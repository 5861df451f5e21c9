"""The live time line: samples of a running load as the same SVG that a report shows afterwards."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from faults import inks
from gameday.kernel.clock import US
from reports.facts import Run
from reports.series import Line, Numbers, Panel, Series
from reports.timeline import timeline_svg

SHORTEST_S = 30
BINS_MAX = 300
SPEAKS_FOR_US = 3 * US  # a sample is what happened since the one before; a longer silence is shown as a gap
_STEPS_US = [int(s * US) for s in (0.5, 1, 2, 5, 10, 30, 60, 300)]
_PHASES = ("load", "drain", "judged")
Sample = Mapping[str, Any]


class Samples:
    """The sample file of a room, read on from where the last look ended."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._at = 0
        self.rows: list[Sample] = []

    def look(self) -> Sequence[Sample]:
        if self.path.exists():
            with self.path.open("rb") as file:
                file.seek(self._at)
                text = file.read()
            whole = text.rfind(b"\n") + 1  # a line that is being written waits for the next look
            self._at += whole
            self.rows += [json.loads(line) for line in text[:whole].splitlines()]
        return self.rows


def picture(told: Mapping[str, Any], samples: Sequence[Sample]) -> str:
    """Empty while there is nothing to draw."""
    begun = [row for row in samples if "due" in row]
    if not begun:
        return ""
    series = _series(begun)
    faults = [_fault(fault, begun[-1]["t"]) for fault in told.get("faults", [])]
    facts = {"scenario": "this load", "seed": told.get("seed", ""), "inks": inks()}
    run = Run(Path("load"), facts, (), faults, (), ())
    return timeline_svg(run, series)


def _series(samples: Sequence[Sample]) -> Series:
    start, end = int(samples[0]["t"]), int(samples[-1]["t"])
    span = max(end - start, SHORTEST_S * US)
    bin_us = next((step for step in _STEPS_US if span / step <= BINS_MAX), _STEPS_US[-1])
    bins = math.ceil(span / bin_us) + 1
    reach = _reach(samples, start, bin_us)

    def column(name: str, scale: float = 1.0) -> Numbers:
        """The largest value of each bin: a peak must not vanish by being averaged."""
        values = np.full(bins, np.nan)
        for (first, last), row in zip(reach, samples, strict=True):
            value = row.get(name)
            if value is not None:
                values[first : last + 1] = np.fmax(values[first : last + 1], value * scale)
        return values

    rates = [
        Line("scheduled", column("due_rate")),
        Line("sent", column("sent_rate")),
        Line("acknowledged", column("acked_rate")),
    ]
    bad = np.nansum([column("failed_rate"), column("unknown_rate")], axis=0)
    if bad.any():
        rates.append(Line("failed or unknown", bad, bad=True))
    latency = [Line("median", column("p50_us", 1 / US)), Line("p99", column("p99_us", 1 / US))]
    hops = list(dict.fromkeys(hop for row in samples for hop in row.get("lag", {})))
    flat = [
        {**row, **{f"lag {hop}": events for hop, events in row.get("lag", {}).items()}} for row in samples
    ]
    panels = [
        Panel("Events: the schedule, and what became of it", "per s", rates),
        Panel("Acknowledgement, from due", "s", latency, log=True),
    ]
    if hops:
        samples = flat
        panels.append(Panel("Lag behind the broker", "events", [Line(h, column(f"lag {h}")) for h in hops]))
    return Series(start, bin_us, bins, panels)


def _reach(samples: Sequence[Sample], start: int, bin_us: int) -> list[tuple[int, int]]:
    """The bins that each sample speaks for: those since the sample before, unless that was too long ago."""
    found: list[tuple[int, int]] = []
    longest = max(1, SPEAKS_FOR_US // bin_us)
    for row in samples:
        at = (int(row["t"]) - start) // bin_us
        before = found[-1][1] if found else at - 1
        found.append((min(at, before + 1) if at - before <= longest else at, at))
    return found


def _fault(told: Mapping[str, Any], now_us: int) -> dict[str, Any]:
    """As the time line of a report knows a fault; one that is not confirmed yet is drawn as doubtful."""
    return {
        "id": told["id"],
        "kind": told["kind"],
        "victim": told["part"],
        "target": told["target"],
        "evidence": told["evidence"],
        "confirmed": told["confirmed"] or "looking",
        "t_arm": told["t_arm"],
        "t_bite": told["t_bite"],
        "t_heal_cmd": now_us,  # one that still lasts is drawn up to the newest sample
        "t_healed": told["t_healed"],
    }
