"""Random numbers by index: a draw is a function of (seed, purpose, index), so no draw ever shifts another."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gameday.kernel.seeds import stream_key

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]

MILLION = 1_000_000
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_S1, _S2, _S3, _HALF = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(32)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)


def mix(words: Words) -> Words:
    """The finaliser of splitmix64: a bijection on 64-bit words, the same on any machine."""
    words = words.copy()
    _mix(words, np.empty_like(words))
    return words


def _mix(words: Words, shifted: Words) -> None:
    """In place; `shifted` is space for as many words."""
    np.right_shift(words, _S1, out=shifted)
    words ^= shifted
    words *= _M1
    np.right_shift(words, _S2, out=shifted)
    words ^= shifted
    words *= _M2
    np.right_shift(words, _S3, out=shifted)
    words ^= shifted


class Draws:
    """All streams of one seed. `index` is whatever the draw belongs to: a payment, an event, a row."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._keys: dict[str, np.uint64] = {}

    def words(self, purpose: str, index: npt.NDArray[Any]) -> Words:
        key = self._keys.get(purpose)
        if key is None:
            key = self._keys[purpose] = np.uint64(stream_key(self._seed, purpose))
        words: Words = index.astype(np.uint64, copy=False) * _GOLDEN
        shifted = np.empty_like(words)
        words += key
        _mix(words, shifted)
        words ^= key
        _mix(words, shifted)
        return words

    def below(self, purpose: str, index: npt.NDArray[Any], limit: int) -> Ints:
        """Whole numbers in [0, limit), for limits up to 2^32."""
        words = self.words(purpose, index)
        words >>= _HALF
        words *= np.uint64(limit)
        words >>= _HALF
        return words.view(np.int64)

    def between(self, purpose: str, index: npt.NDArray[Any], low: int, high: int) -> Ints:
        """Whole numbers in [low, high); spans beyond 2^32 are drawn in steps of a thousand."""
        span = high - low
        if span < 1 << 32:
            return low + self.below(purpose, index, span)
        return low + self.below(purpose, index, span // 1_000) * 1_000

    def chosen(self, purpose: str, index: npt.NDArray[Any], share: float) -> Mask:
        """True for this share of the indices (to one millionth)."""
        # The smallest word whose draw below a million reaches the share.
        limit = -(-(ppm(share) << 32) // MILLION) << 32
        if limit >= 1 << 64:
            return np.ones(index.shape, dtype=np.bool_)
        return self.words(purpose, index) < np.uint64(limit)


def ppm(share: float) -> int:
    return round(share * MILLION)
