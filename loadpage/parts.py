"""The load processes of one locust process: started on order, read into statistics, stopped in good order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import gevent

from fixtures.driving.handed import HandedOrder
from fixtures.substrates import lives
from loadgen import counters
from loadgen.launch import LoadProcess, launch
from loadgen.places import Part, Places
from loadpage.statistics import Bulk

LOOK_EVERY_S = 0.25


class Parts:
    """One greenlet looks at all of them; nothing here blocks another greenlet."""

    def __init__(self, environment: Any) -> None:
        self._environment = environment
        self._running: list[tuple[LoadProcess, Path, Bulk]] = []
        self._looking: Any = None
        self._stopping: Any = None

    def start(self, handed: HandedOrder, numbers: list[int]) -> None:
        """Start these slices of the plan; the plan is cut by key into `handed.parts`."""
        self.join()
        stats = self._environment.stats
        order = replace(handed.order, owner=lives.me().to_json())
        self._running = []
        for number in numbers:
            part = Part(number, handed.parts)
            process = launch(handed.load, order, handed.recording, part)
            self._running.append((process, Places(handed.recording, part).counters, Bulk(stats)))
        self._looking = gevent.spawn(self._look_on)

    def stop(self) -> None:
        """Ask every process for an end in good order; `join` waits for it."""
        if self._stopping is None and self._running:
            self._stopping = gevent.spawn(self._stop_all)

    def join(self) -> None:
        """Returns when every process has ended and what it left is sealed."""
        if self._looking is not None:
            self.stop()
            gevent.joinall([self._stopping, self._looking])
        self._looking = self._stopping = None

    def alive(self) -> bool:
        return any(process.process.poll() is None for process, _, _ in self._running)

    def _stop_all(self) -> None:
        gevent.joinall([gevent.spawn(process.stop) for process, _, _ in self._running])

    def _look_on(self) -> None:
        """Until the last process has ended, and once more after that: outcomes settle at the end."""
        while True:
            alive = self.alive()
            for _, path, bulk in self._running:
                seen = counters.read(path)
                if seen is not None and seen.t0_us:
                    bulk.add(seen)
            if not alive:
                return
            gevent.sleep(LOOK_EVERY_S)
