"""Business duplicates: the same fact again under another event_id, with other volatile attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from loadgen.curve import Curve
from loadgen.dialects.layout import STYLES
from loadgen.draws import Draws, Ints
from loadgen.measures import REPEATED, SEVERAL_IDS
from loadgen.rows import Block, Rows
from loadgen.transforms import checked_share, percent

_SOONEST_US = 100_000
_POORER_SHARE = 0.25
NULL_FOR_A_VALUE = STYLES.index("null for a value")


@dataclass(frozen=True)
class Duplicates:
    share: float  # of events
    copies: int = 1  # at most this many copies beside the first

    kind: ClassVar[str] = "duplicates"
    stage: ClassVar[int] = 60
    repeats_within_us: ClassVar[int] = 5_000_000

    def __post_init__(self) -> None:
        checked_share(self.kind, self.share)
        if not 1 <= self.copies < 1 << 15:
            raise ValueError(f"duplicates: at least one copy and fewer than 32768, not {self.copies}")

    def apply(self, block: Block, draws: Draws) -> Block:
        rows = block.rows
        repeated = draws.chosen("duplicate", rows.uid, self.share) & (rows.flaw == 0)
        chosen = rows.where(repeated)
        how_many = 1 + draws.below("duplicate copies", chosen.uid, self.copies)
        all_rows = rows
        for copy in range(1, self.copies + 1):
            all_rows = all_rows.then(self._copies(chosen.where(how_many >= copy), copy, draws))
        return replace(block, rows=all_rows)

    def _copies(self, originals: Rows, number: int, draws: Draws) -> Rows:
        copies = replace(originals, copy=np.full(len(originals), number, dtype=np.int64))
        delay: Ints = draws.between("duplicate delay", copies.identity, _SOONEST_US, self.repeats_within_us)
        # A copy may lack a value that the first had.
        poorer = draws.chosen("duplicate style", copies.identity, _POORER_SHARE)
        style = np.where(poorer, NULL_FOR_A_VALUE, copies.style)
        return replace(copies, due=originals.due + delay, style=style).tagged(
            "dup", np.ones(len(copies), dtype=np.bool_)
        )

    def describe(self) -> str:
        return f"{percent(self.share)} duplicates under another id"

    def declares(self, curve: Curve) -> Mapping[str, float]:
        return {SEVERAL_IDS: self.share, REPEATED: self.share}


def duplicates(share: float = 0.02, copies: int = 1) -> Duplicates:
    return Duplicates(share, copies)
