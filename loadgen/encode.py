"""Rows to bytes, column by column: the same bytes as `loadgen.events` makes one by one."""

from __future__ import annotations

from loadgen.batch import Texts
from loadgen.events import Encoder
from loadgen.ids import Ids
from loadgen.plan import Plan
from loadgen.rows import Rows


class SlabEncoder:
    def __init__(self, plan: Plan, ids: Ids, t0_us: int) -> None:
        self._one_by_one = Encoder(plan.seed, ids, t0_us, plan.load.entropy)

    def encode(self, rows: Rows) -> tuple[Texts, Texts]:
        """Keys and values, in the order of the rows."""
        wire = self._one_by_one.encode(rows)
        return Texts.of(wire.keys), Texts.of(wire.values)
