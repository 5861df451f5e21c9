"""Rows of a plan to the columns that layouts read: all is decided here, nothing while bytes are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from loadgen.dialects import DIALECTS
from loadgen.dialects.ha import NETWORKS
from loadgen.dialects.payload import PAYLOAD_COLUMNS
from loadgen.draws import Draws, Ints
from loadgen.ids import Ids
from loadgen.rows import NOTHING_CORRECTED, Rows

Column = npt.NDArray[Any]
ACH_EVERY = 5  # account
MEMO_MIN = 16

_LOW = np.array([dialect.sizes[0] for dialect in DIALECTS], dtype=np.int64)
_HIGH = np.array([dialect.sizes[1] for dialect in DIALECTS], dtype=np.int64)


def wire_columns(rows: Rows, draws: Draws, ids: Ids, t0_us: int) -> Mapping[str, Column]:
    """Every column that a field of a layout may name, and `size` and `memo`."""
    corrected = np.maximum(rows.corrects, 0)
    plain = PlainColumns(rows, draws)
    sealed = sealed_ids(ids, corrected, np.zeros_like(corrected))
    return {
        "event_id": sealed_ids(ids, rows.uid, rows.copy),
        "corrects_ref": np.where(rows.corrects == NOTHING_CORRECTED, b"", sealed),
        "event_ts": timestamps(t0_us + rows.event_ts),
        "produced_ts": timestamps(t0_us + rows.due),
        **{name: plain[name] for name in _PLAIN},
    }


class PlainColumns:
    """Those that depend neither on the nonce nor on the start of the load; each is made when asked for."""

    def __init__(self, rows: Rows, draws: Draws) -> None:
        self.rows, self.draws = rows, draws
        self._made: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column:
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = _PLAIN[name](self)
        return made


def _sizes(columns: PlainColumns) -> Ints:
    """How many bytes each row is to have on the wire."""
    rows = columns.rows
    low, high = _LOW[rows.dialect], _HIGH[rows.dialect]
    share = columns.draws.below("size", rows.identity, 1 << 20)
    return low + ((high + 1 - low) * share >> 20)


_PLAIN: Mapping[str, Callable[[PlainColumns], Column]] = {
    "payment": lambda c: c.draws.words("payment id", c.rows.payment),
    "merchant": lambda c: c.rows.merchant,
    "account": lambda c: c.rows.account,
    "card": lambda c: c.rows.card,
    "amount": lambda c: c.rows.amount,
    "major": lambda c: c.rows.amount // 100,
    "minor": lambda c: c.rows.amount % 100,
    "currency": lambda c: c.rows.currency,
    "lifecycle": lambda c: c.rows.lifecycle,
    "sequence": lambda c: c.rows.sequence,
    "trace": lambda c: c.draws.words("trace", c.rows.uid),
    "rail": lambda c: (c.rows.account % ACH_EVERY == 0).astype(np.int64),
    "network": lambda c: c.rows.card % len(NETWORKS),
    "size": _sizes,
    **PAYLOAD_COLUMNS,
}


def sealed_ids(ids: Ids, uid: Ints, copy: Ints) -> npt.NDArray[np.bytes_]:
    return np.array(ids.seal(uid, copy), dtype="S32")


def timestamps(at_us: Ints) -> npt.NDArray[np.bytes_]:
    """`YYYY-MM-DDTHH:MM:SS.ffffffZ`, of microseconds since 1970."""
    texts = np.datetime_as_string(at_us.astype("datetime64[us]"), unit="us")
    return np.char.add(texts.astype("S26"), b"Z")
