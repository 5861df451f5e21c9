"""T6: captures that are sent before the authorisation they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from loadgen.curve import Curve
from loadgen.draws import Draws
from loadgen.measures import OUT_OF_ORDER
from loadgen.rows import AUTHORIZED_PART, CAPTURED_PART, PARTS, Block
from loadgen.sorting import places_in
from loadgen.transforms import checked_share, percent


@dataclass(frozen=True)
class OutOfOrder:
    """The two events change places on the schedule; the authorisation still happened first."""

    share: float  # of captured payments

    kind: ClassVar[str] = "out_of_order"
    stage: ClassVar[int] = 10
    repeats_within_us: ClassVar[int] = 0

    def __post_init__(self) -> None:
        checked_share(self.kind, self.share)

    def apply(self, block: Block, draws: Draws) -> Block:
        rows = block.rows
        captured = rows.uid % PARTS == CAPTURED_PART
        capture = np.nonzero(captured & draws.chosen("out of order", rows.payment, self.share))[0]
        authorised = places_in(rows.uid, rows.payment[capture] * PARTS + AUTHORIZED_PART)
        due, event_ts = rows.due.copy(), rows.event_ts.copy()
        due[capture], due[authorised] = rows.due[authorised], rows.due[capture]
        event_ts[capture] = due[capture]
        event_ts[authorised] = due[capture] - draws.between("gap", rows.payment[capture], 1_000, 2_000_000)
        mask = np.zeros(len(rows), dtype=np.bool_)
        mask[capture] = mask[authorised] = True
        return replace(block, rows=replace(rows, due=due, event_ts=event_ts).tagged("ooo", mask))

    def describe(self) -> str:
        return f"{percent(self.share)} captures before their authorisation"

    def declares(self, curve: Curve) -> Mapping[str, float]:
        return {OUT_OF_ORDER: self.share}


def out_of_order(share: float = 0.01) -> OutOfOrder:
    return OutOfOrder(share)
