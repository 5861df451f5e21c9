"""Disabled: a fault that is announced and never injected, to see that nobody believes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from gameday.kernel.protocols import Fault, Shot, System
from gameday.kernel.words import Confirmation, Undo


@dataclass(frozen=True)
class Disabled:
    """Wraps a fault: same aim, same undo record, same confirmation; no injection."""

    fault: Fault

    def __str__(self) -> str:
        return f"{self.fault} (disabled)"

    def aim(self, system: System) -> DisabledShot:
        return DisabledShot(self.fault.aim(system))


@dataclass(frozen=True)
class DisabledShot:
    shot: Shot

    @property
    def undo(self) -> Undo:
        return self.shot.undo

    def inject(self) -> str:
        return "disabled on purpose: nothing was injected"

    def confirm(self) -> Confirmation:
        return self.shot.confirm()


def disabled(fault: Any, confirm_within_s: float) -> Disabled:
    """The same with a shorter deadline, since nothing will be seen anyway."""
    return Disabled(replace(fault, confirm_within_s=confirm_within_s))
