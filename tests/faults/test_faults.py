"""Every fault bites real processes, is not fooled by a decoy, and heals from its record, twice, anywhere."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from faults import Cut, Delay, Kill, Pause, SeamKill, healers
from faults.nothing import Disabled, disabled
from gameday.kernel.protocols import Fault, System
from gameday.kernel.words import Confirmation, Undo
from tests.faults.rig import Broken, Part, Rig, ask, reopen

ROOT = Path(__file__).parents[2]
SOON, SHORT = 5.0, 0.3  # for what will be seen, and for what will not


def pass_the_seam(rig: Rig) -> None:
    """Traffic that comes by the seam, as the part's work would."""
    for name in ("store", "decoy"):
        part = rig.victims[name]
        assert isinstance(part, Part)
        ask(part._now()["port"], "3-manifest-written", 1.0)


FAULTS: dict[str, Fault] = {
    "kill": Kill("store", confirm_within_s=SOON),
    "pause": Pause("store", confirm_within_s=SOON, answer_within_s=0.3),
    "seam_kill": SeamKill("store", "3-manifest-written", confirm_within_s=SOON),
    "blackhole": Cut("load→store", "blackhole", confirm_within_s=SOON, answer_within_s=0.3),
    "reset": Cut("load→store", "reset", confirm_within_s=SOON, answer_within_s=0.3),
    "refused": Cut("load→store", "refused", confirm_within_s=SOON, answer_within_s=0.3),
    "both channels": Cut(lambda s: [s.links["broker→store"]], confirm_within_s=SOON, answer_within_s=0.3),
    "delay": Delay("load→store", ms=40, jitter_ms=0, confirm_within_s=SOON),
    "delay one way": Delay("load→store", ms=60, one_way=True, confirm_within_s=SOON),
    "delay of a channel": Delay(["broker→store"], ms=40, channels=["controller"], confirm_within_s=SOON),
}
each = pytest.mark.parametrize("name", FAULTS)


class Decoyed:
    """A system in which the arm of every victim and link reaches the decoy instead."""

    hops: Any = ()
    promises: Any = None

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.victims = {"store": Misled(rig.victims["store"], rig.victims["decoy"])}
        decoy = rig.links["load→decoy"]
        self.links = {name: Misled(link, decoy) for name, link in rig.links.items()}


class Misled:
    """Acts on the decoy; whatever looks, looks at the victim."""

    ACTS = ("kill", "freeze", "arm", "disturb")

    def __init__(self, victim: Any, decoy: Any) -> None:
        self._victim, self._decoy = victim, decoy

    def __getattr__(self, name: str) -> Any:
        if name == "disturb":
            return lambda kind, channels, settings: self._decoy.disturb(kind, ["only"], settings)
        return getattr(self._decoy if name in self.ACTS else self._victim, name)


def impatient(fault: Any) -> Fault:
    hurried: Fault = replace(fault, confirm_within_s=SHORT)
    return hurried


def heal(undo: Undo, victim: Any = None) -> Confirmation:
    return healers()[undo.kind](undo, reopen(undo.victim) if victim is None else victim)


def heal_elsewhere(undo: Undo) -> str:
    record = json.dumps({"id": undo.id, "kind": undo.kind, "victim": undo.victim, "state": undo.state})
    command = [sys.executable, "-m", "tests.faults.healing"]
    done = subprocess.run(command, input=record, capture_output=True, text=True, cwd=ROOT, timeout=30)
    return done.stdout.strip() or done.stderr


def play(fault: Fault, system: System, rig: Rig) -> tuple[Undo, Confirmation]:
    shot = fault.aim(system)
    assert shot.inject()
    passing = threading.Thread(target=pass_the_seam, args=(rig,))
    if shot.undo.kind == "seam_kill":
        passing.start()
        passing.join()
    return shot.undo, shot.confirm()


@each
def test_it_bites_is_confirmed_and_heals_twice(name: str, rig: Rig) -> None:
    undo, seen = play(FAULTS[name], rig, rig)
    try:
        assert (seen.status, bool(seen.evidence)) == ("confirmed", True), seen
    finally:
        healed = heal(undo)
    assert healed.status == "confirmed", healed
    assert heal(undo).status == "confirmed"


@pytest.mark.parametrize("name", ["kill", "pause", "seam_kill", "both channels", "delay"])
def test_it_heals_from_its_record_in_another_process(name: str, rig: Rig) -> None:
    undo, seen = play(FAULTS[name], rig, rig)
    assert seen.status == "confirmed", seen
    assert heal_elsewhere(undo) == "confirmed"
    assert heal(undo).status == "confirmed"


@each
def test_aimed_at_a_decoy_it_is_a_mismatch(name: str, rig: Rig) -> None:
    undo, seen = play(impatient(FAULTS[name]), Decoyed(rig), rig)
    decoy = rig.links["load→decoy"] if undo.kind in ("cut", "delay") else rig.victims["decoy"]
    assert seen.status == "mismatch", seen
    misled = {"identity": decoy.identity()} if isinstance(decoy, Part) else {}
    assert heal(Undo("x", undo.kind, {}, {**undo.state, **misled}), decoy).status == "confirmed"
    assert heal(undo).status == "confirmed"


@each
def test_disabled_it_is_never_confirmed_and_its_undo_does_no_harm(name: str, rig: Rig) -> None:
    undo, seen = play(disabled(FAULTS[name], SHORT), rig, rig)
    assert seen.status == "mismatch", seen
    assert heal(undo).status == "confirmed"


def test_a_disabled_fault_keeps_the_record_of_the_fault(rig: Rig) -> None:
    shot = Disabled(FAULTS["kill"]).aim(rig)
    assert (shot.undo.kind, shot.undo.state["part"]) == ("kill", "store")


BROKEN: list[Fault] = [
    Kill(lambda _: Broken(), confirm_within_s=SHORT),
    Pause(lambda _: Broken(), confirm_within_s=SHORT),
    SeamKill(lambda _: Broken(), "s", confirm_within_s=SHORT),
]


@pytest.mark.parametrize("fault", BROKEN, ids=lambda fault: fault.kind)
def test_a_probe_that_fails_is_inconclusive(fault: Fault, rig: Rig) -> None:
    undo, seen = play(fault, rig, rig)
    assert seen.status == "inconclusive"
    assert "lost its footing" in seen.evidence
    assert heal(undo, Broken()).status == "inconclusive"
