"""Columns of numbers to columns of fixed-width text, through tables: no Python is run per event."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from loadgen.draws import Ints, Words

# n texts of w bytes each: one element per text, so that a column is moved with one copy per element.
Column = npt.NDArray[Any]

_HEX = np.frombuffer(b"".join(b"%04x" % n for n in range(1 << 16)), dtype="<u4")
_DECIMAL = np.frombuffer(b"".join(b"%04d" % n for n in range(10_000)), dtype="<u4")
_MILLIS = np.array([b"%03d" % n for n in range(1_000)], dtype="S3").view("V3")
_MICROS = np.array([b"%03dZ" % n for n in range(1_000)], dtype="S4").view("V4")
_FEW_SECONDS, _DAY_S = 1_000, 86_400


def hexadecimal(words: Words, width: int) -> Column:
    """The low digits of each word, up to sixteen."""
    quarters = _HEX.take(words.astype(np.uint64).byteswap().view(">u2"), mode="clip")
    return _last(quarters.reshape(-1, 4), width)


def hex_of_bytes(data: bytes, width: int) -> Column:
    """Every `width` digits of the data one text."""
    return _HEX.take(np.frombuffer(data, dtype=">u2"), mode="clip").view(f"V{width}")


def decimal(numbers: Ints, width: int) -> Column:
    """The last `width` digits of each number, zero-padded; no number is negative."""
    longest = len(str(numbers.max(initial=0)))
    groups = -(-max(width, longest) // 4)
    out = np.empty((len(numbers), groups), dtype=np.uint32)
    rest = numbers
    for group in range(groups - 1, 0, -1):
        higher = rest // 10_000
        out[:, group] = _DECIMAL.take(rest - higher * 10_000, mode="clip")
        rest = higher
    out[:, 0] = _DECIMAL.take(rest, mode="clip")
    return _last(out, width)


def timestamps(at_us: Ints) -> Column:
    """`YYYY-MM-DDTHH:MM:SS.ffffffZ`, of microseconds since 1970."""
    out = np.empty(len(at_us), dtype=[("second", "V20"), ("milli", "V3"), ("micro", "V4")])
    second = at_us // 1_000_000
    micro = at_us - second * 1_000_000
    milli = micro // 1_000
    out["second"] = _seconds(second)
    out["milli"] = _MILLIS.take(milli, mode="clip")
    out["micro"] = _MICROS.take(micro - milli * 1_000, mode="clip")
    return out.view("V27")


def _seconds(second: Ints) -> Column:
    """`YYYY-MM-DDTHH:MM:SS.`; where all are of a few minutes, each is written once."""
    first = int(second.min()) if len(second) else 0
    last = int(second.max()) if len(second) else 0
    if last - first < _FEW_SECONDS:
        texts = np.datetime_as_string(np.arange(first, last + 1).astype("datetime64[s]"))
        return np.char.add(texts.astype("S19"), b".").view("V20").take(second - first)
    day = second // _DAY_S
    first, last = first // _DAY_S, last // _DAY_S
    days = np.datetime_as_string(np.arange(first, last + 1).astype("datetime64[D]"))
    out = np.empty(len(second), dtype=[("day", "V10"), ("time", "V10")])
    out["day"] = days.astype("S10").view("V10").take(day - first)
    out["time"] = _times().take(second - day * _DAY_S)
    return out.view("V20")


@cache
def _times() -> Column:
    """`THH:MM:SS.` of every second of a day."""
    texts = [b"T%02d:%02d:%02d." % (n // 3600, n // 60 % 60, n % 60) for n in range(_DAY_S)]
    return np.array(texts, dtype="S10").view("V10")


def _last(words: npt.NDArray[np.uint32], width: int) -> Column:
    """The last `width` bytes of each row, without a copy."""
    size = words.shape[1] * 4
    if width > size:
        raise ValueError(f"a text of {width} bytes was asked of {size}")
    flat = np.ascontiguousarray(words).reshape(-1).view(np.uint8)
    return np.ndarray(len(words), dtype=f"V{width}", buffer=flat, offset=size - width, strides=(size,))
