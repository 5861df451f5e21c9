"""The rate curve: how many events are due when, in whole microseconds after the start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from loadgen.draws import Ints

_MILLI = 1_000
_US = 1_000_000


@dataclass(frozen=True)
class Stretch:
    """A constant rate for a while; rates count in thousandths of an event per second."""

    first: int  # number of the first event
    start_us: int
    rate_milli: int
    count: int


@dataclass(frozen=True)
class Curve:
    """Stretches of (seconds, events per second), one after the other."""

    points: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        if not self.points:
            raise ValueError("a rate curve needs at least one (seconds, events per second)")
        for seconds, rate in self.points:
            if seconds <= 0 or rate <= 0:
                raise ValueError(f"a rate curve has positive seconds and rates only, not ({seconds}, {rate})")

    @staticmethod
    def of(points: Sequence[Sequence[float]]) -> Curve:
        return Curve(tuple((float(seconds), float(rate)) for seconds, rate in points))

    def stretches(self) -> list[Stretch]:
        found: list[Stretch] = []
        first = start = 0
        for seconds, rate in self.points:
            length, milli = round(seconds * _US), round(rate * _MILLI)
            count = length * milli // (_US * _MILLI)
            found.append(Stretch(first, start, milli, count))
            first, start = first + count, start + length
        return found

    @property
    def seconds(self) -> float:
        return sum(seconds for seconds, _ in self.points)

    @property
    def count(self) -> int:
        last = self.stretches()[-1]
        return last.first + last.count

    def due(self, slots: Ints) -> Ints:
        """When the n-th event is due, evenly spaced within its stretch."""
        parts = self.stretches()
        if len(parts) == 1:
            return slots * (_US * _MILLI) // parts[0].rate_milli
        at = np.searchsorted(np.array([p.first for p in parts], dtype=np.int64), slots, side="right") - 1
        first = np.array([p.first for p in parts], dtype=np.int64)[at]
        start = np.array([p.start_us for p in parts], dtype=np.int64)[at]
        milli = np.array([p.rate_milli for p in parts], dtype=np.int64)[at]
        return start + (slots - first) * (_US * _MILLI) // milli

    def share_due(self, from_s: float, until_s: float) -> float:
        """The share of the events that are due within a stretch of time."""
        due = self.due(np.arange(self.count, dtype=np.int64))
        within = (due >= round(from_s * _US)) & (due < round(until_s * _US))
        return float(within.mean())

    def describe(self) -> str:
        return ", ".join(f"{seconds:g} s at {rate:g}/s" for seconds, rate in self.points)
