"""`python -m bench.load_pace`: the load process at a given pace, into a sink or into a real cluster.

Prints its CPU, how late events were invoked, what the ledger takes, and how its memory grew.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from bench.machine import describe
from fixtures.stack import Stack
from gameday.kernel.clock import anchor
from gameday.kernel.journal import gameday_home
from gameday.kernel.recording import Recording
from gameday.kernel.waiting import wait_until
from gameday.kernel.words import LoadOrder
from loadgen.counters import quantile_us
from loadgen.launch import LoadProcess, launch
from loadgen.ledger_reader import LedgerReader
from loadgen.places import Places
from loadgen.plan import Plan
from loadgen.profiles import Load, base_mix, steady
from loadgen.schedule import stretches

_NONCE = "00112233445566778899aabbccddeeff"
_TOPIC = "bench.pace"
_MB = 1024**2


@dataclass(frozen=True)
class Sample:
    at_us: int
    sent: int
    cpu_s: float
    rss: int


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rate", type=int, default=450_000, help="events per second")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--into", choices=["sink", "stack"], default="sink")
    parser.add_argument("--mix", action="store_true", help="the base mix instead of one send per event")
    options = parser.parse_args()
    load = steady(options.rate, options.seconds)
    load = base_mix(load) if options.mix else load
    print(describe(), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        into = _sink(Path(folder)) if options.into == "sink" else _stack()
        with into as bootstrap:
            recording = Recording.create(Path(folder) / "run").folder
            order = LoadOrder(7, _NONCE, 5, anchor(), "a", _TOPIC, bootstrap)
            running = launch(load, order, recording, tables=False)
            samples = _watch(running, options.seconds)
            running.wait(within_s=120)
        _report(load, recording, running, samples)


@contextlib.contextmanager
def _sink(folder: Path) -> Iterator[str]:
    path = folder / "sink"
    with subprocess.Popen([sys.executable, "-m", "bench.sink", str(path)]) as process:
        try:
            wait_until("the sink listens", path.exists, within_s=20)
            yield f"sink:{path}"
        finally:
            process.kill()


@contextlib.contextmanager
def _stack() -> Iterator[str]:
    stack = Stack.open(gameday_home(), say=lambda text: None)
    bootstrap = stack.description.roles["load"]  # through the proxies, as in a game day
    admin = AdminClient({"bootstrap.servers": bootstrap})
    try:
        admin.create_topics([NewTopic(_TOPIC, 6, 3)])[_TOPIC].result(timeout=30)
        yield bootstrap
        admin.delete_topics([_TOPIC])[_TOPIC].result(timeout=30)
    finally:
        stack.close()


def _watch(running: LoadProcess, seconds: float) -> list[Sample]:
    """A look every half second, from the first event due to the last one handed over."""
    process = psutil.Process(running.process.pid)
    samples: list[Sample] = []
    clock = anchor()

    def over() -> bool:
        counts = running.counts()
        if running.process.poll() is not None:
            return True
        if counts is None or not counts.sent:
            return False
        times, rss = process.cpu_times(), process.memory_info().rss
        if rss:  # none is left of a process that is about to end
            samples.append(Sample(clock.now_us(), counts.sent, times.user + times.system, rss))
        return clock.now_us() - counts.t0_us > (seconds + 0.5) * 1e6

    wait_until("the schedule is over", over, within_s=60 + 2 * seconds, every_s=0.5)
    return samples


def _report(load: Load, recording: Path, running: LoadProcess, samples: list[Sample]) -> None:
    places = Places(recording)
    counts = running.counts()
    assert counts is not None
    print(places.log.read_text().strip().splitlines()[0])
    print(load.describe())
    first, last = samples[0], samples[-1]
    seconds = (last.at_us - first.at_us) / 1e6
    paced = (last.sent - first.sent) / seconds
    print(
        f"sent {counts.sent:,} in {seconds:.0f} s, acknowledged {counts.acked:,}; watched at {paced:,.0f}/s"
    )
    print(f"CPU of the load process {(last.cpu_s - first.cpu_s) / seconds:.2f} cores")
    error = _schedule_error(load, places)
    p50, p99, worst = np.percentile(error, 50), np.percentile(error, 99), error.max()
    print(f"t_invoke - t_due: p50 {p50 / 1e3:.2f} ms, p99 {p99 / 1e3:.2f} ms, largest {worst / 1e3:.1f} ms")
    p99_ack = quantile_us(counts.latency, 0.99)
    print(f"t_done - t_due: p50 {quantile_us(counts.latency, 0.5) / 1e3:.1f} ms, p99 {p99_ack / 1e3:.1f} ms")
    ledger = places.outcomes.stat().st_size
    print(f"ledger {ledger / counts.acked:.2f} B per event ({ledger / _MB:.0f} MB)")
    for share in (0.1, 0.5, 0.98):  # at the very end what was prepared ahead is gone
        sample = next(s for s in samples if s.sent >= share * last.sent)
        print(f"RSS after {sample.sent:13,} events: {sample.rss / _MB:.0f} MB")


def _schedule_error(load: Load, places: Places) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Of every event, or of an even choice of slabs where there are very many."""
    ledger = LedgerReader.open(places.outcomes)
    t0_us = int(json.loads(places.start.read_text())["t0_us"])
    plan = Plan(load, 7)
    every = 1 + load.curve.count // 20_000_000
    errors = [np.zeros(1, dtype=np.int64)]
    for stretch in stretches(plan):
        if stretch.number % every == 0:
            records = ledger.between(stretch.first_position, stretch.first_position + len(stretch))
            due = stretch.due[records["position"] - stretch.first_position] + t0_us
            errors.append(records["t_invoke"] - due)
    return np.concatenate(errors)


if __name__ == "__main__":
    main()
