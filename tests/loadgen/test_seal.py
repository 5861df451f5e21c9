"""The seals of a load: they hold after a good run, and break where ledger or intent do not add up."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gameday.kernel.recording import Recording
from loadgen.batch import Batch
from loadgen.ledger import Mark, Outcomes
from loadgen.ledger_format import ACK, RECORD
from loadgen.places import Assignment, Places
from loadgen.process import LoadRun
from loadgen.profiles import steady
from loadgen.seal import seal_after_crash
from loadgen.senders import NOTHING_SETTLED, SETTLED, Settled
from tests.loadgen.rig import new_recording, order, seals

MOCK: dict[str, Any] = {"test.mock.num.brokers": 1}


class AtOnce:
    """A sender that acknowledges at once, and looks at what must be on disk before an event is sent."""

    path = way = "nowhere"

    def __init__(self, run: LoadRun) -> None:
        self._run = run
        self._settled = NOTHING_SETTLED
        self.sent = 0

    def ready(self, within_s: float) -> None: ...

    def send(self, batch: Batch, start: int, stop: int) -> None:
        run = self._run
        assert Mark.read(run.places.mark) >= batch.first_position + stop, "the mark is raised first"
        assert run.places.start.exists(), "so is the start, without which no bytes can be told"
        now = run.now_us()
        batch.invoked[start:stop] = now
        settled = np.zeros(stop - start, dtype=SETTLED)
        settled["position"] = batch.first_position + np.arange(start, stop)
        settled["t_due"], settled["t_invoke"], settled["t_done"] = batch.due[start:stop], now, now
        settled["offset"] = self.sent + np.arange(stop - start)
        settled["fate"] = ACK
        self._settled = np.concatenate([self._settled, settled])
        self.sent += stop - start

    def take(self, seconds: float) -> Settled:
        settled, self._settled = self._settled, NOTHING_SETTLED
        return settled

    def pending(self) -> int:
        return len(self._settled)

    def abandon(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture(scope="module")
def good_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = new_recording(tmp_path_factory.mktemp("good"))
    assignment = Assignment(steady(400, 0.5), order(**MOCK), folder)
    assignment.write()
    run = LoadRun(assignment)
    sender = run.sender = AtOnce(run)
    run.run()
    assert sender.sent == 200
    return folder


@pytest.fixture
def unsealed(good_run: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    shutil.copytree(good_run, folder)
    shutil.rmtree(folder / "tables" / "seal")
    return folder


def test_a_good_run_is_sealed(good_run: Path) -> None:
    assert seals(good_run) == {"send": (200, 200), "intent": (200, 200)}
    assert not seal_after_crash(good_run)


def test_sealing_again_gives_the_same_rows(good_run: Path, unsealed: Path) -> None:
    assert seal_after_crash(unsealed)
    for name in ("send", "metric", "seal"):
        assert Recording(unsealed).rows(name) == Recording(good_run).rows(name)


def test_two_outcomes_for_one_attempt_break_the_seal(unsealed: Path) -> None:
    outcomes = Outcomes(Places(unsealed).outcomes)
    outcomes.add(np.array([(3, 1, 2, 3, 0, 0, ACK)], dtype=RECORD))
    outcomes.close()
    assert seal_after_crash(unsealed)
    assert seals(unsealed)["send"] == (201, 200)


def test_outcomes_above_the_mark_break_the_seal(unsealed: Path) -> None:
    Mark(Places(unsealed).mark).raise_to(150)
    assert seal_after_crash(unsealed)
    assert seals(unsealed)["send"] == (200, 150)


def test_a_torn_tail_makes_its_attempts_unknown(unsealed: Path) -> None:
    path = Places(unsealed).outcomes
    path.write_bytes(path.read_bytes()[:-1])
    assert seal_after_crash(unsealed)
    outcomes = [row["outcome"] for row in Recording(unsealed).rows("send")]
    assert seals(unsealed)["send"] == (200, 200)
    unknown = outcomes.count("UNKNOWN")
    assert unknown > 0 and outcomes == ["ACK"] * (200 - unknown) + ["UNKNOWN"] * unknown


def test_nothing_ordered_is_nothing_to_seal(tmp_path: Path) -> None:
    assert not seal_after_crash(new_recording(tmp_path))


def test_killed_before_anything_was_sent(tmp_path: Path) -> None:
    folder = new_recording(tmp_path)
    Assignment(steady(10, 5), order("127.0.0.1:1"), folder).write()
    assert seal_after_crash(folder)
    assert seals(folder) == {"send": (0, 0), "intent": (0, 0)}
    assert Recording(folder).files("send")
