"""T4: at-least-once producers that send the same bytes once more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from loadgen.curve import Curve
from loadgen.draws import Draws
from loadgen.measures import BYTES_AGAIN, REPEATED
from loadgen.rows import Block
from loadgen.transforms import checked_share, percent

_SOONEST_US = 200_000


@dataclass(frozen=True)
class Retries:
    share: float  # of rows, duplicates and invalid ones included

    kind: ClassVar[str] = "retries"
    stage: ClassVar[int] = 70
    repeats_within_us: ClassVar[int] = 5_000_000

    def __post_init__(self) -> None:
        checked_share(self.kind, self.share)

    def apply(self, block: Block, draws: Draws) -> Block:
        rows = block.rows
        again = draws.chosen("retry", rows.identity, self.share)
        row = np.nonzero(again)[0].astype(np.int64)
        delay = draws.between("retry delay", rows.identity[row], _SOONEST_US, self.repeats_within_us)
        return replace(block, rows=rows.tagged("retry", again)).sent_again(row, rows.due[row] + delay)

    def describe(self) -> str:
        return f"{percent(self.share)} sent twice"

    def declares(self, curve: Curve) -> Mapping[str, float]:
        return {BYTES_AGAIN: self.share, REPEATED: self.share}


def retries(share: float = 0.05) -> Retries:
    return Retries(share)
