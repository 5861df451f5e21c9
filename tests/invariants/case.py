"""What a case is: one hand-written history, the invariant it is about, and what the judge must say of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gameday.kernel.verdict import Verdict
from tests.invariants.history import Tables

HELD, VACUOUS, UNKNOWN, BROKEN = Verdict.HELD, Verdict.VACUOUS, Verdict.UNKNOWN, Verdict.BROKEN
NOT_BUILT = Verdict.NOT_BUILT


@dataclass(frozen=True)
class Case:
    """One history, the invariant it is about, and what the judge must say of it."""

    id: str
    what: str
    make: Callable[[], Tables]
    verdict: Verdict
    hop: str = ""
    offender: Mapping[str, Any] = field(default_factory=dict)
    also: tuple[str, ...] = ()  # other invariants that may be broken too

    def __str__(self) -> str:
        return f"{self.id}-{self.what}".replace(" ", "_")
