"""Locust's figures against what really happened: rates, percentiles, failures, standstill."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("locust")

from locust.stats import RequestStats

from loadgen import counters
from loadpage.statistics import METHOD, NAME, Bulk

RATE = 300_000


class Clock:
    """The time that locust's statistics see."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_700_000_000.0
        monkeypatch.setattr(time, "time", lambda: self.now)
        monkeypatch.setattr(time, "time_ns", lambda: int(self.now * 1e9))


def latencies(second: int) -> npt.NDArray[np.int64]:
    """0.5 ms to about a second, worse from second to second, so that live percentiles have to move."""
    draws = np.random.default_rng(second)
    return (np.exp(draws.normal(np.log(8_000 * (1 + second / 10)), 0.8, RATE))).astype(np.int64)


def test_300_thousand_a_second_are_shown_with_their_rate_and_percentiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    stats = RequestStats(use_response_times_cache=True)
    bulk = Bulk(stats)
    writer = counters.Counters(tmp_path / "counters")
    sent = 0
    everything = []
    for second in range(25):
        values = latencies(second)
        everything.append(values)
        for quarter in np.array_split(values, 4):
            writer.add_latencies(quarter)
            sent += len(quarter)
            writer.set(t0_us=1, acked=sent, sent=sent, bytes_sent=sent * 1_000)
            clock.now += 0.25
            seen = counters.read(tmp_path / "counters")
            assert seen is not None
            bulk.add(seen)
    entry = stats.entries[(NAME, METHOD)]
    whole = np.concatenate(everything) / 1_000
    assert entry.num_requests == stats.total.num_requests == 25 * RATE
    assert stats.total.current_rps == pytest.approx(RATE, rel=0.01)
    for share in (0.5, 0.95, 0.99):
        assert entry.get_response_time_percentile(share) == pytest.approx(np.quantile(whole, share), rel=0.06)
    # Live ones are those of the last ten seconds, and differ from the whole by more than the tolerance.
    recent = np.concatenate(everything[-10:]) / 1_000
    live = stats.total.get_current_response_time_percentile(0.5)
    assert live == pytest.approx(np.quantile(recent, 0.5), rel=0.08)
    assert live != pytest.approx(np.quantile(whole, 0.5), rel=0.08)
    assert entry.avg_response_time == pytest.approx(whole.mean(), rel=0.01)
    assert entry.max_response_time == pytest.approx(whole.max(), abs=1)
    assert entry.avg_content_length == 1_000


def test_a_standstill_is_shown_as_no_requests_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    stats = RequestStats(use_response_times_cache=True)
    bulk = Bulk(stats)
    writer = counters.Counters(tmp_path / "counters")
    for second in range(40):
        if second < 20:
            writer.add_latencies(np.full(1_000, 5_000))
        clock.now += 1
        seen = counters.read(tmp_path / "counters")
        assert seen is not None
        bulk.add(seen)
        if second == 19:
            assert stats.total.current_rps == pytest.approx(1_000, rel=0.15)
    assert stats.total.current_rps == 0


def test_failed_and_unknown_are_failures_without_a_response_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Clock(monkeypatch)
    stats = RequestStats(use_response_times_cache=True)
    writer = counters.Counters(tmp_path / "counters")
    writer.add_latencies(np.full(90, 4_000))
    writer.set(acked=90, failed=7, unknown=3)
    seen = counters.read(tmp_path / "counters")
    assert seen is not None
    Bulk(stats).add(seen)
    entry = stats.entries[(NAME, METHOD)]
    assert (entry.num_requests, entry.num_failures, entry.num_none_requests) == (100, 10, 10)
    assert {error.error: error.occurrences for error in stats.errors.values()} == {
        "the send failed": 7,
        "the outcome is unknown": 3,
    }
    assert entry.get_response_time_percentile(1.0) == 4


def test_one_look_costs_microseconds_however_many_events_it_brings(tmp_path: Path) -> None:
    stats = RequestStats(use_response_times_cache=True)
    bulk = Bulk(stats)
    writer = counters.Counters(tmp_path / "counters")
    values = latencies(0)
    looks = []
    for _ in range(20):
        writer.add_latencies(values)
        seen = counters.read(tmp_path / "counters")
        assert seen is not None
        begun = time.perf_counter()
        bulk.add(seen)
        looks.append(time.perf_counter() - begun)
    per_event_ns = min(looks) / RATE * 1e9
    assert per_event_ns < 100, f"{per_event_ns:.1f} ns per event: something is done per event"
