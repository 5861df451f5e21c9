"""The supervisor: starts the workers, restarts them with growing pauses, and ends with them."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pipeline import files, lifeline
from pipeline.clock import now_us
from pipeline.config import Config
from pipeline.waiting import Backoff, Stop, wait_until

log = logging.getLogger("pipeline.supervisor")

WORKERS: Final = ("landing", "loader", "curator")
HEALTHY_S: Final = 30.0
POLL_S: Final = 0.1
STOP_S: Final = 20.0

Starter = Callable[[str], "subprocess.Popen[bytes]"]


@dataclass
class Worker:
    """One worker and its history. ``tick`` is called often and never blocks."""

    name: str
    start_process: Starter
    record: Path
    now: Callable[[], float] = time.monotonic
    backoff: Backoff = field(default_factory=Backoff)
    process: "subprocess.Popen[bytes] | None" = None
    restarts: int = -1
    _since: float = 0.0
    _not_before: float = 0.0

    def tick(self) -> None:
        if self.process is None:
            if self.now() >= self._not_before:
                self._start()
        elif self.process.poll() is not None:
            self._bury(self.process)
        elif self.now() - self._since >= HEALTHY_S:
            self.backoff.reset()

    def _start(self) -> None:
        self.process = self.start_process(self.name)
        self._since = self.now()
        self.restarts += 1
        state = {"pid": self.process.pid, "started_at_us": now_us(), "restarts": self.restarts}
        files.write_atomically(self.record, json.dumps(state).encode())
        log.info("%s runs as pid %s", self.name, self.process.pid)

    def _bury(self, process: "subprocess.Popen[bytes]") -> None:
        # A dead driver may leave its JVM behind, and a dead loader its warehouse session.
        kill_group(process.pid)
        pause = self.backoff.pause_s()
        log.warning("%s ended with %s, restart in %.1f s", self.name, process.returncode, pause)
        self.process = None
        self._not_before = self.now() + pause

    def terminate(self) -> None:
        if self.process is not None:
            self.process.terminate()

    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None


def kill_group(leader: int) -> None:
    """Kill what is left of a process group."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return  # nothing was left


def run(config: Config, config_path: Path, stop: Stop) -> None:
    """Keep the workers running until asked to stop, then end them in order."""
    kept_open, handed_on = os.pipe()[::-1]
    start = _starter(config, config_path, handed_on)
    workers = [Worker(name, start, config.state / "workers" / f"{name}.json") for name in WORKERS]
    try:
        while not stop:
            for worker in workers:
                worker.tick()
            stop.pause(POLL_S)
    finally:
        _end(workers)
        os.close(kept_open)
        os.close(handed_on)


def _end(workers: list[Worker]) -> None:
    for worker in workers:
        worker.terminate()
    if not wait_until(lambda: all(worker.ended() for worker in workers), timeout_s=STOP_S):
        late = [worker.name for worker in workers if not worker.ended()]
        log.warning("%s did not end within %.0f s and will be killed", late, STOP_S)
    for worker in workers:
        if worker.process is not None:
            kill_group(worker.process.pid)
            worker.process.wait()
    log.info("all workers have ended")


def _starter(config: Config, config_path: Path, handle: int) -> Starter:
    def start(name: str) -> "subprocess.Popen[bytes]":
        with (config.logs / f"{name}.log").open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "pipeline", name, "--config", str(config_path)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(handle,),
                env={**os.environ, lifeline.VARIABLE: str(handle)},
            )

    return start
