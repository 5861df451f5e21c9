"""JUnit properties and Allure results: right where they are asked for, silent where they are not."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from allure_commons.types import Severity

from gameday.kernel.verdict import Finding, Verdict
from reports.allure_results import allure_report, severity
from reports.facts import Run
from reports.junit import properties
from reports.trouble import ReportTrouble
from tests.reports.synthetic import FINDINGS

pytest_plugins = ["pytester"]
ROOT = Path(__file__).parents[2]


def test_properties_tell_what_a_build_page_needs(run: Run) -> None:
    told = dict(properties(run.folder))
    assert [told[k] for k in ("verdict", "seed", "proof", "broken")] == ["BROKEN", "7", "5/5", "Z2 Z1"]
    assert told["figure:R6"] == "5.81 s"
    assert told["again"].endswith("--gameday-seed=7")


def finding(id: str, verdict: Verdict = Verdict.BROKEN) -> Finding:
    return Finding(id, "", verdict, "")


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([finding("Z2"), finding("R1")], Severity.BLOCKER),
        ([finding("U4"), finding("R1"), finding("Z2", Verdict.HELD)], Severity.CRITICAL),
        ([finding("R2"), finding("R1")], Severity.CRITICAL),
        ([finding("AN2")], Severity.CRITICAL),
        ([finding("R1"), finding("Z1", Verdict.HELD)], Severity.NORMAL),
        ([finding("R1", Verdict.HELD), finding("Z1", Verdict.HELD)], Severity.BLOCKER),
        ([replace(finding("Z2"), held_by_scenario=False), finding("F3")], Severity.NORMAL),
        ([], Severity.NORMAL),
    ],
)
def test_the_gravest_that_is_not_green_gives_the_severity(
    findings: Sequence[Finding], expected: Severity, run: Run
) -> None:
    assert severity(replace(run, findings=findings)) is expected


def test_without_allure_nothing_happens(run: Run, tmp_path: Path) -> None:
    allure_report(run, tmp_path)


def test_outside_the_main_thread_it_is_refused(run: Run, tmp_path: Path) -> None:
    caught: list[BaseException] = []

    def report() -> None:
        try:
            allure_report(run, tmp_path)
        except ReportTrouble as error:
            caught.append(error)

    thread = threading.Thread(target=report)
    thread.start()
    thread.join()
    assert "main thread" in str(caught[0])


def test_with_allure_the_run_is_in_its_results(run: Run, pytester: pytest.Pytester) -> None:
    logs = pytester.mkdir("logs")
    (logs / "landing.log").write_text("x" * 300_000 + "the end")
    pytester.makepyfile(f"""
        import sys
        sys.path.insert(0, {str(ROOT)!r})
        from pathlib import Path
        from reports.allure_results import allure_report
        from reports.facts import open_run

        def test_game_day():
            allure_report(open_run(Path({str(run.folder)!r})), Path({str(logs)!r}))
    """)
    done = pytester.runpytest_subprocess("--alluredir=results", "-p", "no:cacheprovider")
    done.assert_outcomes(passed=1)
    result = json.loads(next((pytester.path / "results").glob("*-result.json")).read_text())
    assert {"name": "severity", "value": "blocker"} in result["labels"]
    steps = {step["name"]: step for step in result["steps"]}
    assert list(steps) == [
        "warmup: 8.00 s",
        "disturb: 71.0 s",
        "drain: 21.0 s",
        "judge: BROKEN",
    ]
    assert steps["disturb: 71.0 s"]["steps"][0]["name"].startswith("kill -9 leader")
    names = [attachment["name"] for attachment in steps["judge: BROKEN"]["attachments"]]
    assert names == ["invariants.json", "verdicts", "first offenders", "time line"]
    assert [attachment["name"] for attachment in result["attachments"]] == ["landing.log"]
    log = (pytester.path / "results" / result["attachments"][0]["source"]).read_text()
    assert (len(log), log[-7:]) == (200_000, "the end")
    verdicts = [f["verdict"] for f in _attached(pytester, steps["judge: BROKEN"], "invariants.json")]
    assert verdicts.count("BROKEN") == len([f for f in FINDINGS if f.verdict is Verdict.BROKEN])


def _attached(
    pytester: pytest.Pytester, step: dict[str, list[dict[str, str]]], name: str
) -> list[dict[str, str]]:
    source = next(a["source"] for a in step["attachments"] if a["name"] == name)
    content: list[dict[str, str]] = json.loads((pytester.path / "results" / source).read_text())
    return content
