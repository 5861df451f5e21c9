"""The plugin from outside: what is collected, and what is an error, a failure or green."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

CONFTEST = """
import pytest
from pathlib import Path
from gameday.kernel.outcome import Outcome
from gameday.kernel.recording import Recording
from gameday.kernel.verdict import Verdict
from gameday.kernel.words import HarnessError

class Session:
    def __init__(self, folder):
        self.folder, self.played = folder, []
    def play(self, scenario, again):
        self.played.append(scenario.id)
        status = {"S-HELD": "held", "S-BROKEN": "broken", "S-VOID": "inconclusive"}.get(scenario.id)
        if status is None:
            raise HarnessError("broker-2 did not start")
        folder = self.folder / f"{len(self.played)}"
        Recording.create(folder).note(scenario=scenario.id, seed=7, verdict="HELD", findings=[])
        return Outcome(folder, Verdict.HELD, status, f"message of {scenario.id}", ())

@pytest.fixture(scope="session")
def gameday_session(tmp_path_factory):
    session = Session(tmp_path_factory.mktemp("runs"))
    yield session
    print("played", *session.played)
"""

SCENARIOS = """
from gameday.kernel.timeline import GameDay, scenario
from invariants.z import Z2

class NoLoad:
    def is_base(self):
        return False

def make(id, **flags):
    @scenario(id, systems="CORE", **flags)
    def declared():
        '''A hypothesis.'''
        return GameDay(load=NoLoad(), holds=[Z2])
    return declared

held = make("S-HELD", short=True)
broken = make("S-BROKEN")
void = make("S-VOID")
trouble = make("S-TROUBLE")
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeini("[pytest]\npython_files = scenarios/*.py\n")
    pytester.makeconftest(CONFTEST)
    pytester.mkpydir("scenarios")
    (pytester.path / "scenarios" / "group.py").write_text(SCENARIOS)
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return project.runpytest_subprocess("-p", "no:cacheprovider", "-rA", *arguments, "scenarios/group.py")


def test_trouble_and_void_are_errors_a_broken_invariant_is_a_failure(project: pytest.Pytester) -> None:
    result = run(project)
    result.assert_outcomes(passed=1, failed=1, errors=2)
    result.stdout.fnmatch_lines_random(
        [
            "FAILED *::broken - *InvariantViolation*",
            "ERROR *::void - *Inconclusive*",
            "ERROR *::trouble - *Harness*",
        ]
    )


def test_junit_says_the_same(project: pytest.Pytester) -> None:
    run(project, "--junitxml=out.xml")
    text = (project.path / "out.xml").read_text()
    assert 'errors="2"' in text
    assert 'failures="1"' in text


def test_a_scenario_is_found_by_id_by_marker_and_by_name(project: pytest.Pytester) -> None:
    for arguments in (("-k", "S-HELD"), ("-m", "gameday and short"), ("-k", "held")):
        run(project, *arguments).assert_outcomes(passed=1, deselected=3)


def test_a_path_given_twice_and_an_imported_scenario_play_once(project: pytest.Pytester) -> None:
    (project.path / "scenarios" / "again.py").write_text("from scenarios.group import held\n")
    result = project.runpytest_subprocess(
        "-p",
        "no:cacheprovider",
        "-s",
        "-k",
        "S-HELD",
        "scenarios/group.py",
        "scenarios/again.py",
        "scenarios/group.py",
    )
    result.stdout.fnmatch_lines(["*played S-HELD"])
    result.assert_outcomes(passed=1, deselected=3)


def test_a_seed_that_is_no_number_is_a_usage_error(project: pytest.Pytester) -> None:
    result = run(project, "--gameday-seed=soon")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--gameday-seed*invalid int*soon*"])


def test_the_header_names_the_seed(project: pytest.Pytester) -> None:
    run(project, "--gameday-seed=42", "--collect-only").stdout.fnmatch_lines(["gameday: seed=42*"])
