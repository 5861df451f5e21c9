"""Lives of payments: which events exist, of whom, about how much, and on which slot of the schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

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


@cache
def _zipf(merchants: int) -> Ints:
    return np.cumsum(_ZIPF_TOP // np.arange(1, merchants + 1, dtype=np.int64))


def block_size(load: Load) -> int:
    """How many slots a block of this load has."""
    return _LARGE_BLOCK if load.peak_rate() > _HIGH_RATE else _BLOCK


def lives(load: Load, block: int, draws: Draws) -> Rows:
    """The plain events of a block: complete lives in order, exactly as many as the block has slots."""
    curve, population = load.curve, POPULATIONS[load.population]
    begin = block * block_size(load)
    size = min(block_size(load), curve.count - begin)
    first = np.arange(begin, begin + size, dtype=np.int64)
    spoken = np.array([CODES[name] for name in load.speaks], dtype=np.int64)
    dialects = spoken[draws.below("dialect", first, len(spoken))]
    payment, step, dialect = _steps(first, dialects, draws)
    uid = payment * PARTS + _LIFE[step]
    due = curve.due(begin + _slots(payment, uid, draws))
    zipf = _zipf(population.merchants)
    merchant = np.searchsorted(zipf, draws.below("merchant", payment, int(zipf[-1])), side="right")
    account = draws.below("account", payment, population.wallets)
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
        amount=_amounts(payment, step, draws),
        currency=merchant % len(CURRENCIES) * draws.chosen("abroad", merchant, 0.5),
        merchant=merchant.astype(np.int64),
        account=account,
        card=account * 4 + draws.below("card", payment, 3),
        lifecycle=_references(uid, step == AUTHORIZED_PART, draws),
        corrects=np.where(reverses, payment * PARTS + AUTHORIZED_PART, NOTHING_CORRECTED),
        sequence=reverses.astype(np.int64),
        style=none,
        additive=none,
        flaw=none,
        tags=np.where(reverses, TAGS["reversal"], 0),
    )


def _steps(first: Ints, dialects: Ints, draws: Draws) -> tuple[Ints, Ints, Ints]:
    """Payments one after another until the block is full; the last one may be cut short."""
    size = len(first)
    captured = draws.chosen("captured", first, CAPTURED_SHARE)
    ending = draws.below("ending", first, 1_000_000)
    refunded = captured & (ending < round(REFUNDED_SHARE * 1_000_000))
    back = captured & (ending >= 1_000_000 - round(CHARGED_BACK_SHARE * 1_000_000))
    reversible: Mask = ~captured & (dialects == CODES["HA"])
    reverses = reversible & draws.chosen("reversed", first, REVERSED_SHARE)
    exists = np.stack([np.ones(size, dtype=np.bool_), captured, refunded, back, reverses], axis=1)
    which, step = np.nonzero(exists)
    which, step = which[:size], step[:size].astype(np.int64)
    return first[which], step, dialects[which]


def _slots(payment: Ints, uid: Ints, draws: Draws) -> Ints:
    """A random order of the block in which every life keeps its own order."""
    slot = np.empty(len(payment), dtype=np.int64)
    slot[np.argsort(draws.words("slot", uid))] = np.arange(len(payment), dtype=np.int64)
    one_life = payment[1:] == payment[:-1]
    for turn in range(len(_LIFE)):  # so many turns of swapping neighbours sort a life of so many events
        left, right = slot[turn % 2 : -1 : 2], slot[turn % 2 + 1 :: 2]
        swap = one_life[turn % 2 :: 2] & (left > right)
        left[swap], right[swap] = right[swap], left[swap]
    return slot


def _amounts(payment: Ints, step: Ints, draws: Draws) -> Ints:
    """Many small amounts, few large ones; no step of a life is about more than the step before it."""
    scale = np.array([400, 1_500, 4_000, 12_000, 60_000, 400_000], dtype=np.int64)
    size = scale[np.minimum(draws.below("scale", payment, 9), 5)]
    full = size + draws.below("amount", payment, 1 << 30) % (size * 3)
    less = draws.chosen("partial capture", payment, PARTIAL_SHARE) & (step > 0) & (step < len(_LIFE) - 1)
    half = draws.chosen("partial refund", payment, PARTIAL_SHARE) & (step == REFUNDED_PART)
    return np.where(less, full * 3 // 4, full) // np.where(half, 2, 1)


def _references(uid: Ints, authorises: Mask, draws: Draws) -> Words:
    reference = draws.words("lifecycle", uid) | np.uint64(1)
    bare = authorises & draws.chosen("bare", uid, NO_REF_SHARE)
    return np.where(bare, np.uint64(0), reference)
