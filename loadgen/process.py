"""The load process: `python -m loadgen.process ORDER.json` hands events over at the moment they are due."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time
from bisect import bisect_right
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import FrameType

from gameday.kernel.journal import write_durably
from gameday.kernel.recording import Recording
from gameday.kernel.waiting import pause
from gameday.kernel.words import LoadStatus
from loadgen.events import Encoder
from loadgen.feed import Batch, Feed, batches
from loadgen.ids import Ids
from loadgen.intent import intent_table
from loadgen.ledger import ACK, FAIL, Mark, Outcomes, in_words
from loadgen.places import Assignment, Places
from loadgen.plan import Plan
from loadgen.seal import seal_ledger
from loadgen.senders import Sender
from loadgen.senders.careless import kafka_sender
from loadgen.senders.kafka import DELIVERY_TIMEOUT_S, settings

READY_WITHIN_S = 30.0
SETTLE_WITHIN_S = DELIVERY_TIMEOUT_S + 5.0

_FLUSH_US = 50_000
_STATUS_US = 250_000
_LONGEST_WAIT_S = 0.02
_AT_ONCE = 64  # events handed over between two looks at the outcomes
_LEAD_US = 300_000
_US = 1_000_000


class LoadRun:
    """One life of the process: prepare, hand over on an absolute schedule, settle, seal."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        order = assignment.order
        self.places = Places(assignment.recording)
        self.recording = Recording(assignment.recording)
        self.now_us = order.anchor.now_us
        self.plan = Plan(assignment.load, order.seed)
        self.ids = Ids(order.nonce, order.run_tag)
        self.mark = Mark(self.places.mark)
        self.outcomes = Outcomes(self.places.outcomes)
        options = settings(
            order.bootstrap, assignment.load.tuned, order.client, dict(assignment.load.overrides)
        )
        self.sender: Sender = kafka_sender(order.topic, options, self.now_us, self.report)
        self.t0_us = 0
        self.plan_hash = ""
        self.sent = self.due_before = 0
        self.batch: Batch | None = None
        self.counts = [0, 0, 0]
        self.late_us: list[int] = []
        self.late_ms_p99 = 0.0
        self.stopping = False
        self._parent = os.getppid()
        self._next_flush = self._next_status = 0

    # -- the life ------------------------------------------------------------------------------------

    def run(self) -> None:
        self.write_status()
        self.sender.ready(READY_WITHIN_S)
        feed = self._start()
        try:
            while not self.stopping and not feed.over:
                batch = feed.take()
                if batch is None:
                    self._serve(0.002)
                else:
                    self._hand_over(batch)
        finally:
            feed.close()
        self._settle()
        self.outcomes.close()
        seal_ledger(self.places.recording)
        self.write_status(finished=True)

    def _start(self) -> Feed:
        """Choose the start such that the first slab will be ready: its making is tried and timed first."""
        self.plan_hash = self.plan.hash()
        begun = time.monotonic()
        rows = self.plan.block(0).rows
        intent_table(rows, Encoder(self.plan.seed, self.ids, self.now_us()).encode(rows), self.now_us())
        taken_us = int((time.monotonic() - begun) * _US)
        self.t0_us = self.now_us() + _LEAD_US + 3 * taken_us
        write_durably(self.places.start, {"t0_us": self.t0_us})
        gc.freeze()
        encoder = Encoder(self.plan.seed, self.ids, self.t0_us)
        return Feed(batches(self.plan, encoder, self.t0_us, self.recording))

    def _hand_over(self, batch: Batch) -> None:
        self.batch = batch
        at = 0
        while at < len(batch.due) and not self.stopping:
            now = self.now_us()
            upto = min(bisect_right(batch.due, now, at), at + _AT_ONCE)
            if upto == at:
                self._serve((batch.due[at] - now) / _US)
                continue
            self.mark.raise_to(batch.first_position + upto)
            for n in range(at, upto):
                self.late_us.append(self.now_us() - batch.due[n])
                self.sender.send(batch.first_position + n, batch.keys[n], batch.values[n])
            self.sent += upto - at
            at = upto
            self._serve(0)
        self.due_before += at
        self.batch = None

    def _settle(self) -> None:
        """Until every outcome is known, or the client's own deadline is well past."""
        deadline = self.now_us() + int(SETTLE_WITHIN_S * _US)
        while self.sender.pending() and self.now_us() < deadline:
            self._serve(_LONGEST_WAIT_S)
        if self.sender.pending():
            self.sender.abandon()

    # -- meanwhile -----------------------------------------------------------------------------------

    def _serve(self, seconds: float) -> None:
        """Let time pass until the next event is due; outcomes are taken and written meanwhile."""
        seconds = min(seconds, _LONGEST_WAIT_S)
        if seconds >= 0.001:
            self.sender.wait(seconds)
        else:
            self.sender.wait(0)
            pause(seconds)  # pacing below the client's resolution of a millisecond
        now = self.now_us()
        if now >= self._next_flush:
            self.outcomes.flush()
            self._next_flush = now + _FLUSH_US
        if now >= self._next_status:
            self.write_status()
            self._next_status = now + _STATUS_US
            # Without its harness the load is nobody's: end it in good order.
            self.stopping = self.stopping or os.getppid() != self._parent

    def report(
        self, position: int, invoked: int, done: int, offset: int, partition: int, error: int, fate: int
    ) -> None:
        self.counts[fate] += 1
        self.outcomes.add(position, invoked, done, offset, partition, error, fate)

    def status(self, finished: bool = False, error: str = "") -> LoadStatus:
        now = self.now_us()
        begun = self.t0_us and now >= self.t0_us
        due = self.due_before + (bisect_right(self.batch.due, now) if self.batch else 0)
        if self.late_us:
            ordered = sorted(self.late_us)
            self.late_ms_p99 = ordered[len(ordered) * 99 // 100] / 1_000
            self.late_us = []
        ack, fail = self.counts[ACK], self.counts[FAIL]
        return LoadStatus(
            t0_us=self.t0_us if begun else 0,
            planned=self.plan.attempts,
            due=due,
            sent=self.sent,
            acked=ack,
            failed=fail,
            unknown=self.counts[2] if not finished else self.sent - ack - fail,
            late_ms_p99=self.late_ms_p99,
            finished=finished,
            error=error,
            plan_hash=self.plan_hash,
        )

    def write_status(self, finished: bool = False) -> None:
        try:
            tell(self.places.status, json.dumps(asdict(self.status(finished))))
        except OSError as error:
            raise OSError(
                f"the load could not write its status: {in_words(error)} ({self.places.status})"
            ) from error

    def fail(self, error: Exception) -> None:
        """Save what can be saved, and leave the reason in the status. The caller raises the error again."""
        with suppress(OSError):  # the first cause counts, and it may forbid this too
            self.outcomes.flush()
        text = json.dumps(asdict(self.status(error=f"{type(error).__name__}: {error}")))
        try:
            tell(self.places.status, text)
        except OSError:
            with suppress(OSError):  # then the exit code and the log are left
                tell(self.places.status, text, in_place=True)


def tell(path: Path, text: str, in_place: bool = False) -> None:
    """Replace a file as a whole. A full disk refuses that, but lets what lies on it be overwritten."""
    if in_place:
        with path.open("r+b") as file:
            file.write(text.encode().ljust(path.stat().st_size))
        return
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)


def main(order_path: str) -> int:
    sys.setswitchinterval(0.001)  # the feed's thread must not hold the pacing up
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
