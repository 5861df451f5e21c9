"""Rows of a plan to the columns that layouts read: all is decided here, nothing while bytes are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from loadgen.dialects import DIALECTS
from loadgen.dialects.ha import NETWORKS
from loadgen.dialects.payload import payload_columns
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
    sealed = sealed_ids(ids, corrected, np.zeros_like(corrected))
    return {
        "event_id": sealed_ids(ids, rows.uid, rows.copy),
        "corrects_ref": np.where(rows.corrects == NOTHING_CORRECTED, b"", sealed),
        "event_ts": timestamps(t0_us + rows.event_ts),
        "produced_ts": timestamps(t0_us + rows.due),
        **plain_columns(rows, draws),
    }


def plain_columns(rows: Rows, draws: Draws) -> dict[str, Column]:
    """Those that depend neither on the nonce nor on the start of the load: numbers and words alone."""
    return {
        "payment": draws.words("payment id", rows.payment),
        "merchant": rows.merchant,
        "account": rows.account,
        "card": rows.card,
        "amount": rows.amount,
        "major": rows.amount // 100,
        "minor": rows.amount % 100,
        "currency": rows.currency,
        "lifecycle": rows.lifecycle,
        "sequence": rows.sequence,
        "trace": draws.words("trace", rows.uid),
        "rail": (rows.account % ACH_EVERY == 0).astype(np.int64),
        "network": rows.card % len(NETWORKS),
        **payload_columns(rows, draws),
        "size": sizes(rows, draws),
    }


def sizes(rows: Rows, draws: Draws) -> Ints:
    """How many bytes each row is to have on the wire."""
    low, high = _LOW[rows.dialect], _HIGH[rows.dialect]
    share = draws.below("size", rows.identity, 1 << 20)
    return low + ((high + 1 - low) * share >> 20)


def sealed_ids(ids: Ids, uid: Ints, copy: Ints) -> npt.NDArray[np.bytes_]:
    return np.array(ids.seal(uid, copy), dtype="S32")


def timestamps(at_us: Ints) -> npt.NDArray[np.bytes_]:
    """`YYYY-MM-DDTHH:MM:SS.ffffffZ`, of microseconds since 1970."""
    texts = np.datetime_as_string(at_us.astype("datetime64[us]"), unit="us")
    return np.char.add(texts.astype("S26"), b"Z")
