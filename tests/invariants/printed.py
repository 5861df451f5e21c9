"""What is printed beside the verdict of every hand-written history: judged, figure, and the offenders shown.

`python -m tests.invariants.printed` writes printed.json anew; read the difference before it is committed.
"""

from __future__ import annotations

import json
import tempfile
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import invariants
from gameday.kernel.verdict import Finding
from invariants.engines.duckdb import DuckDb
from invariants.judge import judge
from tests.invariants.beside import neighbouring
from tests.invariants.case import Case
from tests.invariants.cases import CASES

FILE = Path(__file__).with_name("printed.json")
SMALL = partial(DuckDb, threads=1)
EVERYTHING = invariants.everything()
PRINTED = (*CASES, *neighbouring(CASES))


def shown(finding: Finding) -> list[Any]:
    """Judged, offenders, figure and the rows: what a mutant of these texts would change.

    Of more offenders than are shown either engine may show others: they are counted alone.
    """
    figure = None if finding.figure is None else round(finding.figure, 6)
    all_shown = finding.offenders == len(finding.first)
    rows = [{k: _plain(v) for k, v in row.items() if v is not None} for row in finding.first if all_shown]
    return [finding.judged, finding.offenders, figure, *sorted(rows, key=str)]


def _plain(value: Any) -> Any:
    """As JSON gives it back."""
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(round(value, 6))
    return round(value, 6) if isinstance(value, float) else value


def known() -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    return found


def finding_of(case: Case, folder: Path) -> Finding:
    recording = case.make().write(folder / "run")
    (found,) = judge(
        recording, [EVERYTHING[case.id]], held=[case.id], save_offenders=False, make_engine=SMALL
    )
    return found


def main() -> None:
    found = {}
    for case in PRINTED:
        with tempfile.TemporaryDirectory() as folder:
            found[str(case)] = shown(finding_of(case, Path(folder)))
    lines = [f"  {json.dumps(name)}: {json.dumps(values)}" for name, values in sorted(found.items())]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
