"""Rows of a plan to bytes on the wire: a function of (plan, start of the load, nonce) and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from loadgen.dialects.columns import wire_columns
from loadgen.dialects.layout import shape_codes
from loadgen.dialects.payload import memo_text
from loadgen.dialects.render import event_bytes, key_bytes
from loadgen.draws import Draws
from loadgen.flaws import flaws_of
from loadgen.ids import Ids
from loadgen.rows import Rows

ENTROPY = 0.25  # of memos, where a load does not say otherwise: lz4 then takes batches to about two fifths


@dataclass(frozen=True)
class Wire:
    """What is handed to a sender, row by row."""

    keys: list[bytes]
    values: list[bytes]


class Encoder:
    def __init__(self, seed: int, ids: Ids, t0_us: int, entropy: float = ENTROPY) -> None:
        self._draws = Draws(seed)
        self._ids = ids
        self._t0_us = t0_us
        self._memo = memo_text(entropy)

    def encode(self, rows: Rows) -> Wire:
        columns = wire_columns(rows, self._draws, self._ids, self._t0_us)
        names, lists = list(columns), [column.tolist() for column in columns.values()]
        keys, values = [], []
        decided = zip(rows.dialect.tolist(), shape_codes(rows).tolist(), rows.flaw.tolist(), strict=True)
        for (dialect, shape, flaw), row in zip(decided, zip(*lists, strict=True), strict=True):
            fields = dict(zip(names, row, strict=True))
            value = event_bytes(dialect, shape, fields, self._memo)
            keys.append(key_bytes(dialect, fields))
            values.append(flaws_of(dialect)[flaw].spoil(value) if flaw else value)
        return Wire(keys, values)
