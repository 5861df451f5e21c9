"""Lives of payments: which events exist, of whom, about how much, and on which slot of the schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from loadgen.dialects import CODES
from loadgen.draws import Draws, Ints, Mask, Words
from loadgen.rows import (
    AUTHORIZED,
    AUTHORIZED_PART,
    CAPTURED,
    CAPTURED_PART,
    CHARGED_BACK,
    CLEARED,
    CURRENCIES,
    NOTHING_CORRECTED,
    PARTS,
    REFUNDED,
    REFUNDED_PART,
    REVERSAL_PART,
    REVERSED,
    TAGS,
    Rows,
)
from loadgen.sorting import order_of_words

if TYPE_CHECKING:
    from loadgen.profiles import Load

# A payment lives within one block of slots, so a block can be made without the others. At high rates blocks
# are larger: a life would be over within milliseconds, and every block costs a fixed effort.
_BLOCK, _LARGE_BLOCK = 2_048, 16_384
_HIGH_RATE = 20_000

# Shares: every payment is authorised, most are captured (or cleared), of these some are refunded or charged
# back. Where the dialect can say so, some that are never captured are reversed.
CAPTURED_SHARE = 0.80
REFUNDED_SHARE = 0.10
CHARGED_BACK_SHARE = 0.05
REVERSED_SHARE = 0.25
PARTIAL_SHARE = 0.10  # captures and refunds of a part of the amount
NO_REF_SHARE = 0.30  # authorisations without a network reference


@dataclass(frozen=True)
class Population:
    merchants: int
    wallets: int


POPULATIONS: Mapping[str, Population] = {
    "standard": Population(1_200, 18_000),
    "full": Population(120_000, 18_000_000),
}

_ZIPF_TOP = 100_000_000
_LIFE = np.array([AUTHORIZED_PART, CAPTURED_PART, REFUNDED_PART, 3, REVERSAL_PART], dtype=np.int64)
_KINDS = np.array([AUTHORIZED, CAPTURED, REFUNDED, CHARGED_BACK, REVERSED], dtype=np.int64)


_BUCKET_BITS = 14


@dataclass(frozen=True)
class _Zipf:
    """Which merchant a draw means. Most buckets of draws lie within one merchant and need no search."""

    limits: Ints
    shift: int
    lowest: Ints  # by bucket
    several: Mask

    @staticmethod
    @cache
    def of(merchants: int) -> _Zipf:
        limits = np.cumsum(_ZIPF_TOP // np.arange(1, merchants + 1, dtype=np.int64))
        shift = max(0, int(limits[-1]).bit_length() - _BUCKET_BITS)
        begins = np.arange((int(limits[-1]) >> shift) + 2, dtype=np.int64) << shift
        lowest = np.searchsorted(limits, begins, side="right")
        highest = np.searchsorted(limits, begins + (1 << shift) - 1, side="right")
        return _Zipf(limits, shift, lowest, lowest != highest)

    def merchants(self, drawn: Ints) -> Ints:
        bucket = drawn >> self.shift
        found: Ints = self.lowest[bucket]
        unsure = np.flatnonzero(self.several[bucket])
        found[unsure] = np.searchsorted(self.limits, drawn[unsure], side="right")
        return found


def block_size(load: Load) -> int:
    """How many slots a block of this load has."""
    return _LARGE_BLOCK if load.peak_rate() > _HIGH_RATE else _BLOCK


def lives(load: Load, block: int, draws: Draws) -> Rows:
    """The plain events of a block: complete lives in order, exactly as many as the block has slots."""
    begin = block * block_size(load)
    size = min(block_size(load), load.curve.count - begin)
    lived = _lives(begin, size, load, draws)
    life, step = lived.life, lived.step
    payment, dialect = lived.payment[life], lived.dialect[life]
    uid = payment * PARTS + _LIFE[step]
    due = load.curve.due(begin + _slots(life, uid, draws))
    merchant, currency, account, card = (column[life] for column in _parties(load, lived.payment, draws))
    none = np.zeros(size, dtype=np.int64)
    reverses = step == len(_LIFE) - 1
    return Rows(
        uid=uid,
        copy=none,
        payment=payment,
        dialect=dialect,
        kind=np.where((dialect == CODES["DR"]) & (step == CAPTURED_PART), CLEARED, _KINDS[step]),
        due=due,
        event_ts=due,
        amount=_amounts(lived, draws),
        currency=currency,
        merchant=merchant,
        account=account,
        card=card,
        lifecycle=_references(uid, step == AUTHORIZED_PART, draws),
        corrects=np.where(reverses, payment * PARTS + AUTHORIZED_PART, NOTHING_CORRECTED),
        sequence=reverses.astype(np.int64),
        style=none,
        additive=none,
        flaw=none,
        tags=reverses * TAGS["reversal"],
    )


@dataclass(frozen=True)
class _Lives:
    """Payments, and for each event which of them it belongs to and which step of its life it is."""

    payment: Ints
    dialect: Ints
    life: Ints
    step: Ints


def _lives(begin: int, size: int, load: Load, draws: Draws) -> _Lives:
    """Payments one after another until the block is full; the last one may be cut short."""
    enough = min(size, size * 5 // 8 + 64)  # payments, in all likelihood; as many as events are always enough
    exists = np.zeros((0, len(_LIFE)), dtype=np.bool_)
    dialect = np.zeros(0, dtype=np.int64)
    for count in (enough, size):
        if exists.sum() < size:
            dialect, exists = _steps(np.arange(begin, begin + count, dtype=np.int64), load, draws)
    life, step = np.divmod(np.flatnonzero(exists)[:size], len(_LIFE))
    used = int(life[-1]) + 1
    return _Lives(np.arange(begin, begin + used, dtype=np.int64), dialect[:used], life, step)


def _steps(first: Ints, load: Load, draws: Draws) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """The dialect of each payment, and which steps its life has."""
    spoken = np.array([CODES[name] for name in load.speaks], dtype=np.int64)
    dialects = spoken[draws.below("dialect", first, len(spoken))]
    captured = draws.chosen("captured", first, CAPTURED_SHARE)
    ending = draws.below("ending", first, 1_000_000)
    refunded = captured & (ending < round(REFUNDED_SHARE * 1_000_000))
    back = captured & (ending >= 1_000_000 - round(CHARGED_BACK_SHARE * 1_000_000))
    reverses: Mask = ~captured & (dialects == CODES["HA"])
    if reverses.any():
        reverses &= draws.chosen("reversed", first, REVERSED_SHARE)
    every = np.ones(len(first), dtype=np.bool_)
    return dialects, np.stack([every, captured, refunded, back, reverses], axis=1)


def _slots(life: Ints, uid: Ints, draws: Draws) -> Ints:
    """A random order of the block in which every life keeps its own order."""
    slot = np.empty(len(life), dtype=np.int64)
    slot[order_of_words(draws.words("slot", uid))] = np.arange(len(life), dtype=np.int64)
    bits = len(life).bit_length()
    slot |= life << bits
    slot.sort()
    return slot & ((1 << bits) - 1)


def _parties(load: Load, payment: Ints, draws: Draws) -> tuple[Ints, Ints, Ints, Ints]:
    """Merchant, its currency, account and card of each payment."""
    population = POPULATIONS[load.population]
    zipf = _Zipf.of(population.merchants)
    merchant = zipf.merchants(draws.below("merchant", payment, int(zipf.limits[-1])))
    currency = merchant % len(CURRENCIES) * draws.chosen("abroad", merchant, 0.5)
    account = draws.below("account", payment, population.wallets)
    return merchant, currency, account, account * 4 + draws.below("card", payment, 3)


def _amounts(lived: _Lives, draws: Draws) -> Ints:
    """Many small amounts, few large ones; no step of a life is about more than the step before it."""
    payment, life, step = lived.payment, lived.life, lived.step
    scale = np.array([400, 1_500, 4_000, 12_000, 60_000, 400_000], dtype=np.int64)
    size = scale[np.minimum(draws.below("scale", payment, 9), 5)]
    amount = (size + draws.below("amount", payment, 1 << 30) % (size * 3))[life]
    after = (step > 0) & (step < len(_LIFE) - 1)
    less = after & draws.chosen("partial capture", payment, PARTIAL_SHARE)[life]
    half = (step == REFUNDED_PART) & draws.chosen("partial refund", payment, PARTIAL_SHARE)[life]
    amount[less] = amount[less] * 3 // 4
    amount[half] //= 2
    return amount


def _references(uid: Ints, authorises: Mask, draws: Draws) -> Words:
    reference = draws.words("lifecycle", uid) | np.uint64(1)
    bare = authorises & draws.chosen("bare", uid, NO_REF_SHARE)
    return np.where(bare, np.uint64(0), reference)
