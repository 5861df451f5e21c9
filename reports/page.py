"""One self-contained HTML page per run: what happened, what was judged, and why to believe it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gameday.kernel.recording import BadRecording, Recording
from gameday.kernel.verdict import Verdict
from reports import wording
from reports.facts import Run, open_run, ordered
from reports.render import as_is, asset, render, write_text
from reports.series import series_of
from reports.timeline import hover_data, timeline_svg

FILE = "report.html"
CIRCUMSTANCES = ("load", "machine", "control_run", "minimum", "expects", "namespace", "trouble")


def write_page(folder: Path) -> Path:
    return write_text(folder / FILE, page(folder))


def page(folder: Path) -> str:
    """A run whose tables are damaged still gets its page: the verdict is in run.json."""
    run = open_run(folder)
    trouble, series = "", None
    try:
        series = series_of(Recording(folder))
    except BadRecording as error:
        trouble = str(error)
    return render(
        "page.html.j2",
        run=run,
        trouble=trouble,
        zero=run.started_us,
        facts=_headline(run),
        clocks=run.told.get("clocks") or [],
        findings=ordered(run.findings),
        offending=[f for f in (*run.broken, *run.undecided) if f.first],
        tables=_tables(run),
        timeline=as_is(timeline_svg(run, series)) if series else "",
        hover=as_is(hover_data(series)) if series else "",
        script=asset("hover.js"),
    )


def _headline(run: Run) -> list[tuple[str, str]]:
    facts = [
        ("Run", run.name),
        ("Begun", wording.clock(run.started_us) if run.started_us else "–"),
        ("Wall time", wording.duration(run.wall_s) if run.wall_s is not None else "–"),
        ("Seed", run.word("seed")),
        ("Plan", run.word("plan_hash")),
        ("Stack", flat(run.told.get("stack") or run.told.get("versions")) or "unknown"),
    ]
    held = sum(f.verdict is Verdict.HELD for f in run.findings if f.held_by_scenario)
    claimed = sum(f.held_by_scenario for f in run.findings)
    return [*facts, ("Invariants held", f"{held} of {claimed}")]


def _tables(run: Run) -> list[tuple[str, list[tuple[str, str]]]]:
    """The facts of run.json that a reader may want, where they are there."""
    named = {"versions": "Versions", "figures": "Figures", "effective_settings": "Effective settings"}
    tables = [(title, _rows(run.told.get(key))) for key, title in named.items()]
    circumstances = [(key.replace("_", " "), flat(run.told.get(key))) for key in CIRCUMSTANCES]
    tables.append(("Circumstances", [(name, value) for name, value in circumstances if value]))
    return [(title, rows) for title, rows in tables if rows]


def _rows(told: Any) -> list[tuple[str, str]]:
    """Of a mapping its items; of rows of figures (hop, measure, value) one line each."""
    if isinstance(told, Mapping):
        return [(str(name), flat(value)) for name, value in told.items()]
    return [(f"{row['hop']} {row['measure']}".strip(), flat(row["value"])) for row in told or ()]


def flat(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {flat(item)}" for key, item in value.items())
    if isinstance(value, float):
        return wording.number(value)
    return value if isinstance(value, str) else json.dumps(value)
