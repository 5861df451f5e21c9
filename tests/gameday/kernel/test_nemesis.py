"""Faults on their timeline: what a failed heal leaves, and that nobody waits for a slow probe."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gameday.kernel.clock import US, anchor
from gameday.kernel.journal import Journal
from gameday.kernel.nemesis import Nemesis
from gameday.kernel.recording import Recording
from gameday.kernel.steering import Ask
from gameday.kernel.timeline import at
from gameday.kernel.words import Confirmation, HarnessError, Undo


def seen(status: str) -> Confirmation:
    return Confirmation(status, status, time.monotonic())


@dataclass
class Rig:
    """A nemesis whose heals answer what `answers` says, one after the other."""

    folder: Path
    answers: list[str]
    healed: list[str] = field(default_factory=list)
    looking: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.clock = anchor()
        self.journal = Journal(self.folder)
        self.recording = Recording.create(self.folder / "run")
        self.recording.note(anchor=self.clock.to_json())
        self.nemesis = Nemesis(
            self.recording, self.clock, self.journal, {"fake": self._heal}, lambda ref: ref, lambda text: None
        )

    def _heal(self, undo: Undo, victim: Any) -> Confirmation:
        self.healed.append(undo.id)
        return seen(self.answers.pop(0))

    # -- a fault and its shot ------------------------------------------------------------------------

    undo = Undo("fake-1", "fake", {"name": "broker-1"}, {"target": "leader", "part": "broker-1"})

    def aim(self, system: object) -> Rig:
        return self

    def inject(self) -> str:
        assert self.journal.open_faults(), "the undo record is there before the fault"
        return "injected"

    def confirm(self) -> Confirmation:
        assert self.looking.wait(10)
        return seen("confirmed")

    def play(self, at_s: float, for_s: float) -> None:
        self.nemesis.schedule([at(0, self, for_=for_s)], self.clock.now_us())  # type: ignore[arg-type]
        self.nemesis.step(None, self.clock.now_us())  # type: ignore[arg-type]
        self.nemesis.step(None, self.clock.now_us() + int(at_s * US))  # type: ignore[arg-type]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path, [])
    yield made
    made.looking.set()


def test_a_heal_that_fails_stays_open_and_is_tried_again(rig: Rig) -> None:
    rig.answers, rig.looking = ["mismatch", "confirmed"], threading.Event()
    rig.looking.set()
    rig.play(0, for_s=100)
    with pytest.raises(HarnessError, match="did not heal: mismatch"):
        rig.nemesis.heal_all()
    assert rig.nemesis.active() == "fake"
    assert len(rig.journal.open_faults()) == 1
    rig.nemesis.heal_all()
    assert rig.healed == ["fake-1", "fake-1"]
    assert rig.nemesis.active() == ""
    assert rig.journal.open_faults() == []


def test_a_probe_that_still_looks_does_not_hold_up_the_timeline(rig: Rig) -> None:
    rig.answers = ["confirmed"]
    begin = time.monotonic()
    rig.play(5, for_s=1)
    assert time.monotonic() - begin < 2
    assert rig.healed == []
    rig.looking.set()
    rig.nemesis.heal_all()
    assert rig.healed == ["fake-1"]


def test_the_fault_is_written_with_what_was_seen(rig: Rig) -> None:
    rig.answers = ["confirmed"]
    rig.looking.set()
    rig.play(0, for_s=100)
    rig.nemesis.heal_all()
    rig.nemesis.write()
    (row,) = rig.recording.rows("fault")
    assert (row["kind"], row["victim"], row["confirmed"]) == ("fake", "broker-1", "confirmed")
    assert row["t_arm"] <= row["t_bite"] <= row["t_healed"]


class Asking:
    """Somebody who asks for a fault once, and for its heal when told to."""

    def __init__(self, *asks: Ask) -> None:
        self.asks, self.heal, self.answers = list(asks), [], {}  # type: ignore[var-annotated]

    def asked(self, system: object) -> list[Ask]:
        taken, self.asks = self.asks, []
        return taken

    def heal_now(self) -> list[str]:
        return self.heal

    def answer(self, id: str, text: str) -> None:
        self.answers[id] = text

    def seen(self, faults: object) -> None:
        return

    def enough(self) -> bool:
        return False


def test_a_fault_that_is_asked_for_is_journalled_and_healed_at_its_limit(rig: Rig) -> None:
    rig.answers = ["confirmed"]
    rig.looking.set()
    start = rig.clock.now_us()
    rig.nemesis.schedule([], start)
    rig.nemesis.steer(Asking(Ask("a1", rig, 20)), None, start + 5 * US)  # type: ignore[arg-type]
    (undo, record) = rig.journal.open_faults()[0]
    assert undo.id == "fake-1"
    assert record["overdue_at_us"] == start + (5 + 20 + 60) * US
    assert rig.nemesis.busy()
    rig.nemesis.step(None, start + 24 * US)  # type: ignore[arg-type]
    assert rig.healed == []
    rig.nemesis._armed[0].confirming.result()  # type: ignore[union-attr]
    rig.nemesis.step(None, start + 26 * US)  # type: ignore[arg-type]
    assert rig.healed == ["fake-1"]
    assert not rig.nemesis.busy()


def test_a_fault_is_healed_before_its_limit_when_asked(rig: Rig) -> None:
    rig.answers = ["confirmed"]
    rig.looking.set()
    asking = Asking(Ask("a1", rig, 20))  # type: ignore[arg-type]
    rig.nemesis.schedule([], rig.clock.now_us())
    rig.nemesis.steer(asking, None, rig.clock.now_us())  # type: ignore[arg-type]
    asking.heal = ["another"]
    rig.nemesis.steer(asking, None, rig.clock.now_us())  # type: ignore[arg-type]
    assert rig.healed == []
    asking.heal = ["a1"]
    rig.nemesis.steer(asking, None, rig.clock.now_us())  # type: ignore[arg-type]
    assert rig.healed == ["fake-1"]
    assert rig.nemesis.told()[0]["t_healed"] is not None


def test_a_second_fault_on_a_part_that_is_hurt_is_refused_and_the_run_goes_on(rig: Rig) -> None:
    asking = Asking(Ask("a1", rig, 20), Ask("a2", rig, 20))  # type: ignore[arg-type]
    rig.nemesis.schedule([], rig.clock.now_us())
    rig.nemesis.steer(asking, None, rig.clock.now_us())  # type: ignore[arg-type]
    assert list(asking.answers) == ["a2"]
    assert "broker-1 is hurt already by f1" in asking.answers["a2"]
    assert len(rig.nemesis.told()) == 1
