"""Prepares stretches of the schedule ahead of time, in a thread, so that encoding delays nothing."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

from loadgen.batch import Batch
from loadgen.encode import SlabEncoder
from loadgen.places import WHOLE, Part
from loadgen.plan import Plan
from loadgen.schedule import stretches

AHEAD = 8  # stretches that may wait


def batches(plan: Plan, encoder: SlabEncoder, t0_us: int, part: Part = WHOLE) -> Iterator[Batch]:
    """All stretches in order, with their bytes."""
    for stretch in stretches(plan, part):
        keys, values = encoder.encode(stretch.known, stretch.row)
        yield Batch.of(stretch.first_position, stretch.due + t0_us, keys, values)


class Feed:
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
        """Returns when the thread has ended."""
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
