"""What is visible when: each hop's frontier, read every 250 ms, becomes sightings in the recording.

Each hop is read by a thread of its own, so one that does not answer delays no other. Only the sampler's own
lateness, told by a thread that does nothing else, is an instrument failure; silence of a hop is a bad sample.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gameday.kernel.clock import Anchor
from gameday.kernel.protocols import Hop
from gameday.kernel.recording import Recording
from gameday.kernel.waiting import sleep_until_monotonic
from gameday.kernel.words import Frontier, Range

EVERY_S = 0.25
FLUSH_EVERY_S = 2.0

Metrics = Callable[[], Mapping[tuple[str, str], float]]  # (name, labels) → value


@dataclass
class _Watched:
    """One hop as seen so far."""

    hop: Hop
    containers: set[str] = field(default_factory=set)
    looked_us: int = 0
    unanswered_us: dict[int, int] = field(default_factory=dict)  # silent partition → its last good look
    moved_us: int = 0
    frontier: Frontier = field(default_factory=lambda: Frontier(()))
    failed: str = ""


class Sampler:
    """Runs until told to stop; everything it saw is in the recording when `run` returns."""

    def __init__(
        self, recording: Recording, anchor: Anchor, hops: Sequence[Hop], gauges: Mapping[str, Metrics]
    ) -> None:
        self._recording, self._anchor, self._gauges = recording, anchor, gauges
        self._watched = [_Watched(hop) for hop in hops]
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._rows: dict[str, list[dict[str, Any]]] = {"sighting": [], "metric": []}

    def stop(self) -> None:
        self._stop.set()

    def run(self) -> None:
        start = time.monotonic()
        threads = [self._thread(lambda w=w: self._look(w)) for w in self._watched]  # type: ignore[misc]
        threads += [self._thread(lambda n=n, g=g: self._gauge(n, g)) for n, g in self._gauges.items()]  # type: ignore[misc]
        parent = os.getppid()
        tick = 0
        flushed = start
        while not self._stop.is_set() and os.getppid() == parent:  # an orphan has nobody to sample for
            tick += 1
            sleep_until_monotonic(start + tick * EVERY_S)
            late = time.monotonic() - (start + tick * EVERY_S)
            self._metric("sampler_late_us", "", late * 1e6)
            tick = max(tick, int((time.monotonic() - start) / EVERY_S))
            self._publish()
            if time.monotonic() - flushed >= FLUSH_EVERY_S:
                self._flush()
                flushed = time.monotonic()
        self._stop.set()
        for thread in threads:
            thread.join(timeout=5)
        self._flush()
        self._publish()

    def _thread(self, look: Callable[[], None]) -> threading.Thread:
        def repeat() -> None:
            while not self._stop.is_set():
                due = time.monotonic() + EVERY_S
                look()
                self._stop.wait(max(0.0, due - time.monotonic()))

        thread = threading.Thread(target=repeat, daemon=True)
        thread.start()
        return thread

    def _look(self, watched: _Watched) -> None:
        before = self._anchor.now_us()
        try:
            frontier = watched.hop.frontier()
        except Exception as error:  # silence or refusal of a hop is what is measured here: told, never raised
            watched.failed = f"{type(error).__name__}: {error}"
            self._metric("sample_failed", watched.hop.name, 1.0)
            return
        seen = self._anchor.now_us()
        fresh = [c for c in frontier.containers if c.name not in watched.containers]
        last = watched.looked_us or before
        rows = [
            _sighting(watched.hop.name, c.name, r, watched.unanswered_us.get(r.partition, last), seen)
            for c in fresh
            for r in c.ranges
        ]
        silent = ", ".join(map(str, sorted(frontier.silent)))
        with self._lock:
            self._rows["sighting"] += rows
            watched.containers.update(c.name for c in fresh)
            watched.unanswered_us = {p: watched.unanswered_us.get(p, last) for p in frontier.silent}
            watched.frontier, watched.failed = frontier, silent and f"no answer for partition {silent}"
            watched.moved_us = seen if fresh else watched.moved_us
            watched.looked_us = before
        if silent:
            self._metric("sample_failed", watched.hop.name, 1.0)

    def _gauge(self, name: str, gauge: Metrics) -> None:
        try:
            values = gauge()
        except Exception as error:  # as above
            self._metric("sample_failed", f"{name}: {type(error).__name__}", 1.0)
            return
        for (metric, labels), value in values.items():
            self._metric(metric, labels, value)

    def _metric(self, name: str, labels: str, value: float) -> None:
        row = {"t": self._anchor.now_us(), "name": name, "labels": labels, "value": float(value)}
        with self._lock:
            self._rows["metric"].append(row)

    def _flush(self) -> None:
        with self._lock:
            rows, self._rows = self._rows, {"sighting": [], "metric": []}
        for table, found in rows.items():
            if found:
                self._recording.add(table, found, writer="sampler")

    def _publish(self) -> None:
        """The newest look at every hop, for whoever waits for one: the loop's drain and the live line."""
        with self._lock:
            hops = {
                w.hop.name: {
                    "looked_us": w.looked_us,
                    "moved_us": w.moved_us,
                    "failed": w.failed,
                    "containers": len(w.containers),
                    "positions": [[*key, end] for key, end in w.frontier.positions().items()],
                }
                for w in self._watched
            }
        path = self._recording.folder / "live.json"
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps({"t": self._anchor.now_us(), "hops": hops}), encoding="utf-8")
        os.replace(partial, path)


def _sighting(hop: str, container: str, r: Range, t_prev: int, t_seen: int) -> dict[str, Any]:
    return {
        "hop": hop,
        "container": container,
        "cluster": r.cluster,
        "topic": r.topic,
        "partition": r.partition,
        "from_offset": r.start,
        "to_offset": r.stop,
        "t_prev": t_prev,
        "t_seen": t_seen,
    }


@dataclass(frozen=True)
class HopLook:
    looked_us: int
    moved_us: int
    failed: str
    positions: Mapping[tuple[str, str, int], int]

    def covers(self, goal: Mapping[tuple[str, str, int], int]) -> bool:
        return all(self.positions.get(key, 0) >= end for key, end in goal.items())


def live(folder: Path) -> dict[str, HopLook]:
    """The newest look at each hop, as the sampler process published it; empty before its first."""
    try:
        data = json.loads((folder / "live.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {
        name: HopLook(
            look["looked_us"],
            look["moved_us"],
            look["failed"],
            {(c, t, int(p)): int(end) for c, t, p, end in look["positions"]},
        )
        for name, look in data["hops"].items()
    }
