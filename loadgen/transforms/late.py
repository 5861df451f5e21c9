"""T7: events that happened long ago and only arrive now: their event time is old, nobody waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from loadgen.curve import Curve
from loadgen.dialects import DIALECTS
from loadgen.draws import Draws
from loadgen.measures import LATE
from loadgen.rows import PARTS, TWIN_PART, Block
from loadgen.sorting import groups_of
from loadgen.transforms import checked_share, percent

_MINUTE = 60_000_000
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR

# How late, by the last step of the life: mobile devices, captures or clearings, refunds, chargebacks.
_MOBILE = (1 * _MINUTE, 2 * _HOUR)
LATENESS = {
    "DR": (_MOBILE, (1 * _HOUR, 12 * _HOUR), (1 * _DAY, 10 * _DAY), (14 * _DAY, 60 * _DAY)),
    "HA": (_MOBILE, (5 * _MINUTE, 30 * _MINUTE), (1 * _DAY, 10 * _DAY), (1 * _HOUR, 24 * _HOUR)),
    "DEDUP": (_MOBILE, _MOBILE, _MOBILE, _MOBILE),
}


@dataclass(frozen=True)
class Late:
    """A whole life is late by one amount, so its event times keep their order and their gaps."""

    share: float  # of payments

    kind: ClassVar[str] = "late"
    stage: ClassVar[int] = 20
    repeats_within_us: ClassVar[int] = 0

    def __post_init__(self) -> None:
        checked_share(self.kind, self.share)

    def apply(self, block: Block, draws: Draws) -> Block:
        rows = block.rows
        payment, first, life = groups_of(rows.payment)
        is_late = draws.chosen("late", payment, self.share)
        hit = is_late[life]
        part = rows.uid[hit] % PARTS
        last = np.zeros(len(payment), dtype=np.int64)
        np.maximum.at(last, life[hit], np.where(part < TWIN_PART, part, 0))
        amount = np.zeros(len(payment), dtype=np.int64)
        for step in range(TWIN_PART):
            which = np.flatnonzero(is_late & (last == step))
            span = np.array([LATENESS[dialect.name][step] for dialect in DIALECTS], dtype=np.int64)
            low, high = span[rows.dialect[first[which]]].T
            drawn = draws.below(f"lateness {step}", payment[which], 1_000_000)
            amount[which] = low + (high - low) // 1_000 * drawn // 1_000
        rows = replace(rows, event_ts=rows.event_ts - amount[life]).tagged("late", hit)
        return replace(block, rows=rows)

    def describe(self) -> str:
        return f"{percent(self.share)} late by minutes to weeks"

    def declares(self, curve: Curve) -> Mapping[str, float]:
        return {LATE: self.share}


def late(share: float = 0.05) -> Late:
    return Late(share)
