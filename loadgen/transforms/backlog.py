"""A backlog that drains: events happened at their pace during an outage, and arrive several times as fast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from loadgen.curve import Curve
from loadgen.draws import Draws
from loadgen.measures import LATE, LATE_S
from loadgen.rows import Block


@dataclass(frozen=True)
class Backlog:
    """What is due at t happened `outage_s - (speed - 1) t` before, until nothing is left to catch up."""

    outage_s: float
    speed: float

    kind: ClassVar[str] = "backlog"
    stage: ClassVar[int] = 15
    repeats_within_us: ClassVar[int] = 0

    def __post_init__(self) -> None:
        if self.outage_s <= 0 or self.speed <= 1:
            raise ValueError(f"backlog: an outage, and more than its pace, not {self.outage_s}, {self.speed}")

    def apply(self, block: Block, draws: Draws) -> Block:
        rows = block.rows
        # Linear in the event time, so that the order and the proportions of every life stay.
        over = round(self.outage_s * 1_000_000 / (self.speed - 1))
        behind = (np.maximum(0, over - rows.event_ts) * round((self.speed - 1) * 1_000)) // 1_000
        rows = replace(rows, event_ts=rows.event_ts - behind).tagged("backlog", behind > 0)
        return replace(block, rows=rows)

    def describe(self) -> str:
        return f"a backlog of {self.outage_s:g} s at {self.speed:g}× its pace"

    def declares(self, curve: Curve) -> Mapping[str, float]:
        return {LATE: curve.share_due(0, self.outage_s / (self.speed - 1) - LATE_S / (self.speed - 1))}


def backlog(outage_s: float, speed: float = 5.0) -> Backlog:
    return Backlog(outage_s, speed)
