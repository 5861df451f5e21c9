"""Prepares slabs ahead of time in a thread: bytes encoded, intent on disk before anything of it is sent."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from gameday.kernel.recording import Recording
from loadgen.events import Encoder, Wire
from loadgen.intent import intent_table
from loadgen.plan import Plan, Slab

AHEAD = 2  # slabs that may wait


@dataclass(frozen=True)
class Batch:
    """One slab, ready to be handed over: positions ascend, and so do the times."""

    first_position: int
    due: list[int]  # absolute
    keys: list[bytes]
    values: list[bytes]


def batches(plan: Plan, encoder: Encoder, t0_us: int, recording: Recording) -> Iterator[Batch]:
    """All slabs in order. The bytes of a row are kept until its last repetition was handed over."""
    wires: dict[int, Wire] = {}
    for slab in plan.slabs():
        wire = wires[slab.number] = encoder.encode(slab.rows)
        recording.write("intent", intent_table(slab.rows, wire, t0_us), writer="load")
        for old in [number for number in wires if number < plan.still_needed(slab.number)]:
            del wires[old]
        yield _batch(slab, wires, t0_us)


def _batch(slab: Slab, wires: dict[int, Wire], t0_us: int) -> Batch:
    sends = slab.sends
    places = list(zip(sends.block.tolist(), sends.row.tolist(), strict=True))
    return Batch(
        slab.first_position,
        (sends.due + t0_us).tolist(),
        [wires[block].keys[row] for block, row in places],
        [wires[block].values[row] for block, row in places],
    )


class Feed:
    """Batches made by a thread, so that encoding a slab does not delay the events of the one before."""

    def __init__(self, source: Iterator[Batch]) -> None:
        self._ready: queue.Queue[Batch | BaseException | None] = queue.Queue(AHEAD)
        self._stop = threading.Event()
        self.over = False
        self._thread = threading.Thread(target=self._work, args=(source,), name="feed", daemon=True)
        self._thread.start()

    def take(self) -> Batch | None:
        """The next batch if one is ready. After the last one, `over` is true."""
        try:
            item = self._ready.get_nowait()
        except queue.Empty:
            return None
        if isinstance(item, BaseException):
            raise item
        self.over = item is None
        return item

    def close(self) -> None:
        """Returns when no further intent will be written."""
        self._stop.set()
        while self._thread.is_alive():
            self._thread.join(0.05)
            while not self._ready.empty():
                self._ready.get_nowait()

    def _work(self, source: Iterator[Batch]) -> None:
        try:
            for batch in source:
                self._ready.put(batch)
                if self._stop.is_set():
                    return
            self._ready.put(None)
        except BaseException as error:  # handed to the process, which raises it
            self._ready.put(error)
