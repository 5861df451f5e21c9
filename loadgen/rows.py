"""The columns of a plan: one row per event and copy, and the attempts that send them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from loadgen.draws import Ints, Mask, Words

# An event is (payment, part): uid = payment * PARTS + part.
PARTS = 16
AUTHORIZED_PART, CAPTURED_PART, REFUNDED_PART, CHARGED_BACK_PART = range(4)
TWIN_PART = 4  # the twin of part n is part TWIN_PART + n
CORRECTION_PART = 8  # the correction of part n is part CORRECTION_PART + n
REVERSAL_PART = 12  # of the authorisation; what reverses or corrects an earlier reversal follows it
SECOND_REVERSAL_PART, SECOND_CORRECTION_PART = 13, 14

# What an event is, in the words of the canonical form. Not every dialect has a word for each.
KINDS = ("AUTHORIZATION", "CAPTURE", "REFUND", "CHARGEBACK", "CLEARING", "REVERSAL")
AUTHORIZED, CAPTURED, REFUNDED, CHARGED_BACK, CLEARED, REVERSED = range(6)

CURRENCIES = ("USD", "EUR", "GBP", "JPY", "CHF", "SEK", "BRL", "INR")
WITHOUT_CENTS = CURRENCIES.index("JPY")
NOTHING_CORRECTED = -1

TAGS: Mapping[str, int] = {
    "retry": 1 << 0,
    "late": 1 << 1,
    "ooo": 1 << 2,
    "twin": 1 << 3,
    "dup": 1 << 4,
    "invalid": 1 << 5,
    "breaking": 1 << 6,
    "correct": 1 << 7,
    "incident": 1 << 8,
    "additive": 1 << 9,
    "poison": 1 << 10,
    "hot": 1 << 11,
    "replay": 1 << 12,
    "backlog": 1 << 13,
    "reversal": 1 << 14,
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
    dialect: Ints  # index into loadgen.dialects.DIALECTS
    kind: Ints  # index into KINDS
    due: Ints  # of the first attempt
    event_ts: Ints
    amount: Ints
    currency: Ints
    merchant: Ints
    account: Ints
    card: Ints
    lifecycle: Words  # 0: no reference
    corrects: Ints  # uid of the event that is corrected, or NOTHING_CORRECTED
    sequence: Ints  # of the correction, 0: none
    style: Ints  # how the payload is written, index into layout.STYLES
    additive: Ints  # 1: with fields that the contract does not know
    flaw: Ints  # index into the dialect's catalogue of flaws, 0: none
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
        return self.at(np.flatnonzero(mask))

    def at(self, places: Ints) -> Rows:
        return Rows(**{name: column.take(places) for name, column in self.columns().items()})

    def then(self, more: Rows) -> Rows:
        mine, other = self.columns(), more.columns()
        return Rows(**{name: np.concatenate([mine[name], other[name]]) for name in mine})

    def tagged(self, name: str, mask: Mask) -> Rows:
        return replace(self, tags=self.tags | mask * TAGS[name])


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

    def sent_again(self, row: Ints, due: Ints) -> Block:
        """One more attempt of each of these rows (each named once), numbered after those it has."""
        already = np.bincount(self.again_row, minlength=len(self.rows))
        return replace(
            self,
            again_row=np.concatenate([self.again_row, row]),
            again_attempt=np.concatenate([self.again_attempt, 1 + already[row]]),
            again_due=np.concatenate([self.again_due, due]),
        )

    def sends(self, number: int) -> Sends:
        rows = self.rows
        row = np.concatenate([np.arange(len(rows), dtype=np.int64), self.again_row])
        attempt = np.concatenate([np.zeros(len(rows), dtype=np.int64), self.again_attempt])
        due = np.concatenate([rows.due, self.again_due])
        block = np.full(len(row), number, dtype=np.int64)
        return Sends(block, row, rows.uid[row], rows.copy[row], attempt, due)
