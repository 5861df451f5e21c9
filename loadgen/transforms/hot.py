"""T11: one merchant takes a large part of the traffic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from loadgen.curve import Curve
from loadgen.draws import Draws
from loadgen.measures import HOTTEST
from loadgen.rows import Block
from loadgen.transforms import checked_share, percent

HOT_MERCHANT = 0


@dataclass(frozen=True)
class Hot:
    share: float  # of payments, beside those that are the merchant's anyway

    kind: ClassVar[str] = "hot"
    stage: ClassVar[int] = 5
    repeats_within_us: ClassVar[int] = 0

    def __post_init__(self) -> None:
        checked_share(self.kind, self.share)

    def apply(self, block: Block, draws: Draws) -> Block:
        rows = block.rows
        drawn = draws.chosen("hot merchant", rows.payment, self.share)
        merchant = np.where(drawn, HOT_MERCHANT, rows.merchant)
        currency = np.where(drawn, 0, rows.currency)  # its own: it sells at home
        rows = replace(rows, merchant=merchant, currency=currency).tagged("hot", drawn)
        return replace(block, rows=rows)

    def describe(self) -> str:
        return f"{percent(self.share)} for one hot merchant"

    def declares(self, curve: Curve) -> Mapping[str, float]:
        return {HOTTEST: self.share}


def hot(share: float = 0.40) -> Hot:
    return Hot(share)
