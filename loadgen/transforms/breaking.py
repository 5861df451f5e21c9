"""T9: one producer breaks the contract from some moment on: field renamed, type changed, bytes corrupted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from loadgen.curve import Curve
from loadgen.draws import Draws
from loadgen.flaws import breaking_flaws, drawn_flaws
from loadgen.measures import INVALID
from loadgen.rows import Block
from loadgen.transforms import checked_share, percent


@dataclass(frozen=True)
class Breaking:
    """All events of the producer's payments that are due within the stretch are broken."""

    share: float  # of payments: those of the one producer
    from_s: float = 0.0
    until_s: float = 1e9

    kind: ClassVar[str] = "breaking"
    stage: ClassVar[int] = 30
    repeats_within_us: ClassVar[int] = 0

    def __post_init__(self) -> None:
        checked_share(self.kind, self.share)

    def apply(self, block: Block, draws: Draws) -> Block:
        rows = block.rows
        begin, end = round(self.from_s * 1_000_000), round(self.until_s * 1_000_000)
        broken = draws.chosen("producer", rows.payment, self.share) & (rows.due >= begin) & (rows.due < end)
        hit = np.flatnonzero(broken)
        flaw = rows.flaw.copy()
        flaw[hit] = drawn_flaws(breaking_flaws, rows.dialect[hit], "breaking", rows.uid[hit], draws)
        rows = replace(rows, flaw=flaw).tagged("breaking", broken)
        return replace(block, rows=rows)

    def describe(self) -> str:
        since = f" from {self.from_s:g} s" if self.from_s else ""
        return f"{percent(self.share)} of a producer that breaks the contract{since}"

    def declares(self, curve: Curve) -> Mapping[str, float]:
        return {INVALID: self.share * curve.share_due(self.from_s, self.until_s)}


def breaking(share: float = 0.2, from_s: float = 0.0, until_s: float = 1e9) -> Breaking:
    return Breaking(share, from_s, until_s)
