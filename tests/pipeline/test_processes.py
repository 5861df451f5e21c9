"""Seams, the lifeline, the supervisor's patience and the client's deadline, on real processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.seams import Seams
from pipeline.supervisor import HEALTHY_S, Worker
from pipeline.waiting import Backoff, wait_until
from pipeline.warehouse import OutcomeUnknown
from pipeline.warehouse_client import WarehouseClient

ROOT = Path(__file__).parents[2]


def python(code: str, *arguments: str, **more: Any) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", code, *arguments], cwd=ROOT, **more)


REACH = """
import sys, pathlib
from pipeline.seams import Seams
Seams(pathlib.Path(sys.argv[1]))("2-files-written")
"""


def test_an_unarmed_seam_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "1-before-sink.armed").touch()
    Seams(tmp_path)("2-files-written")
    assert [path.name for path in tmp_path.iterdir()] == ["1-before-sink.armed"]


def test_an_armed_seam_kills_once_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "2-files-written.armed").touch()
    first = python(REACH, str(tmp_path))
    assert first.wait(10) == -signal.SIGKILL
    fired = json.loads((tmp_path / "2-files-written.fired").read_text())
    assert (fired["pid"], fired["seam"]) == (first.pid, "2-files-written")
    assert python(REACH, str(tmp_path)).wait(10) == 0


def test_a_worker_ends_with_its_supervisor() -> None:
    ours, theirs = os.pipe()[::-1]
    code = "from pipeline import lifeline; lifeline.hold(); input()"
    worker = python(
        code,
        pass_fds=(theirs,),
        stdin=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "PIPELINE_LIFELINE_FD": str(theirs)},
    )
    os.close(theirs)
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            worker.wait(0.5)
        os.close(ours)
        assert worker.wait(10) == -signal.SIGKILL
    finally:
        worker.kill()
        worker.communicate()


def test_pauses_double_up_to_a_bound_and_start_over() -> None:
    backoff = Backoff(0.5, 10)
    assert [backoff.pause_s() for _ in range(7)] == [0.5, 1, 2, 4, 8, 10, 10]
    backoff.reset()
    assert backoff.pause_s() == 0.5


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_worker_is_restarted_later_each_time_until_it_stays_healthy(tmp_path: Path) -> None:
    clock, started = Clock(), []

    def start(name: str) -> "subprocess.Popen[bytes]":
        started.append(clock.now)
        return python("input()", stdin=subprocess.PIPE, start_new_session=True)

    def die() -> None:
        assert worker.process is not None
        worker.process.kill()
        worker.process.communicate()
        worker.tick()
        assert worker.process is None

    worker = Worker("loader", start, tmp_path / "loader.json", now=clock)
    for pause in (0.5, 1.0, 2.0):
        worker.tick()
        die()
        clock.now += pause - 0.01
        worker.tick()
        assert worker.process is None, "too early"
        clock.now += 0.02
    worker.tick()
    clock.now += HEALTHY_S + 1
    worker.tick()
    died_at = clock.now
    die()
    clock.now += 0.51
    worker.tick()
    assert started[-1] == pytest.approx(died_at + 0.51)
    state = json.loads((tmp_path / "loader.json").read_text())
    assert worker.process is not None
    assert (state["pid"], state["restarts"]) == (worker.process.pid, 4)
    die()


def test_what_a_dead_worker_leaves_in_its_group_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, subprocess, sys; child = subprocess.Popen([sys.executable, '-c', 'input()'],"
        " stdin=subprocess.PIPE); print(child.pid, flush=True); input()"
    )

    def start(name: str) -> "subprocess.Popen[bytes]":
        return python(code, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)

    worker = Worker("loader", start, tmp_path / "loader.json")
    worker.tick()
    process = worker.process
    assert process is not None and process.stdout is not None and process.stdin is not None
    child = int(process.stdout.readline())
    # The pipe to the child is held by its parent: stop it from noticing by stopping it first.
    os.kill(child, signal.SIGSTOP)
    process.kill()
    assert wait_until(lambda: process.poll() is not None, 10)
    worker.tick()
    assert wait_until(lambda: not running(child), 10)
    process.stdout.close()
    process.stdin.close()


def running(pid: int) -> bool:
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(found.stdout.strip()) and not found.stdout.strip().startswith("Z")


@pytest.fixture
def client() -> Iterator[WarehouseClient]:
    with WarehouseClient("quack:127.0.0.1:1", "secret", (), deadline_s=1.0) as made:
        yield made


# Stands in for the session: answers, hangs or dies as the text asks it to.
STAND_IN = """
import sys, time
from multiprocessing.connection import Connection
pipe = Connection(int(sys.argv[1])); pipe.recv(); pipe.send(("ready", None))
while True:
    sql = pipe.recv()
    if sql == "hang": pipe.recv()
    if sql == "die": sys.exit(1)
    pipe.send(("rows", [(sql,)]) if sql != "lost" else ("unknown", "reply lost"))
"""


def test_a_session_that_hangs_is_killed_at_the_deadline(
    client: WarehouseClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = subprocess.Popen

    def stand_in(command: list[str], **more: Any) -> "subprocess.Popen[bytes]":
        return real([sys.executable, "-c", STAND_IN, command[-1]], **more)

    monkeypatch.setattr(subprocess, "Popen", stand_in)
    assert client.run("one") == [("one",)]
    for trouble, message in (("hang", "no answer"), ("die", "ended"), ("lost", "reply lost")):
        began = time.monotonic()
        with pytest.raises(OutcomeUnknown, match=message):
            client.run(trouble)
        assert time.monotonic() - began < 10
        assert client.run("again") == [("again",)], "the next statement gets a new session"
