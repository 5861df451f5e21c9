"""The time line of a run as one SVG: phases, fault bands, and the curves below one another."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from gameday.kernel.clock import US
from gameday.kernel.recording import Recording
from reports.facts import Run, open_run
from reports.render import write_text
from reports.series import Line, Numbers, Panel, Series, series_of
from reports.trouble import ReportTrouble

WIDTH, LEFT, RIGHT = 1100, 66, 14
PHASE_H, LANE_H, PANEL_H, TITLE_H, AXIS_H = 20, 20, 100, 36, 26

STYLE = (Path(__file__).parent / "templates" / "timeline.css").read_text(encoding="utf-8")


FILE = "timeline.svg"


def write_timeline(folder: Path) -> Path:
    series = series_of(Recording(folder))
    if series is None:
        raise ReportTrouble("nothing was sent: there is no time line to draw")
    return write_text(folder / FILE, timeline_svg(open_run(folder), series))


class Scale:
    """Values of one panel to heights, linear or logarithmic."""

    def __init__(self, panel: Panel, bottom: float) -> None:
        values = np.concatenate([line.values for line in panel.lines]) if panel.lines else np.array([])
        values = values[np.isfinite(values)]
        self.bottom = bottom
        self.log = panel.log and bool((values > 0).any())
        if self.log:
            self.low = 10 ** math.floor(math.log10(max(values[values > 0].min(), 1e-4)))
            self.high = 10 ** math.ceil(math.log10(max(values.max(), self.low * 10) * 0.999))
            decades = round(math.log10(self.high / self.low))
            self.ticks = [self.low * 10**n for n in range(decades + 1)]
        else:
            step = nice_step(float(values.max()) if values.size else 1.0)
            self.low, self.high = 0.0, step * max(1, math.ceil(values.max() / step) if values.size else 1)
            self.ticks = [step * n for n in range(round(self.high / step) + 1)]

    def y(self, value: float) -> float:
        if self.log:
            share = math.log10(max(value, self.low) / self.low) / math.log10(self.high / self.low)
        else:
            share = value / self.high
        return self.bottom - share * PANEL_H


def nice_step(highest: float, steps: int = 4) -> float:
    """A round step of which about `steps` reach the highest value."""
    rough = max(highest, 1e-9) / steps
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(power * n for n in (1, 2, 2.5, 5, 10) if power * n >= rough * 0.999)


def timeline_svg(run: Run, series: Series) -> str:
    """Self-contained: the same text stands alone or inside a page."""
    chart = _Chart(run, series)
    return chart.svg()


class _Chart:
    def __init__(self, run: Run, series: Series) -> None:
        self.run, self.series = run, series
        self.parts: list[str] = []
        self.lanes = _lanes([self._span(fault) for fault in run.faults])
        self.top = PHASE_H + LANE_H * (max(self.lanes, default=-1) + 1) + 6
        self.height = self.top + len(series.panels) * (PANEL_H + TITLE_H) + AXIS_H

    def x(self, t_us: float) -> float:
        share = (t_us - self.series.start_us) / (self.series.end_us - self.series.start_us)
        return LEFT + min(1.0, max(0.0, share)) * (WIDTH - LEFT - RIGHT)

    def svg(self) -> str:
        self._phases()
        self._faults()
        for number, panel in enumerate(self.series.panels):
            self._panel(panel, self.top + (number + 1) * (PANEL_H + TITLE_H))
        self._axis()
        title = escape(f"Time line of {self.run.scenario}, seed {self.run.word('seed')}")
        return (
            f'<svg class="timeline" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height}" '
            f'role="img" aria-label="{title}"><style>{STYLE}</style>' + "".join(self.parts) + "</svg>"
        )

    def _span(self, fault: Any) -> tuple[float, float]:
        """From the bite (else the arming) until healed; a fault that was never healed lasts to the end."""
        begin = fault["t_bite"] if fault["t_bite"] is not None else fault["t_arm"]
        end = next((fault[k] for k in ("t_healed", "t_heal_cmd") if fault[k] is not None), self.series.end_us)
        return begin, max(begin, end)

    def _phases(self) -> None:
        for number, phase in enumerate(self.run.chapters):
            left, right = self.x(phase["t_from"]), self.x(phase["t_to"])
            self._rect("phase" + (" odd" if number % 2 else ""), left, 0, right - left, PHASE_H - 4)
            if right - left > 8 * len(phase["name"]):
                self._text("phase-name", (left + right) / 2, PHASE_H - 9, phase["name"], "middle")

    def _faults(self) -> None:
        bottom = self.height - AXIS_H
        for fault, lane in zip(self.run.faults, self.lanes, strict=True):
            ink = self.run.ink(fault["kind"])
            colour = escape(ink["colour"], quote=True)
            left, right = (self.x(t) for t in self._span(fault))
            width = max(2.0, right - left)
            y = PHASE_H + lane * LANE_H
            doubt = "" if fault["confirmed"] == "confirmed" else " doubtful"
            text = f"{ink['label']} {fault['victim']}" + (f" ({fault['confirmed']})" if doubt else "")
            tooltip = (
                f"<title>{escape(fault['id'] + ': ' + fault['target'] + '; ' + fault['evidence'])}</title>"
            )
            self.parts.append(f'<g class="fault{doubt}" style="--ink:{colour}">{tooltip}')
            self._rect("band", left, y, width, bottom - y)
            self._rect("edge", left, y, 2, bottom - y)
            self._rect("tab", left, y, width, LANE_H - 4)
            near_end = left > WIDTH * 0.75
            if near_end and width < 7 * len(text):
                self._text("fault-name", left - 5, y + 12, text, "end")
            else:
                self._text("fault-name", left + 6, y + 12, text)
            self.parts.append("</g>")

    def _panel(self, panel: Panel, bottom: float) -> None:
        scale = Scale(panel, bottom)
        for tick in scale.ticks:
            y = scale.y(tick)
            cls = "zero" if tick == scale.ticks[0] else "grid"
            self.parts.append(
                f'<line class="{cls}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            )
            self._text("tick", LEFT - 8, y + 3.5, tick_text(tick, panel.unit), "end")
        self._text("title", LEFT, bottom - PANEL_H - 7, panel.title)
        right = float(WIDTH - RIGHT)
        for number, line in reversed(list(enumerate(panel.lines))):
            self._text(f"legend {_ink(number, line)}", right, bottom - PANEL_H - 7, f"● {line.name}", "end")
            right -= 7 * len(line.name) + 30
        for number, line in reversed(list(enumerate(panel.lines))):
            path = "".join(self._segments(line, scale))
            self.parts.append(f'<path class="curve {_ink(number, line)}" d="{path}"/>')

    def _segments(self, line: Line, scale: Scale) -> Iterable[str]:
        pen_up = True
        previous_x = 0.0
        for number, value in enumerate(line.values):
            if not np.isfinite(value):
                if not pen_up:
                    yield f"H{previous_x + 1.5:.1f}"  # a lone point stays visible
                pen_up = True
                continue
            previous_x = self.x(self.series.start_us + (number + 0.5) * self.series.bin_us)
            yield f"{'M' if pen_up else 'L'}{previous_x:.1f} {scale.y(float(value)):.1f}"
            pen_up = False

    def _axis(self) -> None:
        seconds = (self.series.end_us - self.series.start_us) / US
        step = next(
            (s for s in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600) if seconds / s <= 16), 7200
        )
        y = self.height - AXIS_H
        for n in range(int(seconds // step) + 1):
            x = self.x(self.series.start_us + n * step * US)
            self.parts.append(f'<line class="zero" x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{y + 4}"/>')
            self._text("tick", x, y + 17, f"{n * step} s", "middle")

    def _rect(self, cls: str, x: float, y: float, width: float, height: float) -> None:
        size = f'width="{max(0.0, width):.1f}" height="{height:.1f}"'
        self.parts.append(f'<rect class="{cls}" x="{x:.1f}" y="{y:.1f}" {size}/>')

    def _text(self, cls: str, x: float, y: float, text: str, anchor: str = "start") -> None:
        self.parts.append(
            f'<text class="{cls}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
        )


def _ink(number: int, line: Line) -> str:
    return "bad" if line.bad else f"c{number}"


def tick_text(value: float, unit: str) -> str:
    if unit == "s":
        return f"{value * 1000:g} ms" if 0 < value < 1 else f"{value:g} s"
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def _lanes(spans: Sequence[tuple[float, float]]) -> list[int]:
    """The first free lane for each span, so that overlapping faults lie below one another."""
    free_from: list[float] = []
    lanes = []
    for begin, end in spans:
        lane = next((n for n, free in enumerate(free_from) if free <= begin), len(free_from))
        free_from[lane : lane + 1] = [end]
        lanes.append(lane)
    return lanes


def hover_data(series: Series) -> str:
    """What the page shows under the pointer, as JSON that may stand inside a script element."""
    panels = [
        {
            "title": panel.title,
            "unit": panel.unit,
            "lines": [{"name": line.name, "values": _rounded(line.values)} for line in panel.lines],
        }
        for panel in series.panels
    ]
    geometry = {"left": LEFT, "right": WIDTH - RIGHT, "width": WIDTH}
    data = {"bin_s": series.bin_us / US, "bins": series.bins, "panels": panels, **geometry}
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")


def _rounded(values: Numbers) -> list[float | None]:
    return [float(f"{v:.4g}") if np.isfinite(v) else None for v in values]
