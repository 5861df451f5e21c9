"""Events that violate the contract, every reason of the vocabulary alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from loadgen.curve import Curve
from loadgen.draws import Draws
from loadgen.flaws import drawn_flaws, ordinary_flaws
from loadgen.measures import INVALID
from loadgen.rows import Block
from loadgen.transforms import checked_share, percent


@dataclass(frozen=True)
class Invalid:
    share: float  # of events

    kind: ClassVar[str] = "invalid"
    stage: ClassVar[int] = 40
    repeats_within_us: ClassVar[int] = 0

    def __post_init__(self) -> None:
        checked_share(self.kind, self.share)

    def apply(self, block: Block, draws: Draws) -> Block:
        rows = block.rows
        spoiled = draws.chosen("invalid", rows.uid, self.share) & (rows.flaw == 0)
        hit = np.flatnonzero(spoiled)
        flaw = rows.flaw.copy()
        flaw[hit] = drawn_flaws(ordinary_flaws, rows.dialect[hit], "flaw", rows.uid[hit], draws)
        return replace(block, rows=replace(rows, flaw=flaw).tagged("invalid", spoiled))

    def describe(self) -> str:
        return f"{percent(self.share)} invalid"

    def declares(self, curve: Curve) -> Mapping[str, float]:
        return {INVALID: self.share}


def invalid(share: float = 0.005) -> Invalid:
    return Invalid(share)
