"""The time line is well-formed, stands alone, and shows every fault once, whatever its text is."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from gameday.kernel.recording import Recording
from reports.facts import Run
from reports.series import Line, Panel, Series, series_of
from reports.timeline import Scale, hover_data, nice_step, tick_text, timeline_svg

SVG = "{http://www.w3.org/2000/svg}"


def series_of_run(run: Run) -> Series:
    series = series_of(Recording(run.folder))
    assert series is not None
    return series


def test_it_shows_every_fault_phase_and_curve(run: Run) -> None:
    root = ElementTree.fromstring(timeline_svg(run, series_of_run(run)))
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert {"kill -9 broker-2", "delay broker-1 (inconclusive)", "warmup", "disturb", "drain"} <= set(texts)
    assert len([g for g in root.iter(f"{SVG}g") if (g.get("class") or "").startswith("fault")]) == 2
    assert len(list(root.iter(f"{SVG}path"))) == 10


def test_a_band_lasts_from_the_bite_to_the_healing(run: Run) -> None:
    series = series_of_run(run)
    root = ElementTree.fromstring(timeline_svg(run, series))
    band = next(r for r in root.iter(f"{SVG}rect") if r.get("class") == "band")
    share = float(band.get("width", 0)) / 1020
    assert share == pytest.approx(30 / ((series.end_us - series.start_us) / 1e6), rel=0.01)


def test_markup_in_a_fault_stays_text(run: Run) -> None:
    fault = {**run.faults[0], "victim": "<script>alert(1)</script>", "evidence": "a & b > c"}
    hostile = replace(run, faults=[fault])
    assert "<script" not in timeline_svg(hostile, series_of_run(run))
    ElementTree.fromstring(timeline_svg(hostile, series_of_run(run)))


def test_what_hovers_is_json_that_cannot_end_its_script_element() -> None:
    panel = Panel("</script>", "s", [Line("a", np.array([1.0, np.nan]))])
    data = hover_data(Series(0, 1_000_000, 2, [panel]))
    assert "<" not in data
    assert json.loads(data)["panels"][0]["lines"][0]["values"] == [1.0, None]


@pytest.mark.parametrize(
    ("highest", "step"), [(10, 2.5), (399, 100), (1, 0.25), (0, 2.5e-10), (27_000, 10_000)]
)
def test_steps_are_round(highest: float, step: float) -> None:
    assert nice_step(highest) == pytest.approx(step)


@pytest.mark.parametrize("values", [[], [np.nan], [0.0], [5.0], [1e-3, 40.0]])
@pytest.mark.parametrize("log", [False, True])
def test_no_values_can_leave_the_panel(values: list[float], log: bool) -> None:
    scale = Scale(Panel("p", "s", [Line("a", np.array(values))], log), bottom=200)
    assert all(100 <= scale.y(v) <= 200 for v in (*scale.ticks, *values) if np.isfinite(v))


def test_ticks_read_well() -> None:
    assert [tick_text(v, "s") for v in (0, 0.01, 0.25, 10)] == ["0 s", "10 ms", "250 ms", "10 s"]
    assert [tick_text(v, "events") for v in (0, 500, 2500, 1e6)] == ["0", "500", "2.5k", "1M"]
