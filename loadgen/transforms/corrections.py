"""T13: corrections that name the event they correct, some corrected again, and reversals of reversals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from loadgen.curve import Curve
from loadgen.draws import Draws, Ints, Mask
from loadgen.measures import CORRECTS
from loadgen.rows import (
    AUTHORIZED_PART,
    CHARGED_BACK_PART,
    CORRECTION_PART,
    PARTS,
    REVERSAL_PART,
    SECOND_CORRECTION_PART,
    SECOND_REVERSAL_PART,
    Block,
    Rows,
)
from loadgen.transforms import checked_share, percent


@dataclass(frozen=True)
class Corrections:
    """A correction says the same about another amount, later, with the number of the correction."""

    share: float  # of events
    again: float = 0.2  # share of the corrected authorisations, and of the reversals, that get another one

    kind: ClassVar[str] = "corrections"
    stage: ClassVar[int] = 25
    repeats_within_us: ClassVar[int] = 6_000_000

    def __post_init__(self) -> None:
        checked_share(self.kind, self.share)
        checked_share(self.kind, self.again)

    def apply(self, block: Block, draws: Draws) -> Block:
        rows = block.rows
        part = rows.uid % PARTS
        corrected = draws.chosen("correct", rows.uid, self.share) & (part <= CHARGED_BACK_PART)
        another = draws.chosen("correct again", rows.uid, self.again)
        twice = corrected & another & (part == AUTHORIZED_PART)
        reversed_twice = another & (part == REVERSAL_PART)
        first = self._follow(rows, corrected, rows.uid[corrected] + CORRECTION_PART, 1, draws)
        second = self._follow(rows, twice, rows.uid[twice] + SECOND_CORRECTION_PART, 2, draws)
        moved = SECOND_REVERSAL_PART - REVERSAL_PART
        back = self._follow(rows, reversed_twice, rows.uid[reversed_twice] + moved, 2, draws)
        first, second = (self._other_amount(them, draws) for them in (first, second))
        return replace(block, rows=rows.then(first).then(second).then(back))

    def _follow(self, rows: Rows, mask: Mask, uid: Ints, sequence: int, draws: Draws) -> Rows:
        """Events that refer to those of the mask; the second comes after the first."""
        corrected = rows.where(mask)
        span = self.repeats_within_us // 2
        delay = draws.between("correction delay", uid, 50_000, span) + (sequence - 1) * span
        following = replace(
            corrected,
            uid=uid,
            due=corrected.due + delay,
            event_ts=corrected.event_ts + delay,
            lifecycle=draws.words("correction reference", uid) | np.uint64(1),
            corrects=corrected.uid,
            sequence=np.full(len(uid), sequence, dtype=np.int64),
        )
        return following.tagged("correct", np.ones(len(uid), dtype=np.bool_))

    def _other_amount(self, rows: Rows, draws: Draws) -> Rows:
        less = 1 + draws.below("correction amount", rows.uid, 1 << 20) % np.maximum(1, rows.amount // 10)
        return replace(rows, amount=rows.amount - less)

    def describe(self) -> str:
        return f"{percent(self.share)} corrected, {percent(self.again)} of that and of reversals again"

    def declares(self, curve: Curve) -> Mapping[str, float]:
        return {CORRECTS: self.share / (1 + self.share)}


def corrections(share: float = 0.03, again: float = 0.2) -> Corrections:
    return Corrections(share, again)
