"""Senders, one file each: they take stretches of the schedule and report a fate for every attempt.

Whatever a sender sends over (a Kafka client, HTTP requests, files that are renamed when they are whole),
the load process drives it in the same way: `send` takes over a stretch at once, `take` gives back what
became of earlier ones, in any order. Nothing here may block for longer than it is told to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from loadgen.batch import Batch
from loadgen.ledger_format import RECORD

Clock = Callable[[], int]

# What became of an attempt: the record that goes into the ledger, and when the attempt was due.
SETTLED = np.dtype([*RECORD.descr, ("t_due", "<i8")])
Settled = npt.NDArray[np.void]
NOTHING_SETTLED: Settled = np.zeros(0, dtype=SETTLED)


class Sender(Protocol):
    @property
    def path(self) -> str: ...  # what the table `send` says: "kafka"
    @property
    def way(self) -> str: ...  # which of several ways it goes, in words
    def ready(self, within_s: float) -> None: ...  # returns once the first event can be sent, or raises
    def send(self, batch: Batch, start: int, stop: int) -> None: ...  # fills batch.invoked[start:stop]
    def take(self, seconds: float) -> Settled: ...  # waits no longer; returns early if there are outcomes
    def pending(self) -> int: ...  # attempts whose outcome was not taken yet
    def abandon(self) -> None: ...  # give up on what is pending: it is UNKNOWN
    def close(self) -> None: ...
