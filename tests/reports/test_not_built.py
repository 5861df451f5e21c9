"""What judges parts that a system lacks is told as such: one line in the terminal, a badge on the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gameday.kernel.verdict import Finding, Verdict
from reports.facts import open_run
from reports.page import write_page
from reports.terminal import summary, verdict_table
from tests.reports.synthetic import FINDINGS, synthetic

LACKING = tuple(
    Finding(id, f"about {id}", Verdict.NOT_BUILT, "part not built: settlement", held_by_scenario=False)
    for id in ("B4", "B5", "B7")
)
CLAIMED = replace(LACKING[0], held_by_scenario=True)


def test_what_nobody_claims_shares_a_line() -> None:
    lines = verdict_table([*FINDINGS, *LACKING]).splitlines()
    assert lines[-1] == "part not built (3): B4 B5 B7"
    assert not [line for line in lines[:-1] if line.startswith("B4")]


def test_what_is_claimed_has_a_line_of_its_own_and_a_reason(tmp_path: Path) -> None:
    recording = synthetic(tmp_path / "run", findings=(*FINDINGS, CLAIMED))
    told = summary(open_run(recording.folder))
    (line,) = [line for line in told.splitlines() if line.startswith("B4")]
    assert "NOT BUILT" in line and "0 of 0" not in line
    assert "B4: part not built: settlement" in told


def test_the_page_says_so(tmp_path: Path) -> None:
    recording = synthetic(tmp_path / "run", findings=(*FINDINGS, *LACKING))
    page = write_page(recording.folder).read_text(encoding="utf-8")
    assert page.count(">NOT BUILT</span>") == len(LACKING)
    assert not {"B4", "B5"} & {finding.id for finding in open_run(recording.folder).undecided}
