"""The first offenders of every finding as CSV: one line each, with whatever columns its invariant names."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from reports.facts import Run, open_run
from reports.render import write_text

FILE = "offenders.csv"
AT_MOST = 100


def write_offenders(folder: Path) -> Path:
    return write_text(folder / FILE, offenders_csv(open_run(folder)))


def offenders_csv(run: Run) -> str:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["invariant", "verdict", "hop", "uid", "copy", "attempt", "offender"])
    listed = [(f, dict(offender)) for f in (*run.broken, *run.undecided) for offender in f.first]
    for finding, offender in listed[:AT_MOST]:
        known = [offender.get(key) for key in ("uid", "copy", "attempt")]
        hop = offender.get("hop") or finding.hop
        rows.writerow([finding.id, finding.verdict.name, hop, *known, json.dumps(offender, default=str)])
    return out.getvalue()
