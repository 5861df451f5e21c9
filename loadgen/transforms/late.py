"""T7: events that happened long ago and only arrive now: their event time is old, nobody waits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from loadgen.draws import Draws
from loadgen.rows import AUTHORIZED, CAPTURED, CHARGED_BACK, REFUNDED, Block
from loadgen.transforms import checked_share, percent

_MINUTE = 60_000_000
_DAY = 24 * 60 * _MINUTE

# How late, by the last event of the life: mobile devices, captures, refunds, chargebacks.
LATENESS = {
    AUTHORIZED: (1 * _MINUTE, 120 * _MINUTE),
    CAPTURED: (5 * _MINUTE, 30 * _MINUTE),
    REFUNDED: (1 * _DAY, 10 * _DAY),
    CHARGED_BACK: (14 * _DAY, 60 * _DAY),
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
        payment, life = np.unique(rows.payment, return_inverse=True)
        last = np.zeros(len(payment), dtype=np.int64)
        np.maximum.at(last, life, rows.kind)
        amount = np.zeros(len(payment), dtype=np.int64)
        for kind, (low, high) in LATENESS.items():
            drawn = draws.between(f"lateness {kind}", payment, low, high)
            amount = np.where(last == kind, drawn, amount)
        is_late = draws.chosen("late", payment, self.share)
        shift = np.where(is_late, amount, 0)[life]
        rows = replace(rows, event_ts=rows.event_ts - shift).tagged("late", is_late[life])
        return replace(block, rows=rows)

    def describe(self) -> str:
        return f"{percent(self.share)} late by minutes to weeks"


def late(share: float = 0.05) -> Late:
    return Late(share)
