"""Mutants that no test can notice, or need not: by pattern, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.mutation.targets import Outcome, line_of


@dataclass(frozen=True)
class Explained:
    """Survivors of one sort: where, which operator, what stands in that line, and why it does not matter."""

    target: str  # shell pattern
    operator: str
    before: str  # shell pattern of what was replaced
    line: str  # shell pattern of the line
    why: str

    def fits(self, one: Outcome) -> bool:
        return (
            fnmatchcase(one.target, self.target)
            and one.operator == self.operator
            and fnmatchcase(one.before, self.before)
            and fnmatchcase(line_of(one), self.line)
        )


EXPLAINED: tuple[Explained, ...] = ()


def why(one: Outcome) -> str:
    """The reason why a mutant may survive; empty if there is none."""
    return next((e.why for e in EXPLAINED if e.fits(one)), "")
