"""Pause: SIGSTOP, a part that is there and does not answer (a gray failure).

It attacks every client that has no deadline of its own, and every lease that is believed after it expired.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from faults import _aim
from faults._confirm import CONFIRMED, INCONCLUSIVE, MISMATCH, healed_when, look_until_confirmed
from gameday.kernel.handles import Pausable
from gameday.kernel.protocols import System
from gameday.kernel.words import Confirmation, Undo


@dataclass(frozen=True)
class Pause:
    victim: _aim.Part
    confirm_within_s: float = 10.0
    answer_within_s: float = 1.0  # how long silence must last to count as silence
    back_within_s: float = 30.0

    kind: ClassVar[str] = "pause"
    label: ClassVar[str] = "SIGSTOP"
    colour: ClassVar[str] = "#8e6bbf"

    def __str__(self) -> str:
        return f"{self.label} {_aim.words(self.victim)}"

    def aim(self, system: System) -> PauseShot:
        victim = _aim.part(system, self.victim, Pausable)  # type: ignore[type-abstract]
        undo = _aim.undo(
            self.kind, victim, _aim.words(self.victim), victim.name,
            identity=dict(victim.identity()), back_within_s=self.back_within_s,
            answer_within_s=self.answer_within_s,
        )  # fmt: skip
        return PauseShot(undo, victim, self.confirm_within_s, self.answer_within_s)


@dataclass(frozen=True)
class PauseShot:
    undo: Undo
    victim: Pausable
    within_s: float
    answer_within_s: float

    def inject(self) -> str:
        return self.victim.freeze()

    def confirm(self) -> Confirmation:
        """The process is stopped *and* a fresh request gets no answer; one without the other cannot tell."""

        def look() -> tuple[str, str]:
            stopped = self.victim.frozen()
            probe = self.victim.answers(self.answer_within_s)
            seen = f"{stopped or 'not stopped'}; a fresh request: {probe.outcome} after {probe.seconds:.2f} s"
            if stopped and probe.outcome == "silent":
                return CONFIRMED, seen
            if not stopped and probe.outcome == "answered":
                return MISMATCH, seen
            return INCONCLUSIVE, seen

        return look_until_confirmed(look, self.within_s)


def heal(undo: Undo, victim: Pausable) -> Confirmation:
    """Let it run on, until a request is answered again."""

    def look() -> tuple[str, str]:
        stopped = victim.frozen()
        probe = victim.answers(undo.state["answer_within_s"])
        well = not stopped and probe.outcome == "answered"
        seen = f"{stopped or 'running'}; a fresh request: {probe.outcome} after {probe.seconds:.2f} s"
        return (CONFIRMED if well else MISMATCH), seen

    return healed_when(lambda: victim.thaw(undo.state["identity"]), look, undo.state["back_within_s"])
