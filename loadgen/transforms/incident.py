"""T5: the incident. Part of the traffic is repeated several times, half of it under new ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from loadgen.curve import Curve
from loadgen.dialects.layout import STYLES
from loadgen.draws import Draws, Ints
from loadgen.measures import BYTES_AGAIN, REPEATED, SEVERAL_IDS
from loadgen.rows import Block, Rows
from loadgen.transforms import checked_share, percent

_SOONEST_US = 100_000
_COPIES_FROM = 16  # copies below are those of other transforms


@dataclass(frozen=True)
class Incident:
    """An event of the window occurs `least` to `most` times in all."""

    share: float  # of the events that are due within the window
    least: int = 2
    most: int = 5
    new_ids: float = 0.5  # share of the repetitions; the others are the same bytes
    from_s: float = 0.0
    until_s: float = 1e9

    kind: ClassVar[str] = "incident"
    stage: ClassVar[int] = 65
    repeats_within_us: ClassVar[int] = 8_000_000

    def __post_init__(self) -> None:
        checked_share(self.kind, self.share)
        checked_share(self.kind, self.new_ids)
        if not 2 <= self.least <= self.most <= 16:
            raise ValueError(f"incident: 2 to 16 times in all, not {self.least} to {self.most}")

    def apply(self, block: Block, draws: Draws) -> Block:
        begin, end = round(self.from_s * 1_000_000), round(self.until_s * 1_000_000)
        rows = block.rows
        hit = draws.chosen("incident", rows.uid, self.share) & (rows.copy == 0) & (rows.flaw == 0)
        hit &= (rows.due >= begin) & (rows.due < end)
        block = replace(block, rows=rows.tagged("incident", hit))
        more = self.least - 1 + draws.below("incident factor", rows.uid, self.most - self.least + 1)
        for time in range(1, self.most):
            block = self._once_more(block, np.nonzero(hit & (more >= time))[0].astype(np.int64), time, draws)
        return block

    def _once_more(self, block: Block, row: Ints, time: int, draws: Draws) -> Block:
        uid = block.rows.uid[row]
        delay = draws.between(f"incident delay {time}", uid, _SOONEST_US, self.repeats_within_us)
        renamed = draws.chosen(f"incident id {time}", uid, self.new_ids)
        due = block.rows.due[row] + delay
        copies = self._copies(block.rows, row[renamed], due[renamed], time, draws)
        block = block.sent_again(row[~renamed], due[~renamed])
        return replace(block, rows=block.rows.then(copies))

    def _copies(self, rows: Rows, row: Ints, due: Ints, time: int, draws: Draws) -> Rows:
        mask = np.zeros(len(rows), dtype=np.bool_)
        mask[row] = True
        originals = rows.where(mask)
        style = draws.below(f"incident style {time}", originals.uid, len(STYLES))
        copy = np.full(len(originals), _COPIES_FROM + time, dtype=np.int64)
        everyone = np.ones(len(originals), dtype=np.bool_)
        return replace(originals, copy=copy, due=due, style=style).tagged("dup", everyone)

    def _none_of_them(self, share: float) -> float:
        """The probability that all repetitions of an event are of the sort that has this share."""
        factors = range(self.least, self.most + 1)
        return sum(share ** (factor - 1) for factor in factors) / len(factors)

    def describe(self) -> str:
        return (
            f"{percent(self.share)} repeated ×{self.least} to {self.most}, "
            f"{percent(self.new_ids)} of that under new ids"
        )

    def declares(self, curve: Curve) -> Mapping[str, float]:
        hit = self.share * curve.share_due(self.from_s, self.until_s)
        return {
            REPEATED: hit,
            BYTES_AGAIN: hit * (1 - self._none_of_them(self.new_ids)),
            SEVERAL_IDS: hit * (1 - self._none_of_them(1 - self.new_ids)),
        }


def incident(share: float = 0.30, from_s: float = 0.0, until_s: float = 1e9) -> Incident:
    return Incident(share, from_s=from_s, until_s=until_s)
