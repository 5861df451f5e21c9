"""T8: partners add fields without notice; everything that the contract knows stays as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from loadgen.curve import Curve
from loadgen.draws import Draws
from loadgen.measures import ADDITIVE
from loadgen.rows import Block
from loadgen.transforms import checked_share, percent


@dataclass(frozen=True)
class Additive:
    """All events of the partner's payments that are due from then on."""

    share: float  # of payments: those of the partner
    from_s: float = 0.0

    kind: ClassVar[str] = "additive"
    stage: ClassVar[int] = 35
    repeats_within_us: ClassVar[int] = 0

    def __post_init__(self) -> None:
        checked_share(self.kind, self.share)

    def apply(self, block: Block, draws: Draws) -> Block:
        rows = block.rows
        grown = draws.chosen("partner", rows.payment, self.share)
        grown &= rows.due >= round(self.from_s * 1_000_000)
        rows = replace(rows, additive=grown.astype(np.int64)).tagged("additive", grown)
        return replace(block, rows=rows)

    def describe(self) -> str:
        since = f" from {self.from_s:g} s" if self.from_s else ""
        return f"{percent(self.share)} with fields that nobody announced{since}"

    def declares(self, curve: Curve) -> Mapping[str, float]:
        return {ADDITIVE: self.share * curve.share_due(self.from_s, 1e9)}


def additive(share: float = 0.30, from_s: float = 0.0) -> Additive:
    return Additive(share, from_s)
