"""How far a load process has come, for others to read: live counters, and a status now and then."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import numpy as np

from gameday.kernel.words import LoadStatus
from loadgen.batch import Batch
from loadgen.counters import Counters
from loadgen.draws import Ints
from loadgen.ledger import in_words
from loadgen.ledger_format import ACK, FATES
from loadgen.places import Part, Places
from loadgen.plan import Plan
from loadgen.schedule import planned_attempts
from loadgen.senders import Settled

_STATUS_US = 250_000


class Progress:
    def __init__(self, places: Places, now_us: Callable[[], int]) -> None:
        self._places = places
        self._now_us = now_us
        self._counters = Counters(places.counters)
        self.t0_us = 0
        self.plan_hash = ""
        self.batch: Batch | None = None
        self._planned = self._sent = self._bytes = self._due_before = 0
        self._fates: Ints = np.zeros(len(FATES), dtype=np.int64)
        self._late: list[Ints] = []
        self._late_p99_us = self._late_max_us = 0
        self._next_status = 0

    # -- what happened -------------------------------------------------------------------------------

    def plan(self, plan: Plan, part: Part) -> None:
        self.plan_hash = plan.hash()
        self._planned = planned_attempts(plan, part)

    def starts_at(self, t0_us: int) -> None:
        self.t0_us = t0_us
        self._counters.set(t0_us=t0_us, planned=self._planned)

    def sent(self, batch: Batch, start: int, stop: int) -> None:
        self._sent += stop - start
        self._bytes += int(batch.values.lengths[start:stop].sum())
        self._late.append(batch.invoked[start:stop] - batch.due[start:stop])
        self._counters.set(sent=self._sent, bytes_sent=self._bytes)

    def batch_is_over(self, handed_over: int) -> None:
        self._due_before += handed_over
        self.batch = None

    def settled(self, records: Settled) -> None:
        self._fates += np.bincount(records["fate"], minlength=len(FATES))
        acked = records[records["fate"] == ACK]
        self._counters.add_latencies(acked["t_done"] - acked["t_due"])

    # -- what is told --------------------------------------------------------------------------------

    def tick(self) -> None:
        now = self._now_us()
        ack, fail, unknown = self._fates.tolist()
        self._counters.set(acked=ack, failed=fail, unknown=unknown, due=self._due(now), updated_us=now)
        if now >= self._next_status:
            self._look_at_the_schedule()
            self.tell()
            self._next_status = now + _STATUS_US

    def _look_at_the_schedule(self) -> None:
        if self._late:
            late = np.concatenate(self._late)
            self._late = []
            self._late_p99_us = int(np.percentile(late, 99))
            self._late_max_us = max(self._late_max_us, int(late.max()))
            self._counters.set(late_p99_us=self._late_p99_us, late_max_us=self._late_max_us)

    def _due(self, now: int) -> int:
        waiting = 0 if self.batch is None else int(np.searchsorted(self.batch.due, now, side="right"))
        return self._due_before + waiting

    def status(self, finished: bool = False, error: str = "") -> LoadStatus:
        ack, fail, unknown = self._fates.tolist()
        now = self._now_us()
        begun = self.t0_us and now >= self.t0_us
        return LoadStatus(
            t0_us=self.t0_us if begun else 0,
            planned=self._planned,
            due=self._due(now),
            sent=self._sent,
            acked=ack,
            failed=fail,
            unknown=unknown if not finished else self._sent - ack - fail,
            late_ms_p99=self._late_p99_us / 1_000,
            finished=finished,
            error=error,
            plan_hash=self.plan_hash,
        )

    def tell(self, finished: bool = False) -> None:
        try:
            tell(self._places.status, json.dumps(asdict(self.status(finished))))
        except OSError as error:
            raise OSError(
                f"the load could not write its status: {in_words(error)} ({self._places.status})"
            ) from error

    def finish(self) -> None:
        """The last look, with everything settled."""
        self._next_status = 0
        self.tick()
        self.tell(finished=True)

    def last_word(self, error: str) -> None:
        """Of a process that fails: it may not be able to write a new file any more."""
        text = json.dumps(asdict(self.status(error=error)))
        try:
            tell(self._places.status, text)
        except OSError:
            with suppress(OSError):  # then the exit code and the log are left
                tell(self._places.status, text, in_place=True)


def tell(path: Path, text: str, in_place: bool = False) -> None:
    """Replace a file as a whole. A full disk refuses that, but lets what lies on it be overwritten."""
    if in_place:
        with path.open("r+b") as file:
            file.write(text.encode().ljust(path.stat().st_size))
        return
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)
