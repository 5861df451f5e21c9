"""What an invariant is, the four verdicts, and the order in which one is reached."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gameday.kernel.parts import parts_of


class Verdict(enum.IntEnum):
    """Ordered: the worst wins, and only HELD is green. NOT_BUILT is none at all: the part does not exist."""

    NOT_BUILT = -1
    HELD = 0
    VACUOUS = 1
    UNKNOWN = 2
    BROKEN = 3

    @property
    def word(self) -> str:
        return self.name.replace("_", " ")


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of several; nothing judged at all is VACUOUS, and what is not built is not judged."""
    return max((one for one in verdicts if one is not Verdict.NOT_BUILT), default=Verdict.VACUOUS)


class Kind(enum.Enum):
    SAFETY = "safety"
    MEASURE = "measure"


SAFETY, MEASURE = Kind.SAFETY, Kind.MEASURE


@dataclass(frozen=True)
class Invariant:
    """SQL over the recording: what it judges, who offends, and what the figure is.

    `judged` returns one number; `offenders` one row per offender, with a column `hop` where it has one;
    `figure` one number, always printed. `targets` are values that the SQL finds in the table `target`.
    """

    id: str
    says: str
    kind: Kind
    judged: str
    offenders: str
    needs: tuple[str, ...]
    parts: tuple[str, ...] = ()  # of the system, beside those whose tables it needs
    beside: tuple[str, ...] = ()  # tables that are shown where they are there, and missed by nobody
    at_least: int = 0
    order_by: str = ""
    figure: str = ""
    unit: str = ""
    targets: Mapping[str, float] = field(default_factory=dict)
    implies: tuple[str, ...] = ()
    hint: str = ""
    control_too: str = ""  # SQL: a number > 0 if the control run misses the target as well

    def at(self, **targets: float) -> Invariant:
        """The same invariant with other targets."""
        return replace(self, targets={**self.targets, **targets})


@dataclass(frozen=True)
class Finding:
    """One invariant, judged."""

    id: str
    says: str
    verdict: Verdict
    why: str
    judged: int = 0
    offenders: int = 0
    first: Sequence[Mapping[str, Any]] = ()  # at most 20
    hop: str = ""  # of the first offender
    hops: tuple[str, ...] = ()  # of all of them
    figure: float | None = None
    unit: str = ""
    target: float | None = None
    control: float | None = None
    held_by_scenario: bool = True  # False: shown, never combined
    implies: tuple[str, ...] = ()
    hint: str = ""

    def to_json(self) -> dict[str, Any]:
        data = dict(vars(self))
        data["verdict"] = self.verdict.name
        data["first"] = [dict(row) for row in self.first]
        data["implies"], data["hops"] = list(self.implies), list(self.hops)
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Finding:
        fields = dict(data)
        fields["verdict"] = Verdict[fields["verdict"]]
        fields["implies"], fields["hops"] = tuple(fields["implies"]), tuple(fields.get("hops", ()))
        return Finding(**fields)


def combined(findings: Iterable[Finding]) -> Verdict:
    """The worst of what the scenario holds; a promise over a part that is not built cannot be green."""
    held = [finding.verdict for finding in findings if finding.held_by_scenario]
    return max(worst(held), Verdict.UNKNOWN) if Verdict.NOT_BUILT in held else worst(held)


@dataclass(frozen=True)
class Preconditions:
    """What takes HELD away from every invariant of a run, beside its own inputs."""

    unsealed: frozenset[str] = frozenset()  # tables that count as missing
    instrument: str = ""  # why measures cannot be believed
    starved: str = ""  # why a missed target may be the machine's fault
    fault: str = ""  # a fault that was not confirmed
    traffic: str = ""  # what is short


def decide(
    invariant: Invariant,
    given: Preconditions,
    judged: int,
    offenders: int,
    control_misses: bool,
) -> tuple[Verdict, str]:
    """The order of verdicts; missing and unsealed inputs were handled before anything was computed."""
    if invariant.kind is SAFETY and offenders:
        return Verdict.BROKEN, f"{offenders} of {judged} offend"
    if invariant.kind is MEASURE and given.instrument:
        return Verdict.UNKNOWN, given.instrument
    if invariant.kind is MEASURE and offenders and control_misses:
        return (
            Verdict.UNKNOWN,
            "the control run misses this target too: the machine is too slow for the question",
        )
    if invariant.kind is MEASURE and offenders and given.starved:
        return Verdict.UNKNOWN, f"{offenders} of {judged} beyond the target, but {given.starved}"
    if offenders:
        return Verdict.BROKEN, f"{offenders} of {judged} beyond the target"
    if given.fault:
        return Verdict.UNKNOWN, given.fault
    if given.traffic:
        return Verdict.VACUOUS, given.traffic
    if judged < invariant.at_least:
        return Verdict.VACUOUS, f"judged {judged}, at least {invariant.at_least} were promised"
    return Verdict.HELD, f"0 of {judged}"


def parts_not_built(invariant: Invariant, present: Iterable[str], built: Iterable[str]) -> list[str]:
    """Parts that this invariant is about and the system does not make. A table that is there is judged."""
    absent = set(invariant.needs) - set(present)
    return sorted((parts_of(absent) | set(invariant.parts)) - set(built))


def missing_inputs(invariant: Invariant, present: Iterable[str], given: Preconditions) -> list[str]:
    return sorted((set(invariant.needs) - set(present)) | (set(invariant.needs) & given.unsealed))
