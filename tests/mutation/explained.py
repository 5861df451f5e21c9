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
            and fnmatchcase(one.operator, self.operator)
            and fnmatchcase(one.before, self.before)
            and fnmatchcase(line_of(one), self.line)
        )


_ANY = "of several rows of one offence any may be shown: least or greatest is a choice, not a claim"
_SUMS = "how many groups there are does not depend on what is summed in them"
_ONE = "the table of targets has one row per name: its least is its greatest"

EXPLAINED: tuple[Explained, ...] = (
    *(
        Explained("*.offenders", "function exchanged", name, f"*{name}(*AS {column}*", _ANY)
        for name in ("min", "max")
        for column in ("uid", "at_partition", "container", "event_type", "copy")
    ),
    Explained("B1.judged", "*", "*", "sum(CASE*", _SUMS),
    Explained("B1.judged", "*", "*", "*sum(CASE WHEN f.tier*", _SUMS),
    Explained("*", "function exchanged", "max", "*(SELECT max(value) FROM target WHERE*", _ONE),
)


def why(one: Outcome) -> str:
    """The reason why a mutant may survive; empty if there is none."""
    return next((e.why for e in EXPLAINED if e.fits(one)), "")
