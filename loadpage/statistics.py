"""Locust's statistics in bulk: what the counters of a load process gained since the last look."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from locust.stats import RequestStats, StatsEntry, StatsError, bucket_response_time

from gameday.kernel.clock import anchor
from loadgen.counters import BOUNDS_US, Counts

METHOD, NAME = "KAFKA", "event, due to acknowledged"
_MS = 1_000
# The middle of each bucket in locust's own rounding; the last bucket has no upper bound.
_LOWER_US = np.concatenate([[0], BOUNDS_US])
_MIDDLE_US = (_LOWER_US + np.append(BOUNDS_US, BOUNDS_US[-1])) / 2
KEYS_MS = [bucket_response_time(us / _MS) for us in _MIDDLE_US.tolist()]


class Bulk:
    """The statistics of one load process. A look without news counts too: a standstill shows as 0 RPS."""

    def __init__(self, stats: RequestStats) -> None:
        self._stats = stats
        self._before: Counts | None = None

    def add(self, now: Counts) -> None:
        gained = _gained(now, self._before)
        self._before = now
        batch = _entry(self._stats, gained, now.latency_max_us)
        self._stats.get(NAME, METHOD).extend(batch)
        # `extend` keeps a copy of the response times whenever the second rolls over: live percentiles are
        # made of these copies, and drop to 0 after 20 s without them.
        self._stats.total.extend(batch)
        self._errors("the send failed", gained.failed)
        self._errors("the outcome is unknown", gained.unknown)

    def _errors(self, what: str, count: int) -> None:
        if count:
            key = StatsError.create_key(METHOD, NAME, what)
            self._stats.errors.setdefault(key, StatsError(METHOD, NAME, what)).occurrences += count


def _gained(now: Counts, before: Counts | None) -> Counts:
    if before is None:
        return now
    return replace(
        now,
        acked=now.acked - before.acked,
        failed=now.failed - before.failed,
        unknown=now.unknown - before.unknown,
        bytes_sent=now.bytes_sent - before.bytes_sent,
        latency_sum_us=now.latency_sum_us - before.latency_sum_us,
        latency=now.latency - before.latency,
    )


def _entry(stats: RequestStats, gained: Counts, longest_us: int) -> StatsEntry:
    """FAIL and UNKNOWN have no response time; they are requests and failures. Counts follow the histogram:
    a number taken some milliseconds earlier would leave percentiles without their requests."""
    entry = StatsEntry(stats, NAME, METHOD)
    filled = np.flatnonzero(gained.latency)
    lost = gained.failed + gained.unknown
    answered = int(gained.latency.sum())
    now = anchor().wall_us / 1e6  # locust keeps its seconds by the wall clock
    entry.num_requests = answered + lost
    entry.num_none_requests = lost
    entry.num_failures = lost
    entry.last_request_timestamp = now
    entry.num_reqs_per_sec[int(now)] = entry.num_requests
    entry.num_fail_per_sec[int(now)] = lost
    entry.total_content_length = gained.bytes_sent
    entry.total_response_time = round(gained.latency_sum_us / _MS)
    entry.max_response_time = round(longest_us / _MS)
    if len(filled):
        entry.min_response_time = round(float(_LOWER_US[filled[0]]) / _MS)
    for bucket in filled.tolist():
        entry.response_times[KEYS_MS[bucket]] += int(gained.latency[bucket])
    return entry
