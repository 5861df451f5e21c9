"""The helm: a run has one exit code, which comes from its verdict and from nothing else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import fixtures.driving.__main__ as driving
from fixtures.driving.choice import Choice
from fixtures.driving.handed import Handed
from fixtures.driving.order import Drive
from fixtures.driving.room import Room, put
from gameday.kernel.clock import Anchor
from gameday.kernel.words import HarnessError, LoadOrder
from loadgen.profiles import steady
from loadpage import helm as module
from loadpage.helm import Helm
from loadpage.options import order_of

# What stands for the driving process: its room is its last argument.
STUB = """
import json, pathlib, sys, time
room = pathlib.Path(sys.argv[-1])
{body}
"""


class Rig:
    def __init__(self, folder: Path) -> None:
        self.folder, self.told = folder, list[str]()
        self.helm = Helm(
            lambda handed: self.told.append(f"handed out {handed.parts}"),
            lambda: self.told.append("ended"),
            lambda code: self.told.append(f"judged {code}"),
        )

    def drive(self, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
        stub = self.folder / "stub.py"
        stub.write_text(STUB.format(body=body), encoding="utf-8")
        python = self.folder / "python"
        python.write_text(f'#!/bin/sh\nexec {sys.executable} {stub} "$@"\n', encoding="utf-8")
        python.chmod(0o755)
        monkeypatch.setattr(module, "sys", SimpleNamespace(executable=str(python)))
        self.helm.begin(Drive(Choice(), handed_to=2))


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    monkeypatch.setenv("GAMEDAY_HOME", str(tmp_path / "home"))
    made = Rig(tmp_path)
    yield made
    made.helm.end_at_once()
    made.helm.join()


@pytest.mark.parametrize(("code", "expected"), [(0, 0), (1, 1), (2, 2), (3, 3), (130, 3), (-9, 3)])
def test_the_exit_code_is_that_of_the_verdict(
    code: int, expected: int, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = "import os; os.kill(os.getpid(), 9)" if code < 0 else f"sys.exit({code})"
    rig.drive(end, monkeypatch)
    assert rig.helm.join() == expected
    assert rig.told == ["ended", f"judged {expected}"]


def test_one_run_at_a_time(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.drive("time.sleep(60)", monkeypatch)
    assert rig.helm.busy()
    with pytest.raises(RuntimeError, match="not judged yet"):
        rig.helm.begin(Drive(Choice(), handed_to=2))


def test_slices_are_handed_out_once_and_the_test_ends_with_the_load(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait = "while not (room / 'go').exists(): time.sleep(0.05)"
    rig.drive(
        f"{wait}\n(room / 'state.json').write_text(json.dumps({{'phase': 'drain'}}))\ntime.sleep(2)",
        monkeypatch,
    )
    room = rig.helm.room
    assert room is not None
    order = LoadOrder(7, "00" * 16, 5, Anchor(1, 2), "a", "topic", "")
    Handed(steady(10, 5), 2, room).start(order, rig.folder)
    put(room.state, {"phase": "load"})
    (room.folder / "go").touch()
    rig.helm.join()
    assert rig.told == ["handed out 2", "ended", "judged 0"]


def test_enough_reaches_the_run(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.drive("while not (room / 'enough').exists(): time.sleep(0.05)", monkeypatch)
    rig.helm.enough()
    assert rig.helm.join() == 0


def test_a_load_that_failed_is_told_to_the_run(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.drive("while not (room / 'given-up.json').exists(): time.sleep(0.05)\nsys.exit(3)", monkeypatch)
    rig.helm.give_up("worker x is gone")
    assert rig.helm.join() == 3


# -- the driving process itself ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "code"),
    [("held", 0), ("broken", 1), ("inconclusive", 2), (HarnessError("no stack"), 3), (ValueError("a bug"), 3),
     (KeyboardInterrupt(), 130)],
)  # fmt: skip
def test_trouble_is_never_taken_for_a_verdict(
    outcome: Any, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drive(*_: Any) -> Any:
        if isinstance(outcome, BaseException):
            raise outcome
        return SimpleNamespace(status=outcome)

    monkeypatch.setattr(driving, "drive", drive)
    monkeypatch.setattr(driving, "signal", SimpleNamespace(signal=lambda *_: None, SIGTERM=15, SIGINT=2))
    room = Room(tmp_path)
    put(room.order, Drive(Choice()).to_json())
    assert driving.main(str(tmp_path)) == code


def test_without_an_order_nothing_is_driven(tmp_path: Path) -> None:
    assert driving.main(str(tmp_path)) == 4


# -- what locust was told ------------------------------------------------------------------------------


def test_options_of_locust_become_an_order() -> None:
    told = SimpleNamespace(system="HA", traffic="T4", rate=1e5, seconds=60.0, seed=11, only_kafka=True)
    order = order_of(told, 3)
    assert (order.choice, order.only_kafka, order.handed_to) == (Choice("HA", "T4", 1e5, 60.0, 11), True, 3)
