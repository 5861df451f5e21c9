"""T15: a sample of old months is played again, the oldest first: event times lie up to years back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from loadgen.curve import Curve
from loadgen.draws import Draws
from loadgen.measures import LATE
from loadgen.rows import Block
from loadgen.sorting import groups_of
from loadgen.transforms import checked_share, percent

MONTH_US = 30_436_875 * 86_400  # a twelfth of a year of 365.2425 days, in microseconds


@dataclass(frozen=True)
class Replay:
    """Whole lives are moved back by whole months; each month is played for `seconds_each`, then the next."""

    share: float  # of payments; the others are live traffic
    months: int = 24
    seconds_each: float = 2.5

    kind: ClassVar[str] = "replay"
    stage: ClassVar[int] = 22
    repeats_within_us: ClassVar[int] = 0

    def __post_init__(self) -> None:
        checked_share(self.kind, self.share)
        if self.months < 1 or self.seconds_each <= 0:
            raise ValueError(f"replay: positive months and seconds, not {self.months}, {self.seconds_each}")

    def apply(self, block: Block, draws: Draws) -> Block:
        rows = block.rows
        payment, _, life = groups_of(rows.payment)
        begin = np.full(len(payment), np.iinfo(np.int64).max, dtype=np.int64)
        np.minimum.at(begin, life, rows.due)
        month = begin // round(self.seconds_each * 1_000_000) % self.months
        old = draws.chosen("replayed", payment, self.share)
        back = np.where(old, (self.months - month) * MONTH_US, 0)[life]
        rows = replace(rows, event_ts=rows.event_ts - back).tagged("replay", old[life])
        return replace(block, rows=rows)

    def describe(self) -> str:
        return f"{percent(self.share)} replayed from {self.months} months"

    def declares(self, curve: Curve) -> Mapping[str, float]:
        return {LATE: self.share}


def replay(share: float = 0.5, months: int = 24, seconds_each: float = 2.5) -> Replay:
    return Replay(share, months, seconds_each)
