"""Every command from another directory: what it prints, what it says to a wrong call, its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from gameday import cli
from gameday.kernel.outcome import Outcome
from gameday.kernel.recording import BadRecording, Recording
from gameday.kernel.verdict import Verdict
from gameday.kernel.waiting import wait_until
from gameday.kernel.words import HarnessError
from tests.fixtures.judged import judged_run
from tests.gameday.call import GAMEDAY, Answer, gameday

Here = Callable[..., Answer]
COMMANDS = [
    "setup",
    "doctor",
    "up",
    "down",
    "status",
    "plan",
    "run",
    "judge",
    "sql",
    "explain",
    "heal",
    "prune",
]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return judged_run(tmp_path_factory.mktemp("runs") / "calm")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """The same in this process, where a process of its own would show nothing more."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GAMEDAY_HOME", str(tmp_path / "home"))

    def call(*arguments: str) -> Answer:
        code = cli._run(list(arguments))
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return call


def test_every_command_is_listed_and_explains_itself(tmp_path: Path) -> None:
    text = gameday("--help", cwd=tmp_path).out
    assert [name for name in COMMANDS if name not in text] == []
    assert gameday(cwd=tmp_path).out == text


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("bogus", ["'bogus'", *COMMANDS]),
        ("plan GD-01 --bogus", ["--bogus", "--seed", "--json"]),
        ("plan GD-9999", ["GD-9999", "GD-142", "GD-01"]),
        ("run GD-9999", ["GD-9999", "GD-142"]),
        ("plan GD-01 --seed soon", ["--seed", "soon"]),
        ("run GD-01 --seed soon", ["--seed", "soon"]),
        ("plan GD-01 --seed -1", ["seed", "-1", "whole number from 0"]),
        ("plan GD-01 --seed 99999999999999999999999", ["seed", "whole number from 0"]),
        ("plan", ["name"]),
        ("sql Z99", ["Z99", "Z2"]),
        ("prune --keep -1", ["--keep", "-1"]),
        ("prune --keep many", ["--keep", "many"]),
        ("explain here not-a-number", ["uid", "not-a-number"]),
    ],
)
def test_a_wrong_call_is_told_what_is_known(call: str, says: list[str], here: Here) -> None:
    answer = here(*call.split())
    assert answer.code == 4
    assert answer.out == ""
    assert [word for word in says if word not in answer.err] == []


