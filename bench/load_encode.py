"""`python -m bench.load_encode`: plan and bytes of events, everything decided, in one thread."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import numpy as np

from bench.machine import describe
from gameday.kernel.clock import anchor
from loadgen.buffers import keep_memory
from loadgen.encode import SlabEncoder
from loadgen.feed import batches
from loadgen.ids import Ids
from loadgen.plan import Plan
from loadgen.profiles import ALL_DIALECTS, Load, base_mix, steady
from loadgen.schedule import stretches
from loadgen.single import event

_NONCE = "00112233445566778899aabbccddeeff"
_RATE = 450_000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--checked", type=int, default=1_000, help="random events compared with event(uid)")
    options = parser.parse_args()
    print(describe())
    keep_memory()  # as the load process does
    plain = steady(_RATE, options.events / _RATE)
    loads = {
        "DEDUP, one send per event": plain,
        "DR, HA and DEDUP, one send per event": replace(plain, speaks=ALL_DIALECTS),
        "base mix, DEDUP": base_mix(plain),
        "base mix, DR, HA and DEDUP": base_mix(replace(plain, speaks=ALL_DIALECTS)),
    }
    for name, load in loads.items():
        _measure(name, load)
    for load in (plain, base_mix(replace(plain, speaks=ALL_DIALECTS))):
        _check(load, options.checked)


def _measure(name: str, load: Load) -> None:
    plan, t0_us = Plan(load, 7), anchor().now_us()
    next(batches(plan, SlabEncoder(plan, Ids(_NONCE, 5), t0_us), t0_us))  # tables are made once
    count = size = 0
    each: list[float] = []  # seconds of CPU per event, slab by slab
    begun, cpu = time.monotonic(), time.process_time()
    last = cpu
    for batch in batches(plan, SlabEncoder(plan, Ids(_NONCE, 5), t0_us), t0_us):
        now = time.process_time()
        each.append((now - last) / len(batch))
        last = now
        count += len(batch)
        size += int(batch.values.lengths.sum())
    cpu, wall = time.process_time() - cpu, time.monotonic() - begun
    print(
        f"{name:38} {count / cpu:11,.0f} events/s of CPU time, {1 / np.percentile(each, 10):11,.0f} in the "
        f"quietest tenth of its slabs, {count / wall:11,.0f} of wall time; {size / count:,.0f} B an event, "
        f"{1e6 * cpu / count:.2f} µs"
    )


def _check(load: Load, count: int) -> None:
    """What was measured are the bytes that the plain, readable way makes."""
    plan, t0_us, ids = Plan(load, 7), anchor().now_us(), Ids(_NONCE, 5)
    chosen = np.random.default_rng(1)
    made = zip(stretches(plan), batches(plan, SlabEncoder(plan, ids, t0_us), t0_us), strict=True)
    checked = 0
    while checked < count:
        stretch, batch = next(made)
        for n in chosen.choice(len(batch), min(100, count - checked), replace=False).tolist():
            uid, copy = int(stretch.sent.uid[n]), int(stretch.sent.copy[n])
            (one,) = (e for e in event(plan, uid, ids, t0_us) if e.copy == copy)
            assert (one.key, one.value) == (batch.keys[n], batch.values[n]), f"event {uid} differs"
            checked += 1
    print(f"bytes of {checked:,} random attempts are those of event(uid): {load.describe()}")


if __name__ == "__main__":
    main()
