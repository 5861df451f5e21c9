"""Lives of payments: which events exist, of whom, about how much, and on which slot of the schedule."""

from __future__ import annotations

import numpy as np

from loadgen.curve import Curve
from loadgen.draws import Draws, Ints
from loadgen.rows import AUTHORIZED, CURRENCIES, PARTS, REFUNDED, Rows

# A block is this many slots; a payment lives within one block, so a block can be made without the others.
BLOCK = 2_048

# Shares: every payment is authorised, most are captured, of these some are refunded or charged back.
CAPTURED_SHARE = 0.80
REFUNDED_SHARE = 0.10
CHARGED_BACK_SHARE = 0.05
PARTIAL_SHARE = 0.10  # captures and refunds of a part of the amount

MERCHANTS = 2_000
ACCOUNTS = 50_000
NO_REF_SHARE = 0.30  # authorisations without a network reference

_ZIPF_TOP = 100_000_000
_ZIPF = np.cumsum(_ZIPF_TOP // np.arange(1, MERCHANTS + 1, dtype=np.int64))


def lives(curve: Curve, block: int, draws: Draws) -> Rows:
    """The plain events of a block: complete lives in order, exactly as many as the block has slots."""
    size = min(BLOCK, curve.count - block * BLOCK)
    payment, part = _parts(block, size, draws)
    due = curve.due(block * BLOCK + _slots(payment, part, draws))
    uid = payment * PARTS + part
    merchant = np.searchsorted(_ZIPF, draws.below("merchant", payment, int(_ZIPF[-1])), side="right")
    account = draws.below("account", payment, ACCOUNTS)
    none = np.zeros(size, dtype=np.int64)
    return Rows(
        uid=uid,
        copy=none,
        payment=payment,
        kind=part,
        due=due,
        event_ts=due,
        amount=_amounts(payment, part, draws),
        currency=merchant % len(CURRENCIES) * draws.chosen("abroad", merchant, 0.5),
        merchant=merchant.astype(np.int64),
        account=account,
        card=account * 4 + draws.below("card", payment, 3),
        lifecycle=_references(uid, part, draws),
        flaw=none,
        tags=none,
    )


def _parts(block: int, size: int, draws: Draws) -> tuple[Ints, Ints]:
    """Payments one after another until the block is full; the last one may be cut short."""
    payment = np.arange(block * BLOCK, block * BLOCK + size, dtype=np.int64)
    captured = draws.chosen("captured", payment, CAPTURED_SHARE)
    ending = draws.below("ending", payment, 1_000_000)
    refunded = captured & (ending < round(REFUNDED_SHARE * 1_000_000))
    back = captured & (ending >= 1_000_000 - round(CHARGED_BACK_SHARE * 1_000_000))
    exists = np.stack([np.ones(size, dtype=np.bool_), captured, refunded, back], axis=1)
    which, part = np.nonzero(exists)
    return payment[which[:size]], part[:size].astype(np.int64)


def _slots(payment: Ints, part: Ints, draws: Draws) -> Ints:
    """A random order of the block in which every life keeps its own order."""
    wanted = (draws.words("slot", payment * PARTS + part) >> np.uint64(1)).astype(np.int64)
    order_in_life = np.lexsort((wanted, payment))  # payments ascend already: this sorts within each life
    slot = np.empty(len(payment), dtype=np.int64)
    slot[np.argsort(wanted[order_in_life], kind="stable")] = np.arange(len(payment), dtype=np.int64)
    return slot


def _amounts(payment: Ints, part: Ints, draws: Draws) -> Ints:
    """Many small amounts, few large ones; a capture or refund may be about a part of it."""
    scale = np.array([400, 1_500, 4_000, 12_000, 60_000, 400_000], dtype=np.int64)
    size = scale[np.minimum(draws.below("scale", payment, 9), 5)]
    full = size + draws.below("amount", payment, 1 << 30) % (size * 3)
    partial = draws.chosen("partial", payment * PARTS + part, PARTIAL_SHARE) & (part == REFUNDED)
    less = draws.chosen("partial capture", payment, PARTIAL_SHARE) & (part != AUTHORIZED)
    return np.where(less, full * 3 // 4, full) // np.where(partial, 2, 1)


def _references(uid: Ints, part: Ints, draws: Draws) -> np.typing.NDArray[np.uint64]:
    reference = draws.words("lifecycle", uid) | np.uint64(1)
    bare = (part == AUTHORIZED) & draws.chosen("bare", uid, NO_REF_SHARE)
    return np.where(bare, np.uint64(0), reference)
