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


def test_what_nobody_claims_and_holds_without_a_target_shares_one_too() -> None:
    held = replace(LACKING[0], id="O1", verdict=Verdict.HELD)
    measured = replace(held, id="F7", figure=1.0, target=2.0)
    vacuous = replace(held, id="R1", verdict=Verdict.VACUOUS, target=2.0)
    broken = replace(held, id="U6", verdict=Verdict.BROKEN)
    lines = verdict_table([held, measured, vacuous, broken]).splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["U6", "F7"]
    assert lines[3:] == ["held, not asked (1): O1", "vacuous, not asked (1): R1"]


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
