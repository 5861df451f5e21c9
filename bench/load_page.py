"""`python -m bench.load_page [RATE]`: locust's figures beside those of the load, at speed into sinks.

Two load processes send to sinks that acknowledge at once; their counters go into locust's statistics as on
the load page. The rate is looked at over 20 s; the percentiles against a ledger of 7 s, whose sealing takes
longer than its sending.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from locust.stats import RequestStats

from gameday.kernel.clock import anchor
from gameday.kernel.recording import Recording
from gameday.kernel.waiting import pause, wait_until
from gameday.kernel.words import LoadOrder
from loadgen.launch import LoadProcess, launch
from loadgen.places import Part
from loadgen.profiles import steady
from loadpage.statistics import Bulk

PARTS = 2
LOOK_EVERY_S = 0.25
RATE_OVER_S, LEDGER_OVER_S = 20.0, 7.0


@dataclass(frozen=True)
class Seen:
    stats: RequestStats
    acked: int
    rps: float  # the highest that locust showed
    look_us: float  # processor time for one look at one load process


def main(rate: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        seen = _play(Recording.create(Path(folder) / "rate").folder, rate, RATE_OVER_S, tables=False)
        print(f"{'':16}{'load':>12}{'locust':>12}")
        print(f"{'a second':16}{seen.acked / RATE_OVER_S:>12,.0f}{seen.rps:>12,.0f}")
        print(f"{'events':16}{seen.acked:>12,}{seen.stats.total.num_requests:>12,}", flush=True)
        recording = Recording.create(Path(folder) / "ledger")
        seen = _play(recording.folder, rate, LEDGER_OVER_S, tables=True)
        _percentiles(recording, seen.stats)
    print(f"one look at a load process takes {seen.look_us:.0f} µs of the page's processor time")


def _play(recording: Path, rate: float, seconds: float, *, tables: bool) -> Seen:
    running = [_start(recording, part, rate, seconds, tables) for part in range(PARTS)]
    stats = RequestStats(use_response_times_cache=True)
    bulks = [Bulk(stats) for _ in running]
    rps, spent, looks, alive = 0.0, 0.0, 0, True
    while alive:
        alive = any(one.process.poll() is None for one in running)
        for one, bulk in zip(running, bulks, strict=True):
            began = time.process_time()
            seen = one.counts()
            if seen is not None and seen.t0_us:
                bulk.add(seen)
                looks += 1
            spent += time.process_time() - began
        rps = max(rps, stats.total.current_rps)
        pause(LOOK_EVERY_S)
    counted = [one.counts() for one in running]
    acked = sum(one.acked for one in counted if one is not None)
    return Seen(stats, acked, rps, spent / max(1, looks) * 1e6)


def _start(recording: Path, number: int, rate: float, seconds: float, tables: bool) -> LoadProcess:
    path = recording / f"sink-{number}"
    subprocess.Popen([sys.executable, "-m", "bench.sink", str(path)])
    wait_until("the sink listens", path.exists, within_s=10)
    order = LoadOrder(7, "00" * 16, 5, anchor(), "a", "bench", f"sink:{path}")
    return launch(steady(rate, seconds), order, recording, Part(number, PARTS), tables=tables)


def _percentiles(recording: Recording, stats: RequestStats) -> None:
    send = recording.read("send")
    took_ms = (send["t_done"].to_numpy() - send["t_due"].to_numpy()) / 1_000
    print(f"{'ledger, events':16}{send.num_rows:>12,}{stats.total.num_requests:>12,}")
    for share in (0.5, 0.95, 0.99):
        exact, told = float(np.quantile(took_ms, share)), stats.total.get_response_time_percentile(share)
        print(f"{f'p{share * 100:g}, ms':16}{exact:>12,.1f}{told:>12,}")


if __name__ == "__main__":
    main(float((sys.argv[1:] or ["100000"])[0]))
