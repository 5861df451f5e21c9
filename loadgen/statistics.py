"""The traffic of recorded runs as measured from the bytes at the broker, beside what was declared.

`python -m loadgen.statistics RUN…` prints a table per run; with `--pictures FOLDER` it draws one picture
each. The exit code is 1 if something deviates.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from gameday.kernel.recording import Recording
from loadgen.declared import Declaration, declaration
from loadgen.load import Load
from loadgen.measured import Measured, Share, measured
from loadgen.picture import picture

LZ4_LOW, LZ4_HIGH = 2.0, 5.0
ACH_SHARE = 0.2
_SIZE_TOLERANCE = 0.10
_TOLERANCE = 0.10  # of a share: what a profile may be off, beside chance
_SIGMAS = 4
_WORD = {True: "ok", False: "OFF"}


@dataclass(frozen=True)
class Line:
    """One measure of one run."""

    measure: str
    declared: str
    measured: str
    allowed: str
    ok: bool


@dataclass(frozen=True)
class Statistics:
    name: str
    declared: Declaration
    measured: Measured
    lines: tuple[Line, ...]

    @property
    def ok(self) -> bool:
        return all(line.ok for line in self.lines)


def statistics(load: Load, found: Measured) -> Statistics:
    declared = declaration(load)
    return Statistics(load.name, declared, found, tuple(_lines(declared, found)))


def of_run(folder: Path) -> Statistics:
    """Of a recording: its load is what the load process was told."""
    order = json.loads((folder / "load" / "order.json").read_text(encoding="utf-8"))
    rows = Recording(folder).rows("broker_bytes")
    if not rows:
        raise SystemExit(f"{folder} holds no rows of the table broker_bytes: nothing can be measured")
    return statistics(Load.from_json(order["load"]), measured(rows))


def _lines(declared: Declaration, found: Measured) -> Iterator[Line]:
    for name, mean in declared.sizes.items():
        seen = found.sizes.get(name, 0.0)
        yield Line(
            f"mean size, {name}",
            f"{mean:,.0f} B",
            f"{seen:,.0f} B",
            f"± {_SIZE_TOLERANCE:.0%}",
            abs(seen - mean) <= mean * _SIZE_TOLERANCE,
        )
    yield Line(
        "lz4 ratio of batches of 100",
        f"{LZ4_LOW:g} to {LZ4_HIGH:g}",
        f"{found.lz4_ratio:.2f}",
        "",
        LZ4_LOW <= found.lz4_ratio <= LZ4_HIGH,
    )
    for name, share in declared.dialects.items():
        yield _share_line(f"facts in dialect {name}", share, found.dialects.get(name, Share(0, found.facts)))
    plain = sum(share.part for share in found.kinds.values())
    for name, share in declared.kinds.items():
        yield _share_line(f"facts of type {name}", share, found.kinds.get(name, Share(0, plain)))
    if found.ach.whole:
        yield _share_line("facts by rail ACH (DR)", ACH_SHARE, found.ach)
    for name, share in declared.shares.items():
        yield _share_line(name, share, found.shares[name])
    least, mean, most = found.factor
    yield Line(
        "times a repeated fact occurs", "at least 2", f"{least} to {most}, mean {mean:.2f}", "", least >= 2
    )


def _share_line(measure: str, declared: float, found: Share) -> Line:
    chance = _SIGMAS * sqrt(declared * (1 - declared) / found.whole) if found.whole else 1.0
    allowed = declared * _TOLERANCE + chance
    ok = abs(found.value - declared) <= allowed and (found.part > 0 or declared == 0)
    return Line(measure, f"{declared:.2%}", f"{found.value:.2%}", f"± {allowed:.2%}", ok)


def as_text(stats: Statistics) -> str:
    found = stats.measured
    head = (
        f"### {stats.name}\n\n{found.rows:,} rows at the broker, {found.events:,} distinct bytes, "
        f"{found.facts:,} facts, {found.merchants:,} merchants.\n\n"
        "| measure | declared | measured | allowed | |\n|---|---|---|---|---|"
    )
    rows = [
        f"| {line.measure} | {line.declared} | {line.measured} | {line.allowed} | {_WORD[line.ok]} |"
        for line in stats.lines
    ]
    return "\n".join([head, *rows])


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m loadgen.statistics", description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path, help="folders of recorded runs")
    parser.add_argument("--pictures", type=Path, help="write one SVG per run into this folder")
    options = parser.parse_args(arguments)
    good = True
    for folder in options.runs:
        stats = of_run(folder)
        good = good and stats.ok
        print(as_text(stats) + "\n")
        if options.pictures:
            options.pictures.mkdir(parents=True, exist_ok=True)
            run = Recording(folder).run
            path = options.pictures / f"{run['scenario']}-{run['seed']}.svg"
            path.write_text(picture(stats.name, stats.declared, stats.measured), encoding="utf-8")
            print(f"{path}\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
