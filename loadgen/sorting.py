"""Orders of columns: what a general sort would give, found faster where the columns are as they are here."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from loadgen.draws import Ints, Words

_WORD_BITS = 64


def order_of_words(words: Words) -> Ints:
    """As `np.argsort` has it. Values are sorted three times as fast as places: so both go into one word."""
    bits = max(1, len(words).bit_length())
    low = np.uint64((1 << bits) - 1)
    packed = (words & ~low) | np.arange(len(words), dtype=np.uint64)
    packed.sort()
    high = packed & ~low
    if (high[1:] == high[:-1]).any():  # then the bits that were left out decide
        return np.argsort(words)
    return (packed & low).view(np.int64)


def order_of_times(times: Ints) -> Ints:
    """As a stable `np.argsort` has it, for numbers that lie less than a year of microseconds apart."""
    bits = max(1, len(times).bit_length())
    since = times - (times.min() if len(times) else 0)
    if int(since.max(initial=0)).bit_length() + bits >= _WORD_BITS:
        return np.argsort(times, kind="stable")
    packed = (since << bits) | np.arange(len(times), dtype=np.int64)
    packed.sort()
    return packed & ((1 << bits) - 1)


def groups_of(keys: Ints) -> tuple[Ints, Ints, Ints]:
    """(each key once and ascending, where it comes first, for each row which key it has)."""
    if (keys[1:] < keys[:-1]).any():
        return np.unique(keys, return_index=True, return_inverse=True)
    begins = np.ones(len(keys), dtype=np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=begins[1:])
    first = np.flatnonzero(begins)
    return keys[first], first, np.cumsum(begins) - 1


def places_in(keys: Ints, wanted: npt.NDArray[Any]) -> Ints:
    """Where each of the wanted keys is; every one is there, and once."""
    if (keys[1:] >= keys[:-1]).all():
        return np.searchsorted(keys, wanted)
    order = np.argsort(keys)
    return order[np.searchsorted(keys, wanted, sorter=order)]
