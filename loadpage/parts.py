"""The load processes of one locust process: started on order, read into statistics, stopped in good order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import gevent

from fixtures.driving.handed import HandedOrder
from fixtures.substrates import lives
from loadgen.launch import LoadProcess, launch
from loadgen.places import Part, Places
from loadpage.shipping import Chunk, figures_of, ledger_of, ship
from loadpage.statistics import Bulk

LOOK_EVERY_S = 0.25
SHIP_EVERY = 2  # looks


@dataclass(frozen=True)
class Running:
    process: LoadProcess
    places: Places
    bulk: Bulk


class Parts:
    """One greenlet looks at all of them; nothing here blocks another greenlet for long."""

    def __init__(self, environment: Any, failed: Callable[[str], None]) -> None:
        self._environment, self._failed = environment, failed
        self._running: list[Running] = []
        self._looking: Any = None
        self._stopping: Any = None

    def start(
        self, handed: HandedOrder, numbers: list[int], send: Callable[[Chunk], None] | None = None
    ) -> None:
        """Start these slices of the plan, cut by key into `handed.parts`; `send` ships their ledgers."""
        self.join()
        order = replace(handed.order, owner=lives.me().to_json())
        self._running = []
        for number in numbers:
            part = Part(number, handed.parts)
            process = launch(handed.load, order, handed.recording, part)
            self._running.append(
                Running(process, Places(handed.recording, part), Bulk(self._environment.stats))
            )
        self._looking = gevent.spawn(self._look_on, send)

    def stop(self) -> None:
        """Ask every process for an end in good order; `join` waits for it."""
        if self._stopping is None and self._running:
            self._stopping = gevent.spawn(self._stop_all)

    def join(self) -> None:
        """Returns when every process has ended, what it left is sealed, and shipped where it has to be."""
        if self._looking is not None:
            self.stop()
            gevent.joinall([self._stopping, self._looking])
        self._looking = self._stopping = None

    def _stop_all(self) -> None:
        gevent.joinall([gevent.spawn(one.process.stop) for one in self._running])

    def _look_on(self, send: Callable[[Chunk], None] | None) -> None:
        """Until the last process has ended, and once more after that: outcomes settle at the end."""
        looks, alive = 0, True
        while alive:
            alive = any(one.process.process.poll() is None for one in self._running)
            for one in self._running:
                seen = one.process.counts()
                if seen is not None and seen.t0_us:
                    one.bulk.add(seen)
                if send is not None and alive and looks % SHIP_EVERY == 0:
                    self._ship_figures(one, send)
            looks += 1
            gevent.sleep(LOOK_EVERY_S if alive else 0)
        for one in self._running:
            status = one.process.status()
            if status.error or not status.finished:
                self._failed(status.error or "a load process ended before it was finished")
            if send is not None:
                ship(one.places.recording, ledger_of(one.places), send)

    def _ship_figures(self, one: Running, send: Callable[[Chunk], None]) -> None:
        """A status that says finished would promise tables that are still on their way."""
        if not one.process.status().finished:
            ship(one.places.recording, figures_of(one.places), send)
