"""What is printed beside the verdict of every hand-written history: judged, figure, and the offenders shown.

`python -m tests.invariants.printed` writes printed.json and pinned.json anew; read the difference before it
is committed. With `pinned` behind it, it writes that one alone.
"""

from __future__ import annotations

import json
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import invariants
from gameday.kernel.verdict import Finding
from invariants.engines.duckdb import DuckDb
from invariants.judge import judge
from tests.invariants import pinned
from tests.invariants.beside import neighbouring
from tests.invariants.case import Case
from tests.invariants.cases import CASES
from tests.invariants.shown import shown

FILE = Path(__file__).with_name("printed.json")
SMALL = partial(DuckDb, threads=1)
EVERYTHING = invariants.everything()
PRINTED = (*CASES, *neighbouring(CASES))


def known() -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    return found


def finding_of(case: Case, folder: Path) -> Finding:
    recording = case.make().write(folder / "run")
    (found,) = judge(
        recording, [EVERYTHING[case.id]], held=[case.id], save_offenders=False, make_engine=SMALL
    )
    return found


def pin() -> None:
    """Write what the histories of pinned.py print."""
    every = {}
    for history in pinned.histories():
        with tempfile.TemporaryDirectory() as folder:
            found = history.findings(Path(folder))
        every[str(history)] = pinned.printed(found)
        if history.red is not None and pinned.broken(found) != set(history.red):
            print(f"{history.what}: broken are {sorted(pinned.broken(found))}, not {sorted(history.red)}")
    pinned.FILE.write_text(pinned.written(every), encoding="utf-8")


def main() -> None:
    pin()
    if "pinned" in sys.argv:
        return
    found = {}
    for case in PRINTED:
        with tempfile.TemporaryDirectory() as folder:
            found[str(case)] = shown(finding_of(case, Path(folder)))
    lines = [f"  {json.dumps(name)}: {json.dumps(values)}" for name, values in sorted(found.items())]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
