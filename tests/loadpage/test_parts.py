"""Two real load processes under one locust process: together the whole plan, and locust's figures theirs."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import gevent
import pytest
from locust.stats import RequestStats

from fixtures.driving.handed import HandedOrder, statuses, together
from gameday.kernel.recording import Recording
from loadgen.plan import Plan
from loadgen.profiles import base_mix, steady
from loadpage.parts import Parts
from loadpage.shipping import Chunk, Receiver
from loadpage.statistics import METHOD, NAME
from tests.loadgen import mock_kafka
from tests.loadgen.rig import new_recording, order

LOAD = base_mix(steady(400, 3))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAMEDAY_HOME", str(tmp_path / "home"))


@pytest.fixture
def cluster() -> Iterator[str]:
    command = [sys.executable, mock_kafka.__file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as host:
        try:
            assert host.stdout is not None
            yield host.stdout.readline().strip()
        finally:
            host.kill()


def parts_of(failed: list[str]) -> tuple[Parts, RequestStats]:
    stats = RequestStats(use_response_times_cache=True)
    return Parts(SimpleNamespace(stats=stats), failed.append), stats


def test_two_processes_send_the_whole_plan_once_and_ship_it(tmp_path: Path, cluster: str) -> None:
    recording, failed, shipped = new_recording(tmp_path), list[str](), list[Chunk]()
    parts, stats = parts_of(failed)
    parts.start(HandedOrder(LOAD, order(cluster), recording, 2), [0, 1], shipped.append)
    parts._looking.join(60)
    parts.join()
    assert failed == []
    plan = Plan(LOAD, 7)
    receiver = Receiver(tmp_path / "master")
    for chunk in shipped:
        receiver.take(chunk)
    send = Recording(tmp_path / "master").rows("send")
    attempts = Counter((row["uid"], row["copy"], row["attempt"]) for row in send)
    assert (sum(attempts.values()), max(attempts.values())) == (plan.attempts, 1)
    acked = sum(row["outcome"] == "ACK" for row in send)
    assert stats.entries[(NAME, METHOD)].num_requests == plan.attempts
    assert stats.entries[(NAME, METHOD)].num_failures == plan.attempts - acked
    assert together(statuses(tmp_path / "master"), 2).finished


def test_a_process_that_cannot_start_is_told(tmp_path: Path) -> None:
    recording, failed = new_recording(tmp_path), list[str]()
    parts, _ = parts_of(failed)
    refused = replace(order("127.0.0.1:1"), client={"no.such.setting": 1})
    parts.start(HandedOrder(LOAD, refused, recording, 1), [0])
    parts._looking.join(60)
    parts.join()
    (why,) = failed
    assert "ended with code 1; see" in why
    assert "no.such.setting" in (recording / "logs" / "load.log").read_text(encoding="utf-8")


def test_a_stop_ends_every_process_with_a_whole_ledger(tmp_path: Path, cluster: str) -> None:
    recording, failed = new_recording(tmp_path), list[str]()
    parts, stats = parts_of(failed)
    parts.start(HandedOrder(base_mix(steady(200, 120)), order(cluster), recording, 2), [0, 1])
    with gevent.Timeout(60):
        while stats.total.num_requests < 100:
            gevent.sleep(0.2)
    parts.join()
    assert failed == []
    status = together(statuses(recording), 2)
    assert status.finished
    assert 0 < status.sent < status.planned
    assert status.sent == len(Recording(recording).rows("send")) == stats.total.num_requests
