"""Live figures of a load process in a memory-mapped file, so that others can read them at no cost to it."""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from loadgen.draws import Ints

# Upper bounds of the latency buckets, each 2.5 % above the one before; the last bucket takes all the rest.
BOUNDS_US: Ints = np.round(100 * 1.025 ** np.arange(568)).astype(np.int64)

WORDS = (
    "t0_us", "planned", "due", "sent", "acked", "failed", "unknown", "bytes_sent",
    "late_p99_us", "late_max_us", "latency_sum_us", "latency_max_us", "updated_us",
)  # fmt: skip
_MAGIC = 0x31544E4F43444147  # "GADCONT1"
_SIZE = 8 * (1 + len(WORDS) + len(BOUNDS_US) + 1)


@dataclass(frozen=True)
class Counts:
    """One look. Every number is exact by itself; the numbers may be some milliseconds apart."""

    t0_us: int  # 0 until the start is known
    planned: int
    due: int
    sent: int
    acked: int
    failed: int
    unknown: int
    bytes_sent: int
    late_p99_us: int  # t_invoke - t_due, of the last look at the schedule
    late_max_us: int  # since the start
    latency_sum_us: int  # t_done - t_due of what was acknowledged
    latency_max_us: int
    updated_us: int
    latency: Ints  # how many acknowledgements fell into each bucket of BOUNDS_US, since the start


def read(path: Path) -> Counts | None:
    """None while there is no such file yet, or only a part of it."""
    try:
        words = np.fromfile(path, dtype="<i8")
    except FileNotFoundError:
        return None
    if len(words) * 8 != _SIZE or words[0] != _MAGIC:
        return None
    named = dict(zip(WORDS, words[1:].tolist(), strict=False))
    return Counts(**named, latency=words[1 + len(WORDS) :].astype(np.int64))


class Counters:
    """The writer's side."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(bytes(_SIZE))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _SIZE)
        self._words: Ints = np.frombuffer(self._map, dtype="<i8")
        self._latency = self._words[1 + len(WORDS) :]
        self._words[0] = _MAGIC

    def set(self, **values: int) -> None:
        for name, value in values.items():
            self._words[1 + WORDS.index(name)] = value

    def get(self, name: str) -> int:
        return int(self._words[1 + WORDS.index(name)])

    def add_latencies(self, latency_us: Ints) -> None:
        if len(latency_us):
            bucket = np.searchsorted(BOUNDS_US, latency_us)
            self._latency += np.bincount(bucket, minlength=len(self._latency))
            self.set(
                latency_sum_us=self.get("latency_sum_us") + int(latency_us.sum()),
                latency_max_us=max(self.get("latency_max_us"), int(latency_us.max())),
            )


def quantile_us(latency: Ints, share: float) -> int:
    """The upper bound of the bucket in which this share of the counted latencies is reached."""
    total = int(latency.sum())
    if not total:
        return 0
    bucket = int(np.searchsorted(np.cumsum(latency), share * total))
    return int(BOUNDS_US[min(bucket, len(BOUNDS_US) - 1)])
