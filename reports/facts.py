"""A run as its reports see it: run.json and the small tables, read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gameday.kernel.clock import US
from gameday.kernel.recording import BadRecording, Recording
from gameday.kernel.verdict import Finding, Verdict

Step = Mapping[str, Any]  # one step of an offender's path: hop, what, t, detail


@dataclass(frozen=True)
class Proof:
    """One planted corruption, and whether the judge caught it."""

    name: str
    caught: bool
    detail: str


@dataclass(frozen=True)
class Run:
    folder: Path
    told: Mapping[str, Any]
    findings: Sequence[Finding]
    faults: Sequence[Mapping[str, Any]]
    phases: Sequence[Mapping[str, Any]]
    proofs: Sequence[Proof]
    trouble: str = ""  # what of the recording could not be read

    @property
    def name(self) -> str:
        return self.folder.name

    def word(self, key: str, otherwise: str = "unknown") -> str:
        value = self.told.get(key)
        return otherwise if value in (None, "") else str(value)

    @property
    def scenario(self) -> str:
        return self.word("scenario", self.name)

    @property
    def verdict(self) -> Verdict | None:
        """None while nothing was judged."""
        return Verdict.__members__.get(self.word("verdict"))

    @property
    def verdict_word(self) -> str:
        return self.verdict.name if self.verdict is not None else "NOT JUDGED"

    @property
    def green(self) -> bool:
        """Held, or (a calibration run) wrong in exactly the way that was expected."""
        return bool(self.told.get("status", self.verdict_word.lower()) == "held")

    @property
    def as_expected(self) -> bool:
        return self.green and self.verdict is not Verdict.HELD

    @property
    def tone(self) -> str:
        return "HELD" if self.green else self.verdict_word.split()[0]

    @property
    def chapters(self) -> list[Mapping[str, Any]]:
        """The phases that follow one another; that of the load runs beside them."""
        return [phase for phase in self.phases if phase["name"] != "load"]

    @property
    def started_us(self) -> int | None:
        anchor = self.told.get("anchor") or {}
        begun = min((phase["t_from"] for phase in self.phases), default=None)
        return begun if begun is not None else anchor.get("wall_us")

    @property
    def wall_s(self) -> float | None:
        if self.told.get("wall_s") is not None:
            return float(self.told["wall_s"])
        if not self.phases:
            return None
        first = min(phase["t_from"] for phase in self.phases)
        return float(max(phase["t_to"] for phase in self.phases) - first) / US

    @property
    def broken(self) -> list[Finding]:
        """What the scenario holds and does not hold; causes before what they imply."""
        return [f for f in ordered(self.findings) if f.verdict is Verdict.BROKEN]

    @property
    def undecided(self) -> list[Finding]:
        """Neither held nor broken; of what is not built, only what the scenario claims."""
        open_ones = (Verdict.UNKNOWN, Verdict.VACUOUS)
        return [
            f
            for f in self.findings
            if f.verdict in open_ones or (f.verdict is Verdict.NOT_BUILT and f.held_by_scenario)
        ]

    def path(self, finding: Finding, offender: int = 0) -> Sequence[Step]:
        """run.json `paths`: by invariant, one list of steps for each of the finding's first offenders."""
        paths = (self.told.get("paths") or {}).get(finding.id, [])
        return steps_of(paths[offender]) if offender < len(paths) else []

    def ink(self, kind: str) -> Mapping[str, str]:
        """Label and colour that the fault brought along in run.json `inks`."""
        ink: Mapping[str, str] = (self.told.get("inks") or {}).get(kind, {})
        return {"label": ink.get("label", kind), "colour": ink.get("colour", "#8a8f98")}


def steps_of(path: Any) -> list[Step]:
    """A path as it comes: a list of steps, or one event explained (`steps`, with `at_us` and `where`)."""
    steps = path["steps"] if isinstance(path, Mapping) else path
    return [_step(step) for step in steps]


def _step(told: Mapping[str, Any]) -> Step:
    which = [f"{name} {told[name]}" for name in ("copy", "attempt") if told.get(name, 0) > 0]
    during = [f"during {', '.join(told['faults'])}"] if told.get("faults") else []
    detail = [str(text) for text in (told.get("detail"), told.get("where")) if text]
    return {
        "hop": told.get("hop"),
        "what": told.get("what"),
        "t": told.get("t", told.get("at_us")),
        "detail": ", ".join([*which, *detail, *during]),
    }


def ordered(findings: Sequence[Finding]) -> list[Finding]:
    """What the scenario claims first, the worst first, causes before what they imply."""
    implied = {name for f in findings if f.verdict is Verdict.BROKEN for name in f.implies}
    return sorted(findings, key=lambda f: (not f.held_by_scenario, -f.verdict, f.id in implied))


def open_run(folder: Path) -> Run:
    """A damaged small table is told, not raised: the verdict is in run.json."""
    recording = Recording(folder)
    told = recording.run
    troubles: list[str] = []

    def rows(table: str) -> list[dict[str, Any]]:
        try:
            return recording.rows(table)
        except BadRecording as error:
            troubles.append(str(error))
            return []

    findings = [Finding.from_json(data) for data in told.get("findings") or []]
    faults = sorted(rows("fault"), key=lambda fault: fault["t_arm"])
    phases = sorted(rows("phase"), key=lambda phase: phase["t_from"])
    proofs = _proofs(told.get("proof") or []) or [
        Proof(row["subject"], row["ok"], row["detail"]) for row in rows("check") if row["id"] == "H2"
    ]
    return Run(folder, told, findings, faults, phases, proofs, "; ".join(troubles))


def _proofs(told: Sequence[Any]) -> list[Proof]:
    """Each entry is a mapping: name, caught, and whatever else there is to say."""
    proofs = []
    for entry in told:
        facts = {key: value for key, value in dict(entry).items() if key != "id"}
        name = facts.pop("name", None) or facts.pop("subject", "")
        caught = bool(facts.pop("caught", facts.pop("ok", False)))
        plain = [str(facts.pop("detail"))] if facts.get("detail") else []
        detail = ", ".join(
            plain + [f"{key} {value}" for key, value in facts.items() if value not in (None, "")]
        )
        proofs.append(Proof(str(name), caught, detail))
    return proofs
