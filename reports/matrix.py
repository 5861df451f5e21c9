"""The sabotage matrix from stored runs: what was found first, and what proves each invariant."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gameday.kernel.clock import US
from gameday.kernel.first import first_red
from gameday.kernel.recording import BadRecording, Recording
from gameday.kernel.verdict import Finding, Verdict


@dataclass(frozen=True)
class Planted:
    """A defect as its scenario declares it: one switch, and the invariant that has to be red first."""

    id: str
    says: str
    invariant: str
    hop: str
    twin: str


@dataclass(frozen=True)
class Result:
    """One run of one planted defect."""

    run: str
    seed: int
    void: str  # why it proves nothing; empty if it does
    hop: str  # the earliest at which anything was red
    first: tuple[str, ...]  # what was red there and follows from nothing else that was
    accurate: bool
    seconds: float | None  # from the last bite (without a fault: the first event) to the verdict
    says: str

    @property
    def detected(self) -> bool:
        return bool(self.first)


@dataclass(frozen=True)
class Row:
    """A defect with its runs, newest first, and those of its twin."""

    planted: Planted
    results: tuple[Result, ...]
    twin_runs: tuple[str, ...]
    false_alarms: tuple[str, ...]  # runs of the twin in which something is red

    @property
    def counted(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if not result.void)


@dataclass(frozen=True)
class Proof:
    """The last runs in which an invariant held, with something to judge, and in which it was red."""

    id: str
    held: str
    broken: str
    built: bool

    @property
    def proven(self) -> bool:
        return bool(self.held and self.broken)


@dataclass(frozen=True)
class Matrix:
    rows: tuple[Row, ...]
    proofs: tuple[Proof, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "defects": [asdict(row) for row in self.rows],
            "invariants": [{**asdict(proof), "proven": proof.proven} for proof in self.proofs],
            "unproven": [proof.id for proof in self.proofs if not proof.proven],
        }


def matrix(
    runs: Path, planted: Iterable[Planted], known: Iterable[str], voiding: Collection[str] = ()
) -> Matrix:
    """`voiding` names the invariants that void a run rather than break it: for them void is red."""
    stored = list(_stored(runs))
    rows = tuple(_row(one, stored) for one in planted)
    return Matrix(rows, tuple(_proof(id, stored, id in voiding) for id in sorted(known)))


Stored = tuple[Path, Mapping[str, Any]]


def _stored(runs: Path) -> Iterator[Stored]:
    """Judged runs, newest first; what was torn while being written is none."""
    for path in sorted(runs.glob("*/run.json"), reverse=True):
        try:
            run = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue
        if isinstance(run, dict) and run.get("findings"):
            yield path.parent, run


def _row(planted: Planted, stored: Sequence[Stored]) -> Row:
    results = [_result(planted, *one) for one in stored if one[1]["scenario"] == planted.id]
    twins = [(folder, run) for folder, run in stored if run["scenario"] == planted.twin]
    alarms = [folder.name for folder, run in twins if _red(run)]
    return Row(planted, tuple(results), tuple(folder.name for folder, _ in twins), tuple(alarms))


def _red(run: Mapping[str, Any]) -> list[Finding]:
    broken = [data for data in run["findings"] if data["verdict"] == Verdict.BROKEN.name]
    return [one for one in map(Finding.from_json, broken) if one.held_by_scenario]


def _result(planted: Planted, folder: Path, run: Mapping[str, Any]) -> Result:
    hop, first = first_red(_red(run), _hops(folder))
    expected = planted.hop == hop and planted.invariant in first
    return Result(
        run=folder.name,
        seed=int(run["seed"]),
        void=str(run["message"]) if run["status"] == "inconclusive" else "",
        hop=hop,
        first=first,
        accurate=expected and run["status"] == "held",
        seconds=_seconds(folder, run),
        says=str(run["message"]),
    )


def _hops(folder: Path) -> list[str]:
    return [str(row["name"]) for row in sorted(_rows(folder, "hop"), key=lambda row: int(row["ord"]))]


def _seconds(folder: Path, run: Mapping[str, Any]) -> float | None:
    bites = [int(row["t_bite"]) for row in _rows(folder, "fault") if row["t_bite"] is not None]
    begun = [int(row["t_from"]) for row in _rows(folder, "phase") if row["name"] == "load"]
    if "wall_s" not in run or not (bites or begun):
        return None
    ended = int(run["anchor"]["wall_us"]) + float(run["wall_s"]) * US
    return round((ended - max(bites or begun)) / US, 1)


def _rows(folder: Path, table: str) -> list[dict[str, Any]]:
    try:
        return Recording(folder).rows(table)
    except BadRecording:  # a damaged table takes its column away, not the whole matrix
        return []


def _proof(id: str, stored: Sequence[Stored], voids: bool) -> Proof:
    held = broken = ""
    built = False
    for folder, run in stored:
        found = next((one for one in run["findings"] if one["id"] == id), None)
        if found is None or found["verdict"] == "NOT_BUILT":
            continue
        built = True
        red = found["verdict"] == "BROKEN" or (voids and found["verdict"] != "HELD" and found["offenders"])
        if not held and found["verdict"] == "HELD" and found["judged"]:
            held = folder.name
        if not broken and red:
            broken = folder.name
    return Proof(id, held, broken, built)
