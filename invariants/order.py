"""What sums cannot tell, by sorting numbers: who met whom, and what is out of order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from invariants.shelf import Column, Ints

STEPS = 8  # bits of a place in the sequence of a key; keys of more events are looked at once more
PLACES = 54  # bits of an offset; the eight above them tell its partition
# Partitions that share these eight bits are compared as one, which can only add a doubt.


@dataclass(frozen=True)
class Met:
    """Plan and sends by id: what fits nothing, and the rows of those that fit, in the order of sending."""

    apart: Ints  # ids that are twice on one side, or on one side only
    key: Ints
    seq: Ints
    spot: Ints


def met(plan: list[Ints], sends: list[Ints]) -> Met:
    """Every first attempt with the key and the place in it that were planned for it.

    Of the plan ids, keys and sequence are given, of the sends ids and spots. Takes all of them over.
    """
    ids, at = in_order(plan.pop(0))
    sent, sent_at = in_order(sends.pop(0))
    (spot,) = sends
    twice = [one[1:][one[1:] == one[:-1]] for one in (ids, sent)]
    if np.array_equal(ids, sent):
        del ids, sent
        planned = np.empty_like(at)
        planned[sent_at] = at
        del at, sent_at
        seq, key = plan.pop()[planned], plan.pop()[planned]
        return Met(np.unique(twice[0]), key, seq, spot)
    apart = np.unique(np.concatenate([np.setxor1d(ids, sent), *twice]))
    key, seq = plan
    if not len(ids):
        return Met(apart, key, seq, spot[:0])
    known = np.minimum(np.searchsorted(ids, sent), len(ids) - 1)
    fits = ids[known] == sent
    planned, sent_at = at[known[fits]], sent_at[fits]
    order = np.argsort(sent_at, kind="stable")
    planned, sent_at = planned[order], sent_at[order]
    return Met(apart, key[planned], seq[planned], spot[sent_at])


def in_order(ids: Ints) -> tuple[Ints, Column]:
    """The ids in order, and where each stood. Sorts them where they are, as bare numbers if dense enough."""
    if not len(ids):
        return ids, np.empty(0, np.int32)
    low, bits = int(ids.min()), len(ids).bit_length()
    if (int(ids.max()) - low).bit_length() + bits > 63:
        at = np.argsort(ids, kind="stable")
        return ids[at], at
    ids -= low
    ids <<= bits
    ids |= np.arange(len(ids), dtype=np.int64)
    ids.sort()
    at = (ids & ((1 << bits) - 1)).astype(np.int32 if bits < 32 else np.int64)
    ids >>= bits
    ids += low
    return ids, at


def disordered(key: Ints, seq: Ints, spot: Ints) -> Ints:
    """Hashes of the keys whose offsets may not follow their sequence.

    Every key that offends is among them; a key that shares its hash with another may be among them too.
    Rows are put side by side by key and, as far as eight bits tell, by sequence.
    """
    if len(key) < 2:
        return key[:0]
    bits = len(key).bit_length()
    packed = key >> (bits + STEPS)
    packed <<= STEPS
    packed |= np.clip(seq, 0, (1 << STEPS) - 1)
    packed <<= bits
    packed |= np.arange(len(key), dtype=np.int64)
    packed.sort()
    order = packed & np.int64((1 << bits) - 1)
    packed >>= bits + STEPS
    same = packed[1:] == packed[:-1]
    rising = _rising(seq[order])
    there = spot[order]
    rising &= _rising(there)
    there >>= PLACES
    rising &= there[1:] == there[:-1]
    rising |= ~same
    if rising.all():
        return key[:0]
    here = np.isin(key >> (bits + STEPS), packed[1:][~rising])
    return _checked(key[here], seq[here], spot[here])


def _rising(column: Column) -> Column:
    found: Column = column[1:] > column[:-1]
    return found


def _checked(key: Ints, seq: Ints, spot: Ints) -> Ints:
    """The same for the few rows that need a closer look."""
    place = spot >> PLACES
    order = np.lexsort((spot, seq, place, key))
    key, place, seq, spot = key[order], place[order], seq[order], spot[order]
    same = (key[1:] == key[:-1]) & (place[1:] == place[:-1])
    falling = (spot[1:] <= spot[:-1]) | (seq[1:] == seq[:-1])
    return np.unique(key[1:][same & falling])
