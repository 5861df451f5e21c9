"""Expire: the oldest records of a log are gone, as when retention is shorter than somebody's standstill.

It attacks readers that are behind, and above all those that go on as if nothing had been there.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from faults import _aim
from faults._confirm import CONFIRMED, MISMATCH, look_until_confirmed
from gameday.kernel.handles import Expirable
from gameday.kernel.protocols import System
from gameday.kernel.words import Confirmation, Undo


@dataclass(frozen=True)
class Expire:
    log: _aim.Part
    older_than_s: float
    confirm_within_s: float = 10.0

    kind: ClassVar[str] = "expire"
    label: ClassVar[str] = "expiry"
    colour: ClassVar[str] = "#7a6a53"

    def __str__(self) -> str:
        return f"records of {_aim.words(self.log)} older than {self.older_than_s:g} s"

    def aim(self, system: System) -> ExpireShot:
        log = _aim.part(system, self.log, Expirable)  # type: ignore[type-abstract]
        undo = _aim.undo(self.kind, log, str(self), log.name)
        return ExpireShot(undo, log, self.older_than_s, self.confirm_within_s)


@dataclass
class ExpireShot:
    undo: Undo
    log: Expirable
    older_than_s: float
    within_s: float
    before: Mapping[int, int] = field(default_factory=dict)

    def inject(self) -> str:
        self.before = self.log.begins()
        return self.log.expire(self.older_than_s)

    def confirm(self) -> Confirmation:
        """Every partition that has records begins later than before."""

        def look() -> tuple[str, str]:
            now = self.log.begins()
            seen = ", ".join(f"{p}: {self.before.get(p, 0)} to {at}" for p, at in sorted(now.items()))
            moved = now and all(at > self.before.get(p, 0) for p, at in now.items())
            return (CONFIRMED if moved else MISMATCH), f"first offset of each partition: {seen}"

        return look_until_confirmed(look, self.within_s)


def heal(undo: Undo, victim: Expirable) -> Confirmation:
    """What expired does not come back: there is nothing to undo, and nothing is left to disturb others."""
    return Confirmation(CONFIRMED, f"{victim.name} keeps its records from now on", time.monotonic())