@pytest.mark.parametrize(
    ("variable", "value", "call"),
    [
        ("GAMEDAY_SEED", "soon", "plan GD-01"),
        ("GAMEDAY_KEEP", "few", "prune"),
        ("GAMEDAY_SYSTEM", "nothing", "run GD-01"),
    ],
)
def test_a_wrong_variable_is_named(
    variable: str, value: str, call: str, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    answer = here(*call.split())
    assert answer.code == 4
    assert variable in answer.err
    assert value in answer.err


def test_without_a_stack_there_is_nothing_to_show_end_or_heal(tmp_path: Path) -> None:
    assert "no stack is running" in gameday("status", cwd=tmp_path).out
    assert json.loads(gameday("status", "--json", cwd=tmp_path).out) == []
    assert "no stack is running" in gameday("down", cwd=tmp_path).out
    assert gameday("heal", cwd=tmp_path).out.strip() == "nothing to heal"
    assert "nothing to remove" in gameday("setup", "--remove", cwd=tmp_path).out


@pytest.mark.parametrize("call", ["up", "run GD-142"])
def test_without_set_up_nothing_starts_and_the_way_is_shown(call: str, tmp_path: Path) -> None:
    answer = gameday(*call.split(), cwd=tmp_path)
    assert answer.code == 3
    assert "gameday setup" in answer.err


def test_the_plan_of_a_game_day_is_the_same_each_time_and_starts_nothing(tmp_path: Path) -> None:
    first = json.loads(gameday("plan", "GD-01", "--json", cwd=tmp_path).out)
    again = json.loads(gameday("plan", "GD-01", "--json", cwd=tmp_path).out)
    other = json.loads(gameday("plan", "GD-01", "--seed", "8", "--json", cwd=tmp_path).out)
    assert first == again
    assert first["plan"] != other["plan"]
    assert first["hypothesis"]
    assert "Z2" in first["holds"]
    assert not (tmp_path / "home" / "stack").exists()
    assert "hypothesis: " in gameday("plan", "GD-01", cwd=tmp_path).out


def test_a_stored_run_is_judged_from_another_directory(recording: Recording, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in recording.folder.rglob("*") if path.is_file()}
    answer = gameday("judge", str(recording.folder), cwd=tmp_path)
    assert answer.code == 0, answer.err
    assert "HELD, as recorded" in answer.out
    told = json.loads(gameday("judge", str(recording.folder), "--json", cwd=tmp_path).out)
    assert told["verdict"] == "HELD"
    assert {finding["id"] for finding in told["findings"]} >= {"Z1", "Z2", "H2"}
    assert {path: path.read_bytes() for path in recording.folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("name", "says"),
    [("nowhere", "there is no folder"), ("empty", "holds no run.json")],
)
def test_what_is_no_recording_has_no_verdict(name: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for call in (["judge", name], ["explain", name, "1"]):
        answer = gameday(*call, cwd=tmp_path)
        assert answer.code == 3
        assert says in answer.err


def test_the_path_of_an_event_is_explained(recording: Recording, tmp_path: Path) -> None:
    answer = gameday("explain", str(recording.folder), "7", cwd=tmp_path)
    assert answer.code == 0
    assert [hop for hop in ("planned", "broker", "raw", "load", "curated") if hop not in answer.out] == []
    told = json.loads(gameday("explain", str(recording.folder), "7", "--json", cwd=tmp_path).out)
    assert told["uid"] == 7
    unknown = gameday("explain", str(recording.folder), "100000", cwd=tmp_path)
    assert unknown.code == 4
    assert "it plans 1 to 240" in unknown.err


@pytest.mark.parametrize(("lost", "found"), [(False, 0), (True, 1)])
def test_the_printed_sql_runs_when_pasted(
    lost: bool, found: int, recording: Recording, tmp_path: Path
) -> None:
    text = gameday("sql", "Z2", cwd=tmp_path).out
    session = duckdb.connect()
    for name in recording.tables():
        files = [str(path) for path in recording.files(name)]
        where = "WHERE uid <> 7" if lost and name == "load_scan" else ""
        session.execute(
            f"CREATE TABLE {SQL_NAMES.get(name, name)} AS SELECT * FROM read_parquet({files}) {where}"
        )
    for name in ("suppressed_scan", "dlq_scan"):
        session.execute(f"CREATE TABLE IF NOT EXISTS {name} AS SELECT * FROM broker_scan LIMIT 0")
    assert len(session.execute(text).fetchall()) == found


SQL_NAMES = {"check": "checks"}


def test_prune_keeps_the_last_runs_and_says_so(tmp_path: Path) -> None:
    for number in range(4):
        folder = tmp_path / "runs" / f"2026010{number}T000000Z-GD-142-7"
        Recording.create(folder).note(scenario="GD-142", seed=7, findings=[])
    (tmp_path / "runs" / "mine").mkdir()
    answer = gameday("prune", "--keep", "3", cwd=tmp_path)
    assert answer.code == 0
    assert answer.out.count("deleted") == 1
    assert sorted(path.name for path in (tmp_path / "runs").iterdir() if path.is_dir()) == [
        "20260101T000000Z-GD-142-7", "20260102T000000Z-GD-142-7", "20260103T000000Z-GD-142-7", "mine",
    ]  # fmt: skip
    again = gameday("prune", "--keep", "3", cwd=tmp_path)
    assert "nothing to delete" in again.out


def test_settings_come_with_their_origin(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.gameday]\nkeep = 3\n")
    told = json.loads(gameday("doctor", "--settings", "--json", cwd=tmp_path, GAMEDAY_SEED="11").out)
    assert told["seed"] == {"value": "11", "origin": "GAMEDAY_SEED"}
    assert told["keep"] == {"value": "3", "origin": str(tmp_path / "pyproject.toml")}
    assert told["runs"] == {"value": str(tmp_path / "runs"), "origin": "default"}
    assert told["home"] == {"value": str(tmp_path / "home"), "origin": "GAMEDAY_HOME"}
    assert "GAMEDAY_SEED" in gameday("doctor", "--settings", cwd=tmp_path, GAMEDAY_SEED="11").out


def test_the_doctor_says_what_is_missing_and_fails(tmp_path: Path) -> None:
    answer = gameday("doctor", "--json", cwd=tmp_path)
    assert answer.code == 3
    told = json.loads(answer.out)
    assert told["ok"] is False
    (tools,) = [fact for fact in told["facts"] if fact["subject"] == "java, jars, proxy"]
    assert not tools["ok"]
    assert "gameday setup" in tools["do"]
    assert "GD-142" in told["out_of_reach"]


SLOW = """
import sys
from gameday import cli
from fixtures import healing
def slow(*_, **__):
    import time
    print("healing", flush=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        pass
healing.heal_abandoned = slow
sys.argv = ["gameday", "heal"]
cli.main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_command_says_so(number: signal.Signals, tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", SLOW],
        env={**os.environ, "GAMEDAY_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background job ignores the signal of Ctrl-C, and its children with it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "healing\n"
    child.send_signal(number)
    _, told = child.communicate(timeout=30)
    assert child.returncode == 130
    assert "interrupted" in told
    assert "Traceback" not in told


def test_a_reader_that_goes_away_is_no_trouble_to_talk_about(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [GAMEDAY, "sql", "Z2"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    child.stdout.close()
    wait_until("the command ends", lambda: child.poll() is not None, within_s=30)
    assert child.stderr is not None
    with child.stderr:
        assert child.stderr.read() == ""


class Stage:
    """Stands for a session whose run comes to what the test wants."""

    def __init__(self, folder: Path, ends: str | BaseException) -> None:
        self.folder, self.ends = folder, ends

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def play(self, scenario: object, again: str) -> Outcome:
        if isinstance(self.ends, BaseException):
            raise self.ends
        return Outcome(self.folder, Verdict.HELD, self.ends, "message", ())


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch, recording: Recording) -> Iterator[Stage]:
    stage = Stage(recording.folder, "held")
    monkeypatch.setattr("fixtures.session.open_session", lambda *_: stage)
    yield stage


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        ("held", 0),
        ("broken", 1),
        ("inconclusive", 2),
        ("trouble", 3),
        ("residue", 5),
        (HarnessError("broker-2 did not start"), 3),
        (BadRecording("run.json is damaged"), 3),
        (OSError(28, "No space left on device"), 3),
        (TimeoutError("the stack serves: not within 60 s"), 3),
        (ZeroDivisionError("a bug"), 3),
        (KeyboardInterrupt(), 130),
    ],
)
def test_a_run_ends_with_the_code_of_what_it_came_to(
    ends: str | BaseException, code: int, played: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    played.ends = ends
    assert cli._run(["run", "GD-142"]) == code
    said = capsys.readouterr().err
    if isinstance(ends, BaseException) and str(ends):
        assert str(ends) in said
    assert ("bug of the harness" in said) == isinstance(ends, ZeroDivisionError)


def test_what_cannot_be_healed_is_residue(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from fixtures.healing import Healed

    monkeypatch.setattr("fixtures.healing.heal_abandoned", lambda *_, **__: Healed((), ("pause p-1: stuck",)))
    assert cli._run(["heal"]) == 5
    assert "NOT HEALED pause p-1: stuck" in capsys.readouterr().out


def test_an_unknown_setting_in_the_project_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.gameday]\nsped = 3\n")
    answer = gameday("prune", cwd=tmp_path)
    assert answer.code == 4
    assert "sped" in answer.err
    assert "seed, system, runs, keep" in answer.err
