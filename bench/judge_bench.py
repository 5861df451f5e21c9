"""How long the core invariants take over big recordings, and how much memory: a table and a picture.

    python -m bench.judge_bench --folder DIR --sizes 1000000,10000000 [--anomalies 100] [--repeat 3]
                                [--plain] [--spark local[2]] [--svg FILE]

Recordings are made in DIR once and kept. Every measurement is a process of its own; wall time and processor
time stand side by side, since a busy machine bends the first. With --plain or --spark, verdicts, counts and
all offenders are compared with those that the books of DuckDB give.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Any

from bench.judge_picture import picture
from bench.judge_recording import HOLDS, write_recording
from gameday.kernel.recording import Recording
from gameday.kernel.verdict import Verdict

GB = 1e9


def measured(folder: Path, *, books: bool, spark: str) -> dict[str, Any]:
    """One judging of the core, in this process."""
    from invariants import everything
    from invariants.engines.duckdb import DuckDb
    from invariants.judge import MakeEngine, all_offenders, judge

    make: MakeEngine = DuckDb
    if spark:
        from invariants.engines.spark import Spark

        def make(recording: Recording) -> Spark:
            return Spark(recording, master=spark, memory_limit="3g")

    known, recording = everything(), Recording(folder)
    begin = time.monotonic()
    found = judge(
        recording, [known[id] for id in HOLDS], held=HOLDS, make_engine=make, books=books and not spark
    )
    wall = time.monotonic() - begin
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "wall_s": wall,
        "cpu_s": sum(one.ru_utime + one.ru_stime for one in used),
        "rss_gb": max(one.ru_maxrss for one in used) * 1024 / GB,
        "load": os.getloadavg()[0],
        "told": {
            one.id: (one.verdict.name, one.judged, one.offenders, _digest(all_offenders(recording, one.id)))
            for one in found
        },
        "offenders": {one.id: one.offenders for one in found if one.offenders},
        "why": [f"{one.id}: {one.why}" for one in found if one.verdict is Verdict.UNKNOWN],
    }


def _digest(rows: Sequence[Mapping[str, Any]]) -> str:
    """One text for the same rows in any order, of either engine."""
    plain = [[int(v) if isinstance(v, Decimal) else v for v in row.values()] for row in rows]
    return blake2b("\n".join(sorted(map(repr, plain))).encode(), digest_size=8).hexdigest()


def _again(folder: Path, repeat: int, options: Sequence[str]) -> list[dict[str, Any]]:
    """The same in fresh processes."""
    command = [sys.executable, "-m", "bench.judge_bench", "--measure", str(folder), *options]
    runs = []
    for _ in range(repeat):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"the measurement of {folder} failed:\n{done.stderr[-2000:]}")
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    return runs


def _row(events: int, runs: list[dict[str, Any]]) -> dict[str, Any]:
    walls = [run["wall_s"] for run in runs]
    return {
        "events": events,
        "wall_min_s": round(min(walls), 2),
        "wall_median_s": round(statistics.median(walls), 2),
        "cpu_min_s": round(min(run["cpu_s"] for run in runs), 2),
        "rss_gb": round(max(run["rss_gb"] for run in runs), 2),
        "load": round(min(run["load"] for run in runs), 1),
        "offenders": runs[0]["offenders"],
        "unknown": runs[0]["why"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--sizes", default="1000000,10000000")
    parser.add_argument("--anomalies", type=int, default=0)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--plain", action="store_true", help="without books: the shared views over every row")
    parser.add_argument("--spark", default="", help="a master URL: judge with Spark SQL")
    parser.add_argument("--svg", type=Path)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measured(asked.measure, books=not asked.plain, spark=asked.spark)))
        return
    if asked.folder is None:
        parser.error("--folder is needed: where the recordings are made and kept")
    rows = []
    for events in map(int, asked.sizes.split(",")):
        folder = asked.folder / f"events-{events}-anomalies-{asked.anomalies}"
        if not (folder / "run.json").exists():
            write_recording(folder, events, anomalies=asked.anomalies)
        options = [*(["--plain"] if asked.plain else []), *(["--spark", asked.spark] if asked.spark else [])]
        runs = _again(folder, asked.repeat, options)
        rows.append(_row(events, runs))
        if options:
            by_books = _again(folder, 1, [])[0]
            rows[-1]["same_as_books"] = all(run["told"] == by_books["told"] for run in runs)
        print(json.dumps(rows[-1]), flush=True)
    if asked.svg:
        asked.svg.write_text(picture(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
