"""Pages need no network, take any text, survive damage, and never lose a result."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gameday.kernel.recording import Recording
from gameday.kernel.verdict import Verdict
from reports import ReportTrouble, write_all
from reports.facts import Run, open_run
from reports.index import index
from reports.page import page
from tests.reports.synthetic import FINDINGS, synthetic


class Loads(HTMLParser):
    """Whatever a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("src", "href") and tag != "a" and value != "data:,":
                self.fetched.append(f"{tag} {value}")


def fetched_by(html: str) -> list[str]:
    loads = Loads()
    loads.feed(html)
    return loads.fetched + re.findall(r"url\([^)]*\)|@import", html)


def bare(folder: Path, **facts: object) -> Path:
    Recording.create(folder).note(**facts)
    return folder


def test_a_page_holds_the_whole_story_and_fetches_nothing(run: Run) -> None:
    html = page(run.folder)
    assert fetched_by(html) == []
    for told in (
        "No acknowledged event is lost", "5/5 planted faults caught", "9f41c2d07ab3", "--gameday-seed=7",
        "kill -9 broker-2", "another event lies at offset 1,512", "pid 4312 gone", "4.1.0",
        "sampler was late",
    ):  # fmt: skip
        assert told in html, told


def test_text_of_the_run_is_never_markup(tmp_path: Path) -> None:
    nasty = "<script>alert(1)</script>"
    findings = (replace(FINDINGS[1], says=nasty, why=nasty, first=[{"uid": nasty}]),)
    folder = synthetic(tmp_path / "run", findings=findings, settings={nasty: nasty}).folder
    Recording(folder).note(scenario=nasty, hypothesis=nasty, again=nasty)
    assert nasty not in page(folder)
    assert nasty not in index(tmp_path)


def test_a_run_that_was_never_judged_has_a_page(tmp_path: Path) -> None:
    html = page(bare(tmp_path / "run", scenario="GD-01"))
    assert "NOT JUDGED" in html
    assert "Nothing was judged" in html


def test_a_damaged_table_costs_the_curves_and_not_the_verdict(tmp_path: Path) -> None:
    folder = synthetic(tmp_path / "run").folder
    for table in ("send", "fault"):
        Recording(folder).files(table)[0].write_bytes(b"PAR1 cut off")
    html = page(folder)
    assert "Not everything could be read" in html
    assert "every acknowledged event is at every hop" in html
    with pytest.raises(
        ReportTrouble, match=r"1 of 4 reports of run were not written: time line: BadRecording"
    ):
        write_all(folder)
    assert {path.name for path in folder.glob("*.html")} == {"report.html"}
    assert (tmp_path / "index.html").exists()


def test_the_proof_is_also_read_from_the_checks(tmp_path: Path) -> None:
    folder = bare(tmp_path / "run")
    rows = [{"id": "H2", "subject": "loss", "ok": False, "detail": "no offender"}]
    Recording(folder).add("check", [*rows, {"id": "H3", "subject": "toxics", "ok": True, "detail": ""}])
    assert [(p.name, p.caught) for p in open_run(folder).proofs] == [("loss", False)]


def test_everything_is_written_and_nothing_half(tmp_path: Path) -> None:
    folder = synthetic(tmp_path / "run").folder
    names = [path.name for path in write_all(folder)]
    assert names == ["report.html", "timeline.svg", "offenders.csv", "index.html"]
    assert not list(tmp_path.rglob("*.partial*"))
    assert len((folder / "offenders.csv").read_text().splitlines()) == 7


def test_the_index_shows_the_trend_of_each_scenario_and_names_what_it_cannot_read(tmp_path: Path) -> None:
    for n, verdict in enumerate((Verdict.HELD, Verdict.BROKEN, Verdict.HELD)):
        bare(tmp_path / f"r{n}", scenario="GD-01", verdict=verdict.name, seed=n, wall_s=60.0 + n,
             anchor={"wall_us": n})  # fmt: skip
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "run.json").write_text("{")
    html = index(tmp_path)
    assert fetched_by(html) == []
    assert re.findall(r'<a class="(\w+)"', html) == ["HELD", "BROKEN", "HELD"]
    assert "2 of 3" in html
    assert "torn" in html


def test_an_index_over_nothing_is_a_page(tmp_path: Path) -> None:
    assert "0 runs" in index(tmp_path)
