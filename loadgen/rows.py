"""The columns of a plan: one row per event and copy, and the attempts that send them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from loadgen.draws import Ints, Mask, Words

# An event is (payment, part): uid = payment * PARTS + part. Parts from 8 on are kept free for corrections.
PARTS = 16
AUTHORIZED, CAPTURED, REFUNDED, CHARGED_BACK = range(4)
TWIN_PART = 4  # the twin of part n is part TWIN_PART + n

TYPES = ("payment_authorized", "payment_captured", "refund_issued", "chargeback_created")
CURRENCIES = ("USD", "EUR", "GBP", "JPY", "CHF", "SEK", "BRL", "INR")

TAGS: Mapping[str, int] = {
    "retry": 1,
    "late": 2,
    "ooo": 4,
    "twin": 8,
    "dup": 16,
    "invalid": 32,
    "breaking": 64,
}


def tag_text(bits: int) -> str:
    """`|retry|late|`, or nothing at all."""
    words = [name for name, bit in TAGS.items() if bits & bit]
    return f"|{'|'.join(words)}|" if words else ""


@dataclass(frozen=True)
class Rows:
    """One row per (uid, copy). Times are microseconds after the start; no ids, no absolute times."""

    uid: Ints
    copy: Ints
    payment: Ints
    kind: Ints  # index into TYPES
    due: Ints  # of the first attempt
    event_ts: Ints
    amount: Ints
    currency: Ints
    merchant: Ints
    account: Ints
    card: Ints
    lifecycle: Words  # 0: no lifecycle_ref
    flaw: Ints  # index into the catalogue of flaws, 0: none
    tags: Ints

    def __len__(self) -> int:
        return len(self.uid)

    @property
    def identity(self) -> Ints:
        """A number of its own for every (uid, copy): what draws about rows are indexed by."""
        return self.uid | (self.copy << 48)

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def where(self, mask: Mask) -> Rows:
        return Rows(**{name: column[mask] for name, column in self.columns().items()})

    def then(self, more: Rows) -> Rows:
        mine, other = self.columns(), more.columns()
        return Rows(**{name: np.concatenate([mine[name], other[name]]) for name in mine})

    def tagged(self, name: str, mask: Mask) -> Rows:
        return replace(self, tags=self.tags | np.where(mask, TAGS[name], 0))


@dataclass(frozen=True)
class Sends:
    """Attempts: which row is handed over when. `row` counts within the rows of `block`."""

    block: Ints
    row: Ints
    uid: Ints
    copy: Ints
    attempt: Ints
    due: Ints

    def __len__(self) -> int:
        return len(self.uid)

    def where(self, mask: Mask) -> Sends:
        return Sends(**{f.name: getattr(self, f.name)[mask] for f in fields(self)})

    def then(self, more: Sends) -> Sends:
        pairs = {f.name: (getattr(self, f.name), getattr(more, f.name)) for f in fields(self)}
        return Sends(**{name: np.concatenate(pair) for name, pair in pairs.items()})

    def in_order(self) -> Sends:
        order = np.lexsort((self.attempt, self.copy, self.uid, self.due))
        return Sends(**{f.name: getattr(self, f.name)[order] for f in fields(self)})


NOTHING = np.zeros(0, dtype=np.int64)
NO_SENDS = Sends(NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING)


@dataclass(frozen=True)
class Block:
    """A stretch of the plan in the making: rows, and attempts beyond each row's first."""

    rows: Rows
    again_row: Ints
    again_attempt: Ints
    again_due: Ints

    @staticmethod
    def of(rows: Rows) -> Block:
        return Block(rows, NOTHING, NOTHING, NOTHING)

    @property
    def attempts(self) -> int:
        return len(self.rows) + len(self.again_row)

    def sends(self, number: int) -> Sends:
        rows = self.rows
        row = np.concatenate([np.arange(len(rows), dtype=np.int64), self.again_row])
        attempt = np.concatenate([np.zeros(len(rows), dtype=np.int64), self.again_attempt])
        due = np.concatenate([rows.due, self.again_due])
        block = np.full(len(row), number, dtype=np.int64)
        return Sends(block, row, rows.uid[row], rows.copy[row], attempt, due)
