"""T10: a burst of records that no decoder can make anything of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from loadgen.curve import Curve
from loadgen.draws import Draws
from loadgen.flaws import drawn_flaws, large_flaws, poison_flaws
from loadgen.measures import INVALID
from loadgen.rows import Block
from loadgen.transforms import checked_share, percent


@dataclass(frozen=True)
class Poison:
    share: float  # of the events that are due within the burst
    from_s: float = 0.0
    until_s: float = 1e9
    large: float = 0.0  # share of the poison that is longer than a mebibyte

    kind: ClassVar[str] = "poison"
    stage: ClassVar[int] = 45
    repeats_within_us: ClassVar[int] = 0

    def __post_init__(self) -> None:
        checked_share(self.kind, self.share)
        checked_share(f"{self.kind}, large", self.large)

    def apply(self, block: Block, draws: Draws) -> Block:
        rows = block.rows
        begin, end = round(self.from_s * 1_000_000), round(self.until_s * 1_000_000)
        poisoned = draws.chosen("poison", rows.uid, self.share) & (rows.flaw == 0)
        poisoned &= (rows.due >= begin) & (rows.due < end)
        hit = np.flatnonzero(poisoned)
        flaw = rows.flaw.copy()
        flaw[hit] = drawn_flaws(poison_flaws, rows.dialect[hit], "poison sort", rows.uid[hit], draws)
        if self.large:
            large = hit[draws.chosen("poison large", rows.uid[hit], self.large)]
            flaw[large] = drawn_flaws(large_flaws, rows.dialect[large], "poison size", rows.uid[large], draws)
        rows = replace(rows, flaw=flaw).tagged("poison", poisoned)
        return replace(block, rows=rows)

    def describe(self) -> str:
        large = f", {percent(self.large)} of it longer than a mebibyte" if self.large else ""
        return f"{percent(self.share)} poison{large}"

    def declares(self, curve: Curve) -> Mapping[str, float]:
        return {INVALID: self.share * curve.share_due(self.from_s, self.until_s)}


def poison(share: float = 0.01, from_s: float = 0.0, until_s: float = 1e9, large: float = 0.0) -> Poison:
    return Poison(share, from_s, until_s, large)
