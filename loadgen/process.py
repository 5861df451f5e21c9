"""The load process: `python -m loadgen.process ORDER.json` hands events over at the moment they are due."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

import numpy as np

from gameday.kernel.journal import write_durably
from gameday.kernel.waiting import pause
from loadgen.batch import Batch
from loadgen.buffers import keep_memory
from loadgen.encode import SlabEncoder
from loadgen.feed import Feed, batches
from loadgen.ids import Ids
from loadgen.ledger import Mark, Outcomes
from loadgen.places import Assignment
from loadgen.plan import Plan
from loadgen.progress import Progress
from loadgen.rendezvous import agreed_start
from loadgen.seal import seal_ledger
from loadgen.senders import Sender
from loadgen.senders.choice import open_sender
from loadgen.senders.kafka_settings import DELIVERY_TIMEOUT_S

READY_WITHIN_S = 30.0
SETTLE_WITHIN_S = DELIVERY_TIMEOUT_S + 5.0

_FLUSH_US = 50_000
_TICK_S = 0.0015  # what is due within a tick goes together, so that a high rate costs no more wakings
_LONGEST_WAIT_S = 0.02
_AT_ONCE = 1_024  # events handed over between two looks at the outcomes
_LEAD_US = 300_000
_US = 1_000_000
_PRIORITY = -10


class LoadRun:
    """One life of the process: prepare, hand over on an absolute schedule, settle, seal."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        order = assignment.order
        self.places = assignment.places
        self.now_us = order.anchor.now_us
        self.plan = Plan(assignment.load, order.seed)
        self.mark = Mark(self.places.mark)
        self.outcomes = Outcomes(self.places.outcomes)
        self.progress = Progress(self.places, self.now_us)
        self.sender: Sender = open_sender(assignment)
        self.stopping = False
        self._parent = os.getppid()
        self._next_flush = 0

    # -- the life ------------------------------------------------------------------------------------

    def run(self) -> None:
        self.progress.tell()
        print(f"events go over {self.sender.path}: {self.sender.way}", flush=True)
        self.sender.ready(READY_WITHIN_S)
        _ask_for_priority()
        feed = self._start()
        try:
            while not self.stopping and not feed.over:
                batch = feed.take()
                if batch is None:
                    self._serve(_TICK_S)
                else:
                    self._hand_over(batch)
        finally:
            feed.close()
        self._settle()
        self.outcomes.close()
        self.sender.close()
        if self.assignment.tables:
            seal_ledger(self.places.recording, self.places.part)
        self.progress.finish()

    def _start(self) -> Feed:
        """Choose the start such that the first stretch will be ready: its making is tried and timed first."""
        order, part = self.assignment.order, self.assignment.part
        if self.assignment.tables:
            self.progress.plan(self.plan, part)
        ids = Ids(order.nonce, order.run_tag)
        begun = time.monotonic()
        next(batches(self.plan, SlabEncoder(self.plan, ids, 0), 0, part))
        taken_us = int((time.monotonic() - begun) * _US)
        t0_us = self.assignment.t0_us or agreed_start(self.places, self.now_us() + _LEAD_US + 3 * taken_us)
        write_durably(self.places.start, {"t0_us": t0_us})
        self.progress.starts_at(t0_us)
        gc.freeze()
        return Feed(batches(self.plan, SlabEncoder(self.plan, ids, t0_us), t0_us, part))

    def _hand_over(self, batch: Batch) -> None:
        self.progress.batch = batch
        at = 0
        while at < len(batch) and not self.stopping:
            upto = int(np.searchsorted(batch.due, self.now_us(), side="right"))
            while at < upto:
                stop = min(upto, at + _AT_ONCE)
                self.mark.raise_to(batch.first_position + stop)
                self.sender.send(batch, at, stop)
                self.progress.sent(batch, at, stop)
                at = stop
                self._serve(0)
            if at < len(batch):
                self._serve(max(_TICK_S, (int(batch.due[at]) - self.now_us()) / _US))
        self.progress.batch_is_over(at)

    def _settle(self) -> None:
        """Until every outcome is known, or the client's own deadline is well past."""
        deadline = self.now_us() + int(SETTLE_WITHIN_S * _US)
        while self.sender.pending() and self.now_us() < deadline:
            self._serve(_LONGEST_WAIT_S)
        if self.sender.pending():
            self.sender.abandon()
            self._serve(1.0)

    # -- meanwhile -----------------------------------------------------------------------------------

    def _serve(self, seconds: float) -> None:
        """Let time pass until the next event is due; outcomes are taken and written meanwhile."""
        if 0 < seconds <= _TICK_S:
            pause(_TICK_S)
            seconds = 0
        records = self.sender.take(min(seconds, _LONGEST_WAIT_S))
        if len(records):
            self.outcomes.add(records)
            self.progress.settled(records)
        now = self.now_us()
        if now >= self._next_flush:
            self.outcomes.flush()
            self._next_flush = now + _FLUSH_US
            self.progress.tick()
            # Without its harness the load is nobody's: end it in good order.
            self.stopping = self.stopping or os.getppid() != self._parent

    def fail(self, error: Exception) -> None:
        """Save what can be saved, and leave the reason in the status. The caller raises the error again."""
        with suppress(OSError):  # the first cause counts, and it may forbid this too
            self.outcomes.flush()
        self.progress.last_word(f"{type(error).__name__}: {error}")


def _ask_for_priority() -> None:
    """For this thread and those that it starts: an instrument that waits for a processor measures the wait.

    Not for the threads of a client, which were started before: they are part of what is measured. It is not
    granted to everybody, and not asked for by a load that was started with a niceness of its own.
    """
    if os.getpriority(os.PRIO_PROCESS, 0) == 0:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, _PRIORITY)


def main(order_path: str) -> int:
    sys.setswitchinterval(0.0002)  # the feed's thread must not hold the pacing up
    keep_memory()
    run = LoadRun(Assignment.read(Path(order_path)))

    def stop(signum: int, frame: FrameType | None) -> None:
        run.stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        run.run()
    except Exception as error:
        run.fail(error)
        raise
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m loadgen.process ORDER.json")
    sys.exit(main(sys.argv[1]))
