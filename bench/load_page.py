"""`python -m bench.load_page [RATE] [SECONDS]`: locust's figures beside the ledger's, at speed into a sink.

Two load processes send to sinks that acknowledge at once; their counters go into locust's statistics as on
the load page. What locust then says is compared with what the ledgers say.
Sealing takes longer than sending.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
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


def main(rate: float, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        recording = Recording.create(Path(folder) / "run").folder
        running = [_start(recording, part, rate, seconds) for part in range(PARTS)]
        stats = RequestStats(use_response_times_cache=True)
        bulks = [Bulk(stats) for _ in running]
        rps, spent, looks = [0.0], 0.0, 0
        while any(one.process.poll() is None for one in running):
            began = time.process_time()
            for one, bulk in zip(running, bulks, strict=True):
                seen = one.counts()
                if seen is not None and seen.t0_us:
                    bulk.add(seen)
                    looks += 1
            spent += time.process_time() - began
            rps.append(stats.total.current_rps)
            pause(LOOK_EVERY_S)
        for one, bulk in zip(running, bulks, strict=True):
            if (last := one.counts()) is not None:
                bulk.add(last)
        _tell(Recording(recording), stats, max(rps), spent / max(1, looks))


def _start(recording: Path, number: int, rate: float, seconds: float) -> LoadProcess:
    path = recording / f"sink-{number}"
    sink = subprocess.Popen([sys.executable, "-m", "bench.sink", str(path)])
    wait_until(
        "the sink listens",
        path.exists,
        within_s=10,
        giving_up=lambda: None if sink.poll() is None else "it ended",
    )
    order = LoadOrder(7, "00" * 16, 5, anchor(), "a", "bench", f"sink:{path}")
    return launch(steady(rate, seconds), order, recording, Part(number, PARTS))


def _tell(recording: Recording, stats: RequestStats, rps: float, look_s: float) -> None:
    send = recording.read("send")
    took_ms = (send["t_done"].to_numpy() - send["t_due"].to_numpy()) / 1_000
    span_s = (send["t_done"].to_numpy().max() - send["t_due"].to_numpy().min()) / 1e6
    total = stats.total
    print(f"{'':24}{'ledger':>12}{'locust':>12}")
    print(f"{'events':24}{send.num_rows:>12,}{total.num_requests:>12,}")
    print(f"{'a second (locust: peak)':24}{send.num_rows / span_s:>12,.0f}{rps:>12,.0f}")
    for share in (0.5, 0.95, 0.99):
        exact = float(np.quantile(took_ms, share))
        told = total.get_response_time_percentile(share)
        print(f"{f'p{share * 100:g}, ms':24}{exact:>12,.1f}{told:>12,}")
    print(f"one look at a load process takes {look_s * 1e6:.0f} µs of the page's processor time")


if __name__ == "__main__":
    main(float((sys.argv[1:] or ["100000"])[0]), float((sys.argv[2:] or ["8"])[0]))
