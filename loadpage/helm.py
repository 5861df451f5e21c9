"""The helm, on the master or the only locust process: a run from the start button to its verdict."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent

from fixtures.driving.handed import HandedOrder
from fixtures.driving.order import Drive
from fixtures.driving.room import Room, get, put

LOOK_EVERY_S = 0.25
TROUBLE = 3
CHECKOUT = Path(__file__).resolve().parent.parent
UNDER_LOAD = ("starting", "preparing", "load", "disturb")

log = logging.getLogger(__name__)


class Helm:
    """At most one run at a time; a new one has to wait until the one before is judged."""

    def __init__(
        self,
        hand_out: Callable[[HandedOrder], None],
        end_test: Callable[[], None],
        judged: Callable[[int], None],
    ) -> None:
        self._hand_out, self._end_test, self._judged = hand_out, end_test, judged
        self.room: Room | None = None
        self.code: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._watching: Any = None

    def begin(self, order: Drive) -> None:
        if self.busy():
            raise RuntimeError("the run before is not judged yet: wait for its verdict, then start again")
        self.code = None
        self.room = Room.fresh()
        put(self.room.order, order.to_json())
        path = os.pathsep.join(filter(None, (str(CHECKOUT), os.environ.get("PYTHONPATH"))))
        with self.room.log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "fixtures.driving", str(self.room.folder)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                process_group=0,  # Ctrl-C is for locust, which asks for an end in good order
                env={**os.environ, "PYTHONPATH": path},
            )
        log.info("driving in %s", self.room.folder)
        self._watching = gevent.spawn(self._watch, self.room, self._process)

    def busy(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def enough(self) -> None:
        """The load ends in good order; draining and judging go on."""
        if self.room is not None and self.busy():
            self.room.enough.touch()

    def give_up(self, why: str) -> None:
        """The load cannot be finished: the run ends with trouble, after everything is healed."""
        log.error("%s", why)
        if self.room is not None and self.busy():
            put(self.room.given_up, {"why": why})

    def join(self) -> int | None:
        """The exit code of the run, once it is judged; None if there was none."""
        if self._watching is not None:
            self._watching.join()
        return self.code

    def end_at_once(self) -> None:
        """For an impatient end: twice the signal heals, and judges nothing."""
        if self._process is not None and self.busy():
            self.enough()
            self._process.terminate()

    def _watch(self, room: Room, process: subprocess.Popen[bytes]) -> None:
        handed_out = ended = False
        while process.poll() is None:
            if not handed_out and (handed := HandedOrder.read(room)) is not None:
                handed_out, ended = True, False  # an end that was asked for before holds for what starts now
                self._hand_out(handed)
            phase = room.told().get("phase", "starting")
            if not ended and (room.enough.exists() or phase not in UNDER_LOAD):
                ended = True
                self._end_test()
            gevent.sleep(LOOK_EVERY_S)
        code = process.returncode
        self.code = code if code in (0, 1, 2) else TROUBLE
        told = room.told()
        if self.code == TROUBLE:
            log.error(
                "the run came to no verdict: %s; see %s", told.get("trouble", f"exit code {code}"), room.log
            )
        else:
            log.info("%s: %s", told.get("status"), told.get("message"))
        if not ended:
            self._end_test()
        self._judged(self.code)


def refused(room: Room, id: str) -> str | None:
    """Why an ask was refused, if it was."""
    answer = get(room.answers / f"{id}.json")
    return None if answer is None else str(answer["refused"])
