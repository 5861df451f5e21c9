"""Kill: SIGKILL, the death that no part can prepare for.

It attacks whatever was acknowledged but held in memory only, and every handover that is done in two steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from faults import _aim
from faults._confirm import CONFIRMED, MISMATCH, healed_by, look_until_confirmed
from gameday.kernel.handles import Killable
from gameday.kernel.protocols import System
from gameday.kernel.waiting import DeadlineExceeded, wait_until
from gameday.kernel.words import Confirmation, HarnessError, Undo

DYING_S = 1.0  # between SIGKILL and the proof of death, for a heal that comes right after the kill


@dataclass(frozen=True)
class Kill:
    victim: _aim.Part
    confirm_within_s: float = 10.0
    back_within_s: float = 60.0

    kind: ClassVar[str] = "kill"
    label: ClassVar[str] = "kill -9"
    colour: ClassVar[str] = "#d1495b"

    def __str__(self) -> str:
        return f"{self.label} {_aim.words(self.victim)}"

    def aim(self, system: System) -> KillShot:
        # mypy calls a protocol abstract where a class is asked for; here it only names a capability.
        victim = _aim.part(system, self.victim, Killable)  # type: ignore[type-abstract]
        identity = dict(victim.identity())
        undo = _aim.undo(
            self.kind, victim, _aim.words(self.victim), victim.name,
            identity=identity, back_within_s=self.back_within_s,
        )  # fmt: skip
        return KillShot(undo, victim, self.confirm_within_s)


@dataclass(frozen=True)
class KillShot:
    undo: Undo
    victim: Killable
    within_s: float

    def inject(self) -> str:
        return self.victim.kill()

    def confirm(self) -> Confirmation:
        """The process is gone and its port refuses."""

        def look() -> tuple[str, str]:
            proof = self.victim.gone(self.undo.state["identity"])
            return (CONFIRMED, proof) if proof else (MISMATCH, f"{self.victim.name} lives on")

        return look_until_confirmed(look, self.within_s)


def heal(undo: Undo, victim: Killable) -> Confirmation:
    """Bring the victim back; a life that never ended needs nothing."""
    identity = undo.state["identity"]

    def act() -> str:
        if not _ended(victim, identity):
            return f"{victim.name} never died"
        return victim.bring_back(identity, undo.state["back_within_s"])

    return healed_by(act)


def _ended(victim: Killable, identity: dict[str, object]) -> bool:
    def another_life() -> bool:
        if victim.gone(identity):
            return True
        try:
            return dict(victim.identity()) != dict(identity)
        except HarnessError:  # nobody lives there now
            return True

    try:
        return wait_until(f"{victim.name} to be dead", another_life, within_s=DYING_S)
    except DeadlineExceeded:
        return False
