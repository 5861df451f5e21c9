"""The load process, run for real against librdkafka's mock cluster: to its end, stopped, and killed."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gameday.kernel.clock import anchor
from gameday.kernel.recording import Recording
from gameday.kernel.waiting import pause, wait_until
from gameday.kernel.words import HarnessError
from loadgen.hashes import body_hash
from loadgen.ids import Ids
from loadgen.launch import NOT_YET, LoadProcess
from loadgen.ledger_reader import LedgerReader
from loadgen.places import Places
from loadgen.plan import Plan
from loadgen.profiles import Load, base_mix, invalid, steady, twins
from loadgen.progress import tell
from loadgen.seal import seal_after_crash
from tests.loadgen import mock_kafka
from tests.loadgen.rig import NONCE, TOPIC, everything_in, new_recording, order, seals

MOCK: dict[str, Any] = {"test.mock.num.brokers": 3}
ONE_FLUSH_US = 100_000  # no acknowledgement older than this may be lost


def start(load: Load, folder: Path, bootstrap: str = "", **client: Any) -> LoadProcess:
    running = load.start(order(bootstrap, **client), folder)
    assert isinstance(running, LoadProcess)
    return running


def test_a_run_to_its_end(tmp_path: Path) -> None:
    folder, load = new_recording(tmp_path), steady(600, 3) | twins() | invalid()
    running = start(load, folder, **MOCK)
    wait_until("the first event", lambda: running.status().t0_us, within_s=20)
    assert not running.status().finished
    status = running.wait(within_s=40)
    plan = Plan(load, 7)
    assert status.finished and not status.error
    assert (status.planned, status.sent, status.acked) == (plan.attempts,) * 3

    recording = Recording(folder)
    sends, intent = recording.rows("send"), recording.rows("intent")
    rows = sum(len(plan.block(n).rows) for n in range(plan.slab_count))
    assert seals(folder) == {"send": (plan.attempts,) * 2, "intent": (rows, rows)}
    assert Counter(s["outcome"] for s in sends) == {"ACK": plan.attempts}
    assert len({(s["uid"], s["copy"], s["attempt"]) for s in sends}) == plan.attempts
    assert {(s["uid"], s["copy"]) for s in sends} == {(i["uid"], i["copy"]) for i in intent}
    assert len({(s["partition"], s["src_offset"]) for s in sends}) == plan.attempts
    assert all(s["t_due"] <= s["t_invoke"] <= s["t_done"] and s["error"] is None for s in sends)
    assert min(s["t_due"] for s in sends) == status.t0_us
    metrics = Counter(m["name"] for m in recording.rows("metric"))
    assert metrics["rate"] == metrics["schedule_late_us"] >= 3
    assert sum(m["value"] for m in recording.rows("metric") if m["name"] == "rate") == plan.attempts


def test_sigterm_ends_the_load_in_good_order(tmp_path: Path) -> None:
    folder, load = new_recording(tmp_path), base_mix(steady(500, 60))
    running = start(load, folder, **MOCK)
    wait_until("some events", lambda: running.status().acked > 300, within_s=20)
    running.stop()
    assert running.process.returncode == 0
    status = running.status()
    assert status.finished and 300 < status.acked == status.sent < status.planned
    sends = Recording(folder).rows("send")
    assert len(sends) == status.sent and {s["outcome"] for s in sends} == {"ACK"}
    read, expected = seals(folder)["intent"]
    assert read == expected
    running.stop()  # once more changes nothing
    assert len(Recording(folder).rows("send")) == status.sent


def test_sigkill_leaves_a_usable_ledger(tmp_path: Path, cluster: str) -> None:
    folder, load = new_recording(tmp_path), base_mix(steady(500, 60))
    running = start(load, folder, cluster)
    wait_until("some events", lambda: running.status().acked > 1_200, within_s=20)
    pause(0.18)  # away from the beat of the statuses, which a ledger written too rarely might share
    killed_us = anchor().now_us()
    running.kill()
    assert seal_after_crash(folder) and not seal_after_crash(folder)

    recording = Recording(folder)
    sends = {(s["uid"], s["copy"], s["attempt"]): s for s in recording.rows("send")}
    outcomes = Counter(s["outcome"] for s in sends.values())
    assert set(outcomes) <= {"ACK", "UNKNOWN"} and outcomes["ACK"] > 1_000
    assert all(read == expected for read, expected in seals(folder).values()) and len(seals(folder)) == 2

    found = everything_in(cluster, TOPIC)
    intended = {i["body_hash"]: (i["uid"], i["copy"]) for i in recording.rows("intent")}
    known = {(uid, copy) for uid, copy, _ in sends}
    at_broker = Counter(intended[body_hash(m.value())] for m in found)
    assert at_broker.keys() <= known, "every event at the broker lies below the mark"
    ids, broker_ids = Ids(NONCE, 5), [_event_id(m.value()) for m in found]
    uid, copy, ok = ids.open(broker_ids)
    assert {(int(u), int(c)) for u, c in zip(uid[ok], copy[ok], strict=True)} <= known

    acked = {(s["partition"], s["src_offset"]) for s in sends.values() if s["outcome"] == "ACK"}
    there = {(m.partition(), m.offset()) for m in found}
    assert acked <= there
    assert len(there - acked) <= outcomes["UNKNOWN"]
    lost = _oldest_loss_us(list(sends.values()), killed_us)
    assert lost <= ONE_FLUSH_US, f"an acknowledgement of {lost / 1_000:.0f} ms before the kill is lost"
    spans = _batch_spans_us(Places(folder).outcomes)
    assert len(spans) > 20 and np.percentile(spans, 95) <= ONE_FLUSH_US, (
        "outcomes wait for longer than one flush"
    )


def _batch_spans_us(path: Path) -> list[int]:
    """From the first acknowledgement of each batch in a ledger to its last: so long did one wait at least."""
    return [int(np.ptp(records["t_done"])) for records in LedgerReader.open(path).batches()]


def _oldest_loss_us(sends: list[dict[str, Any]], killed_us: int) -> int:
    """How long before the kill the oldest UNKNOWN event must have been acknowledged, at the very latest.

    An event counts as acknowledged when the slowest one of the last second would have been: so a machine
    that hiccups moves the measure, and a ledger that is written too rarely does not.
    """
    known = [s for s in sends if s["outcome"] == "ACK" and s["t_due"] > killed_us - 1_000_000]
    assert len(known) > 250
    slowest = max(s["t_done"] - s["t_due"] for s in known)
    return max((int(killed_us - s["t_due"] - slowest) for s in sends if s["outcome"] == "UNKNOWN"), default=0)


def _event_id(value: bytes) -> str | None:
    try:
        body = json.loads(value)
    except ValueError:
        return None
    event_id = body.get("event_id") if isinstance(body, dict) else None
    return event_id if isinstance(event_id, str) else None


def test_a_disk_that_fills_up_costs_outcomes_not_the_ledger(tmp_path: Path, cluster: str) -> None:
    folder, load = new_recording(tmp_path), base_mix(steady(500, 60))
    running, places = start(load, folder, cluster), Places(folder)
    wait_until("some events", lambda: running.status().acked > 300, within_s=20)
    limit = places.outcomes.stat().st_size + 500  # not the end of a batch: the last one will be short
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (limit, limit))
    with pytest.raises(HarnessError, match="could not write its ledger: file too large"):
        running.wait(within_s=20)
    wait_until("it is gone", lambda: running.process.poll() is not None, within_s=10)
    assert running.process.returncode == 1
    status = running.status()
    assert not status.finished and "could not write its ledger" in status.error
    written = LedgerReader.open(places.outcomes)
    assert written.ignored_bytes == 0 and written.count > 300

    assert seal_after_crash(folder)
    fates = Counter(s["outcome"] for s in Recording(folder).rows("send"))
    assert fates["ACK"] == written.count and fates["UNKNOWN"] > 0
    assert fates.total() == status.sent == seals(folder)["send"][0] == seals(folder)["send"][1]


def test_an_error_is_told_even_if_no_file_can_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk refuses new files; what lies on it can be overwritten."""
    path = tmp_path / "status.json"
    tell(path, '{"finished": false, "counts": "many of them"}')

    def full(source: Any, target: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        tell(path, "{}")
    tell(path, '{"finished": true}', in_place=True)
    assert json.loads(path.read_text()) == {"finished": True}


class Dead(LoadProcess):
    """A load process that ended at once with code 3, having said what its status file holds."""

    def __init__(self, folder: Path, said: str | None) -> None:
        places = Places(folder)
        places.log.parent.mkdir(parents=True, exist_ok=True)
        places.folder.mkdir(exist_ok=True)
        places.log.write_text("its last words\n")
        if said is not None:
            places.status.write_text(said)
        super().__init__(subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"]), places, "load-dead")


@pytest.mark.parametrize("said", [None, "", "{", "null", json.dumps(asdict(NOT_YET))])
def test_a_dead_process_has_an_error_whatever_it_said(tmp_path: Path, said: str | None) -> None:
    running = Dead(new_recording(tmp_path), said)
    begun = time.monotonic()
    with pytest.raises(HarnessError, match=r"(?s)ended with code 3.*its last words"):
        running.wait(within_s=60)
    assert time.monotonic() - begun < 10
    assert "ended with code 3" in running.status().error and not running.status().finished


def test_an_orphan_ends_itself(tmp_path: Path) -> None:
    """A harness that was killed leaves no load running."""
    folder = new_recording(tmp_path)
    script = (
        "import sys, os; from pathlib import Path; from tests.loadgen.rig import order\n"
        "from loadgen.profiles import steady\n"
        f"running = steady(200, 60).start(order(**{MOCK!r}), Path({str(folder)!r}))\n"
        "from gameday.kernel.waiting import wait_until\n"
        "wait_until('events', lambda: running.status().acked > 50, within_s=20); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script], timeout=40, check=False)
    status = Places(folder).status
    wait_until("it ends", lambda: json.loads(status.read_text())["finished"], within_s=20)
    assert seals(folder)["send"][0] == seals(folder)["send"][1] > 50


def test_brokers_that_are_gone_do_not_slow_the_schedule(tmp_path: Path) -> None:
    """The mock cluster dies with its host while events are due: they are invoked on time and end UNKNOWN."""
    folder = new_recording(tmp_path)
    command = [sys.executable, mock_kafka.__file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout is not None
        load = steady(300, 5).client(delivery_timeout_ms=1_500, linger_ms=10)
        running = start(load, folder, host.stdout.readline().strip())
        wait_until("some events", lambda: running.status().acked > 300, within_s=20)
        host.kill()
        host.wait()
    status = running.wait(within_s=40)
    sends = Recording(folder).rows("send")
    assert len(sends) == status.sent == 1_500
    by_outcome = Counter(s["outcome"] for s in sends)
    assert by_outcome["UNKNOWN"] > 500 and by_outcome["ACK"] >= 300 and not by_outcome["FAIL"]
    assert {s["error"] for s in sends if s["outcome"] == "UNKNOWN"} == {"_MSG_TIMED_OUT"}
    late = np.array([s["t_invoke"] - s["t_due"] for s in sends])
    assert np.percentile(late, 95) < 50_000


def test_a_topic_without_a_cluster_is_trouble_not_silence(tmp_path: Path) -> None:
    folder = new_recording(tmp_path)
    running = start(steady(10, 1), folder, "127.0.0.1:1", **{"no.such.setting": "1"})
    with pytest.raises(HarnessError, match=r"refuses its settings.*no\.such\.setting"):
        running.wait(within_s=20)
    assert running.status().error


def test_an_event_that_the_client_refuses_is_a_failure(tmp_path: Path) -> None:
    folder = new_recording(tmp_path)
    running = start(steady(100, 1).client(message_max_bytes=1_280), folder, **MOCK)
    running.wait(within_s=30)
    sends = Recording(folder).rows("send")
    by_error = Counter((s["outcome"], s["error"]) for s in sends)
    assert by_error["FAIL", "MSG_SIZE_TOO_LARGE"] > 20 and by_error["ACK", None] > 20
    assert sum(by_error.values()) == 100
