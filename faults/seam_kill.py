"""SeamKill: the part kills itself between two steps of a commit, exactly where the code names a seam.

It attacks the belief that two writes happen together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from faults import _aim
from faults._confirm import CONFIRMED, INCONCLUSIVE, MISMATCH, healed_by, look_until_confirmed
from gameday.kernel.handles import Killable, Seamed
from gameday.kernel.protocols import System
from gameday.kernel.words import Confirmation, Undo


class Crashable(Seamed, Killable, Protocol):
    """A part with commit seams whose death can be seen."""


@dataclass(frozen=True)
class SeamKill:
    victim: _aim.Part
    seam: str
    confirm_within_s: float = 30.0  # the part has to come by there first
    back_within_s: float = 60.0

    kind: ClassVar[str] = "seam_kill"
    label: ClassVar[str] = "killed at seam"
    colour: ClassVar[str] = "#b5446e"

    def __str__(self) -> str:
        return f"{_aim.words(self.victim)} {self.label} {self.seam}"

    def aim(self, system: System) -> SeamKillShot:
        victim = _aim.part(system, self.victim, Crashable)  # type: ignore[type-abstract]
        undo = _aim.undo(
            self.kind, victim, f"{_aim.words(self.victim)} at seam {self.seam}", victim.name,
            seam=self.seam, identity=dict(victim.identity()), back_within_s=self.back_within_s,
        )  # fmt: skip
        return SeamKillShot(undo, victim, self.seam, victim.fired(self.seam), self.confirm_within_s)


@dataclass(frozen=True)
class SeamKillShot:
    undo: Undo
    victim: Crashable
    seam: str
    earlier: str | None  # a marker that lay there before, from another fault
    within_s: float

    def inject(self) -> str:
        return self.victim.arm(self.seam)

    def confirm(self) -> Confirmation:
        """The marker was written at the seam, and the life that wrote it is over."""

        def look() -> tuple[str, str]:
            found = self.victim.fired(self.seam)
            marker = None if found == self.earlier else found
            proof = self.victim.gone(self.undo.state["identity"])
            seen = f"{marker or f'no marker at seam {self.seam}'}; {proof or f'{self.victim.name} lives on'}"
            if marker and proof:
                return CONFIRMED, seen
            return (MISMATCH if not marker and not proof else INCONCLUSIVE), seen

        return look_until_confirmed(look, self.within_s)


def heal(undo: Undo, victim: Seamed) -> Confirmation:
    """Disarm the seam, and wait until the part's own supervisor has it back."""

    def act() -> str:
        disarmed = victim.disarm(undo.state["seam"])
        return f"{disarmed}; {victim.back(undo.state['back_within_s'])}"

    return healed_by(act)
