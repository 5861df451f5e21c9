"""H4 as the loop records it: what is announced is what is sent, and a scenario made anew is the same."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from gameday.kernel.clock import anchor
from gameday.kernel.journal import Journal
from gameday.kernel.play import Play, Settings
from gameday.kernel.protocols import Fault, Load
from gameday.kernel.recording import Recording
from gameday.kernel.timeline import GameDay, Scenario, at
from gameday.kernel.verdict import SAFETY, Invariant

ANY = Invariant("X1", "anything", SAFETY, judged="", offenders="", needs=())
LOAD = cast(Load, None)


def play(folder: Path, times: Any) -> Play:
    scenario = Scenario(
        "X", "anything", ("DR",), lambda: GameDay(LOAD, [at(next(times), cast(Fault, "blow"))], [ANY]), "x"
    )
    nobody = cast(Any, SimpleNamespace(say=None))
    recording = Recording.create(folder / "run")
    recording.note(plan_hash="abc")
    settings = Settings(7, recording.folder, anchor())
    return Play(scenario, scenario(), nobody, settings, Journal(folder), {}, nobody, nobody)


def test_a_schedule_that_depends_on_the_moment_is_no_replay(tmp_path: Path) -> None:
    check = play(tmp_path, count(5))._same_schedule()
    assert (check.ok, check.detail) == (False, "5 s: blow; made anew: 6 s: blow")


def test_a_schedule_that_is_the_same_again_is(tmp_path: Path) -> None:
    check = play(tmp_path, iter([5, 5]))._same_schedule()
    assert (check.ok, check.detail) == (True, "5 s: blow")


def test_another_plan_than_the_announced_one_is_no_replay(tmp_path: Path) -> None:
    played = play(tmp_path, count(5))
    assert played._same_plan("abc").ok
    other = played._same_plan("abd")
    assert (other.id, other.ok, other.detail) == ("H4", False, "announced abc, sent abd")
