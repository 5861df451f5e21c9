"""T12: twins, two events of one payment that look alike and are two: reference or time differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from loadgen.curve import Curve
from loadgen.draws import Draws
from loadgen.measures import TWINS
from loadgen.rows import CHARGED_BACK_PART, PARTS, TWIN_PART, Block
from loadgen.transforms import checked_share, percent


@dataclass(frozen=True)
class Twins:
    """Of three twins, one differs by its reference alone, one by its event time alone, one by both."""

    share: float  # of events get a twin

    kind: ClassVar[str] = "twins"
    stage: ClassVar[int] = 50
    repeats_within_us: ClassVar[int] = 3_000_000

    def __post_init__(self) -> None:
        checked_share(self.kind, self.share)

    def apply(self, block: Block, draws: Draws) -> Block:
        rows = block.rows
        has_twin = draws.chosen("twin", rows.uid, self.share) & (rows.flaw == 0)
        has_twin &= rows.uid % PARTS <= CHARGED_BACK_PART
        rows = rows.tagged("twin", has_twin)
        first = rows.where(has_twin)
        delay = draws.between("twin delay", first.uid, 50_000, self.repeats_within_us)
        sort = draws.below("twin sort", first.uid, 3)
        other_reference = draws.words("twin lifecycle", first.uid) | np.uint64(1)
        second = replace(
            first,
            uid=first.uid + TWIN_PART,
            due=first.due + delay,
            event_ts=np.where(sort == 0, first.event_ts, first.event_ts + delay),
            lifecycle=np.where(sort == 1, first.lifecycle, other_reference),
        )
        return replace(block, rows=rows.then(second))

    def describe(self) -> str:
        return f"{percent(self.share)} twins"

    def declares(self, curve: Curve) -> Mapping[str, float]:
        return {TWINS: self.share / (1 + self.share)}


def twins(share: float = 0.01) -> Twins:
    return Twins(share)
