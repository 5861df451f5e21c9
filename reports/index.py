"""The page over all runs of a folder: verdict trend and wall times per scenario."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from gameday.kernel.recording import BadRecording
from reports import page
from reports.facts import Run, open_run
from reports.render import as_is, render, write_text

FILE = "index.html"
TREND_MAX = 40


@dataclass(frozen=True)
class Trend:
    name: str
    hypothesis: str
    runs: Sequence[Run]  # oldest first

    @property
    def held(self) -> int:
        return sum(run.green for run in self.runs)

    @property
    def latest(self) -> float | None:
        return self.runs[-1].wall_s

    @property
    def spark(self) -> Markup:
        return spark([run.wall_s for run in self.runs if run.wall_s is not None])


def write_index(runs: Path) -> Path:
    return write_text(runs / FILE, index(runs))


def index(runs: Path) -> str:
    found: list[Run] = []
    unreadable: list[tuple[str, str]] = []
    for file in sorted(runs.glob("*/run.json")):
        try:
            found.append(open_run(file.parent))
        except BadRecording as error:
            unreadable.append((file.parent.name, str(error)))
    found.sort(key=lambda run: (run.started_us or 0, run.name))
    return render(
        "index.html.j2",
        runs=found[::-1],
        scenarios=_trends(found),
        unreadable=unreadable,
        links={run.name: _link(run) for run in found},
    )


def _link(run: Run) -> str:
    """To the page, or to the bare facts where no page was written."""
    return f"{run.name}/{page.FILE if (run.folder / page.FILE).exists() else 'run.json'}"


def _trends(runs: Sequence[Run]) -> list[Trend]:
    by_name: dict[str, list[Run]] = {}
    for run in runs:
        by_name.setdefault(run.scenario, []).append(run)
    return [
        Trend(name, series[-1].word("hypothesis", ""), series[-TREND_MAX:])
        for name, series in sorted(by_name.items())
    ]


def spark(values: Sequence[float]) -> Markup:
    """A line of a hundred and twenty pixels from zero to the longest; its end is marked."""
    if not values:
        return as_is("")
    top = max(max(values), 1e-9)
    step = 116 / max(1, len(values) - 1)
    points = [(2 + n * step, 22 - 20 * value / top) for n, value in enumerate(values)]
    line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    x, y = points[-1]
    mark = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>'
    return as_is(f'<svg class="spark" viewBox="0 0 120 24" aria-hidden="true"><path d="{line}"/>{mark}</svg>')
