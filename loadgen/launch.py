"""Starts the load process and watches it from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from dataclasses import replace
from pathlib import Path

from gameday.kernel.journal import Journal
from gameday.kernel.waiting import DeadlineExceeded, wait_until
from gameday.kernel.words import HarnessError, LoadOrder, LoadStatus
from loadgen.counters import Counts, read
from loadgen.places import WHOLE, Assignment, Part, Places
from loadgen.profiles import Load
from loadgen.seal import seal_after_crash

# The process settles outcomes for as long as the client's delivery timeout, then seals.
STOP_WITHIN_S = 60.0
_ROOT = Path(__file__).resolve().parent.parent
NOT_YET = LoadStatus(0, 0, 0, 0, 0, 0, 0, 0.0, False)


class LoadProcess:
    """Implements the kernel's RunningLoad."""

    def __init__(self, process: subprocess.Popen[bytes], places: Places, token: str) -> None:
        self.process = process
        self._places = places
        self._token = token
        self._seen = NOT_YET

    def status(self) -> LoadStatus:
        """What the process said last. One that is dead without having finished always has an error."""
        code = self.process.poll()
        self._read_status()
        if code is None:
            return self._seen
        Journal().ended(self._token)
        if self._seen.finished or self._seen.error:
            return self._seen
        return replace(self._seen, error=f"the load process ended with code {code}; see {self._places.log}")

    def counts(self) -> Counts | None:
        """The live counters, at most 50 ms old; None before the process has made them."""
        return read(self._places.counters)

    def _read_status(self) -> None:
        try:
            self._seen = LoadStatus(**json.loads(self._places.status.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return  # none yet, or torn by a full disk: what was seen before holds

    def wait(self, within_s: float) -> LoadStatus:
        """Returns when everything is sent, settled and sealed; raises as soon as the load has failed."""
        wait_until("the load ends", lambda: self.process.poll() is not None, within_s=within_s)
        status = self.status()
        if status.error or not status.finished:
            raise HarnessError(f"the load failed: {status.error}\n{self._last_words()}")
        return status

    def stop(self) -> None:
        """No new events; outcomes are settled and sealed within a bounded time. Safe at any time."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                wait_until("the load stops", lambda: self.process.poll() is not None, within_s=STOP_WITHIN_S)
            except DeadlineExceeded:
                self.kill()
        Journal().ended(self._token)
        seal_after_crash(self._places.recording)

    def kill(self) -> None:
        """SIGKILL to the process and its group; nothing is sealed."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=10)
        Journal().ended(self._token)

    def _last_words(self) -> str:
        return "\n".join(self._places.log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])


def launch(
    load: Load,
    order: LoadOrder,
    recording: Path,
    part: Part = WHOLE,
    *,
    t0_us: int | None = None,
    tables: bool = True,
) -> LoadProcess:
    """Start the process that sends this part of the load, from `t0_us` on or as soon as it is ready."""
    assignment = Assignment(load, order, recording, part, t0_us, tables)
    places = assignment.places
    order_path = assignment.write()
    places.log.parent.mkdir(parents=True, exist_ok=True)
    token = f"load-{uuid.uuid4().hex[:12]}"
    command = [sys.executable, "-m", "loadgen.process", str(order_path)]
    owner = None if order.owner is None else dict(order.owner)
    Journal().starting(token, {"part": "load", "owner": owner, "argv": command[:1]})
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    with places.log.open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            process_group=0,
            env={**os.environ, "PYTHONPATH": path, "GAMEDAY_TOKEN": token},
        )
    return LoadProcess(process, places, token)
