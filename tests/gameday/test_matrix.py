"""The planted defects as they are declared, and the matrix from the shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gameday.commands.shell import scenarios
from gameday.kernel.timeline import Scenario
from pipeline.weaknesses import KNOWN
from tests.gameday.call import gameday

SCENARIOS = scenarios()
DEFECTS = {id: one for id, one in SCENARIOS.items() if "defect" in one.markers and one().expects}


@pytest.mark.parametrize("defect", DEFECTS.values(), ids=lambda one: one.id)
def test_a_defect_has_a_twin_with_the_same_faults_and_every_switch_off(defect: Scenario) -> None:
    day, twin = defect(), SCENARIOS[defect.twin]()
    assert day.expects is not None and twin.expects is None
    assert day.expects.invariant in {one.id for one in day.holds}
    assert not twin.weaknesses
    assert [type(act.fault) for act in twin.faults] == [type(act.fault) for act in day.faults]
    assert [act.at_s for act in twin.faults] == [act.at_s for act in day.faults]
    switched = (day.weaknesses, dict(day.topic), day.load) != (twin.weaknesses, dict(twin.topic), twin.load)
    assert switched, "the defect is its own twin"


def test_every_weakness_of_the_pipeline_is_played_by_some_scenario() -> None:
    assert {name for one in SCENARIOS.values() for name in one().weaknesses} == KNOWN


def test_a_weakened_run_is_never_the_control_of_others() -> None:
    assert SCENARIOS["GD-142"]().is_control()
    assert not SCENARIOS["D21"]().is_control()


def test_without_runs_everything_is_unproven_and_the_answer_is_inconclusive(tmp_path: Path) -> None:
    answer = gameday("matrix", "--defects", "--recorded", cwd=tmp_path)
    assert answer.code == 2
    assert answer.out.startswith("unproven, never judged: its part is not built: ")
    assert "0 of 9 defects played" in answer.out
    found = json.loads(gameday("matrix", "--defects", "--recorded", "--json", cwd=tmp_path).out)
    assert {"Z2", "U4"} <= set(found["unproven"])
    assert {row["planted"]["id"] for row in found["defects"]} == set(DEFECTS)


def test_a_call_that_names_no_matrix_or_no_defect_is_a_usage_error(tmp_path: Path) -> None:
    assert "--defects is the only one" in gameday("matrix", cwd=tmp_path).err
    answer = gameday("matrix", "--defects", "--recorded", "--only", "D99", cwd=tmp_path)
    assert answer.code == 4 and "no planted defect D99; known: D01, D03" in answer.err
