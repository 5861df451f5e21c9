"""What senders are made of: events under way, the live counters, the sink."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gameday.kernel.recording import Recording
from gameday.kernel.waiting import wait_until
from gameday.kernel.words import HarnessError
from loadgen import counters, rendezvous
from loadgen.counters import BOUNDS_US, Counters, quantile_us, read
from loadgen.launch import launch
from loadgen.ledger_reader import LedgerReader
from loadgen.places import Part, Places
from loadgen.plan import Plan
from loadgen.profiles import base_mix, steady
from loadgen.schedule import planned_attempts
from loadgen.senders.in_flight import InFlight
from tests.loadgen.rig import new_recording, order, seals


def numbers(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, dtype=np.int64)


def test_an_event_that_stays_away_is_not_overwritten() -> None:
    """One event waits for its report while a million others come and go."""
    under_way = InFlight()
    (stuck,) = under_way.enter(numbers(77), numbers(770), 7_700).tolist()
    for start in range(0, 1_000_000, 1_000):
        many = np.arange(start, start + 1_000, dtype=np.int64)
        entered = under_way.enter(many, many * 10, start)
        settled = under_way.leave(entered[::-1])
        assert (settled["position"] == many[::-1]).all() and (settled["t_due"] == many[::-1] * 10).all()
        assert (settled["t_invoke"] == start).all()
    assert under_way.count == 1
    (late,) = under_way.leave(numbers(stuck)).tolist()
    assert (late[0], late[1], late[-1]) == (77, 7_700, 770) and under_way.count == 0


def test_room_for_events_under_way_is_used_again() -> None:
    under_way = InFlight()
    for start in range(0, 10_000_000, 10_000):
        many = np.arange(start, start + 10_000, dtype=np.int64)
        under_way.leave(under_way.enter(many, many, 0))
    assert len(under_way._rows) <= 1 << 16


def test_counters_are_read_while_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "counters"
    assert read(path) is None
    path.write_bytes(b"123")
    assert read(path) is None, "a part of a file is none"
    writer = Counters(path)
    writer.set(sent=5, acked=3, planned=9)
    writer.add_latencies(numbers(50, 1_000, 1_000, 10**9))
    seen = read(path)
    assert seen is not None and (seen.sent, seen.acked, seen.planned, seen.failed) == (5, 3, 9, 0)
    assert (seen.latency_sum_us, seen.latency_max_us) == (10**9 + 2_050, 10**9)
    assert seen.latency.sum() == 4 and seen.latency[0] == 1 and seen.latency[-1] == 1
    with pytest.raises(ValueError):
        writer.set(no_such_word=1)


def test_quantiles_are_told_to_a_few_percent() -> None:
    assert BOUNDS_US[0] == 100 and BOUNDS_US[-1] >= 118_000_000
    assert max(np.diff(BOUNDS_US) / BOUNDS_US[:-1]) < 0.031
    latencies = np.random.default_rng(1).lognormal(10, 1, 50_000).astype(np.int64)
    histogram = np.bincount(np.searchsorted(BOUNDS_US, latencies), minlength=len(BOUNDS_US) + 1)
    for share in (0.5, 0.95, 0.99):
        true = np.quantile(latencies, share)
        assert true <= quantile_us(histogram, share) <= true * 1.04
    assert quantile_us(histogram * 0, 0.5) == 0


def sink(path: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-m", "bench.sink", str(path)])
    wait_until("the sink listens", path.exists, within_s=20)
    return process


def test_a_load_into_the_sink(tmp_path: Path) -> None:
    recording, load = new_recording(tmp_path), base_mix(steady(30_000, 1))
    with sink(tmp_path / "s") as process:
        running = launch(load, order(f"sink:{tmp_path / 's'}"), recording, tables=False)
        status = running.wait(within_s=60)
        process.wait(timeout=20)
    attempts = Plan(load, 7).attempts
    assert status.sent == status.acked == attempts
    counts = running.counts()
    assert counts is not None and counts.acked == counts.due == counts.latency.sum() == attempts
    assert counts.bytes_sent / attempts == pytest.approx(1_200, rel=0.05)
    ledger = LedgerReader.open(Places(recording).outcomes)
    assert ledger.count == attempts and Places(recording).outcomes.stat().st_size < 6 * attempts
    assert not Recording(recording).files("send"), "nobody asked for tables"


def test_a_sink_that_goes_away_is_trouble(tmp_path: Path) -> None:
    running = launch(steady(500, 30), order(f"sink:{tmp_path / 's'}"), new_recording(tmp_path), tables=False)
    with sink(tmp_path / "s") as process:
        wait_until("some events", lambda: running.status().acked > 100, within_s=30)
        process.kill()
    with pytest.raises(HarnessError, match=r"gone away|Broken pipe|reset"):
        running.wait(within_s=30)


def test_a_part_that_stays_away_is_not_waited_for_endlessly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rendezvous, "TOGETHER_WITHIN_S", 0.2)
    assert rendezvous.agreed_start(Places(tmp_path, Part(1, 3)), 1_000) == 201_000
    assert "without part 0, 2 of 3" in capfd.readouterr().out
    assert rendezvous.agreed_start(Places(tmp_path), 5) == 5, "one process asks nobody"


def test_parts_share_a_recording(tmp_path: Path, cluster: str) -> None:
    recording, load = new_recording(tmp_path), base_mix(steady(400, 3))
    parts = [Part(number, 2) for number in range(2)]
    chosen = order(cluster)
    running = [launch(load, chosen, recording, part) for part in parts]
    statuses = [process.wait(within_s=60) for process in running]
    plan = Plan(load, 7)
    assert [s.sent for s in statuses] == [planned_attempts(plan, part) for part in parts]
    assert sum(s.acked for s in statuses) == plan.attempts
    assert len({s.t0_us for s in statuses}) == 1, "they start as one, when the last of them is ready"
    sends, intent = (Recording(recording).rows(name) for name in ("send", "intent"))
    assert len({(s["uid"], s["copy"], s["attempt"]) for s in sends}) == len(sends) == plan.attempts
    assert len({(i["uid"], i["copy"]) for i in intent}) == len(intent)
    assert len(Recording(recording).rows("seal")) == 4
    assert all(read_ == expected for read_, expected in seals(recording).values())
    assert [counters.read(Places(recording, part).counters) is not None for part in parts] == [True, True]
