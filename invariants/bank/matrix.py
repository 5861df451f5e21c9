"""The bank before the judge: each defect found, by which invariant, at which hop, and in what time."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gameday.kernel.recording import Recording
from gameday.kernel.verdict import Finding, Invariant, Verdict
from invariants.bank import chaos
from invariants.bank.defects import control, defects, expressible, planted
from invariants.bank.planting import Defect
from invariants.bank.sheet import Sheet
from invariants.catalog import behind_brokers
from invariants.engines.duckdb import DuckDb
from invariants.judge import fill_targets, judge

SEEDS = (1, 2, 3)
SMALL = partial(DuckDb, threads=1)
_LAST = 99


@dataclass(frozen=True)
class Planted:
    """One recording of the bank, with what the judge must say of it first."""

    defect: Defect
    seed: int
    recording: Recording

    @property
    def expected(self) -> tuple[str, str]:
        return self.defect.first, self.defect.hop


@dataclass(frozen=True)
class Caught:
    """What the judge said of one planted defect and of its control run."""

    id: str
    name: str
    says: str
    seed: int
    expected: tuple[str, str]  # invariant, hop
    seen: tuple[str, ...]  # broken at the first hop
    hops: tuple[str, ...]  # the first, in order of the pipeline, at which anything is broken
    strangers: tuple[str, ...]  # broken, and no consequence of the defect
    false_alarms: tuple[str, ...]  # broken in the control run
    seconds: float  # to judge the recording with the defect
    why: str = ""  # the expected invariant's own words

    @property
    def detected(self) -> bool:
        return bool(self.seen)

    @property
    def accurate(self) -> bool:
        """The right invariant at the right hop, nothing before it, nothing that is independent of it."""
        invariant, hop = self.expected
        return invariant in self.seen and hop in self.hops and not self.strangers


def histories(folder: Path, seeds: Sequence[int] = SEEDS) -> Iterator[Planted]:
    """Every expressible defect with every seed, as recordings below a folder."""
    for defect in defects():
        if expressible(defect):
            for seed in seeds:
                sheet, used = planted(defect, seed)
                yield Planted(defect, used, _written(sheet, folder, f"{defect.name}-{used}", used))


def judged(
    folder: Path, seeds: Sequence[int] = SEEDS, asked: Iterable[Invariant] | None = None
) -> Iterator[Caught]:
    """The whole bank before the judge, one result after the other; recordings are removed when judged."""
    chosen = tuple(behind_brokers() if asked is None else asked)
    for one in histories(folder, seeds):
        yield caught(one, folder, chosen)


def not_expressible() -> tuple[Defect, ...]:
    """Defects of which no table can tell yet."""
    return tuple(one for one in defects() if not expressible(one))


def caught(one: Planted, folder: Path, asked: Sequence[Invariant], *, beside: bool = True) -> Caught:
    """Judge a history with its defect, and the same history without it beside it."""
    began = time.monotonic()
    found = verdicts(one.recording, asked)
    took = time.monotonic() - began
    alarms = _alarms_without(one, folder, asked) if beside else set()
    hops, seen = first_of(found, one.recording)
    shutil.rmtree(one.recording.folder)
    reds = broken(found)
    expected = found.get(one.defect.first)
    return Caught(
        id=one.defect.id,
        name=one.defect.name,
        says=one.defect.says,
        seed=one.seed,
        expected=one.expected,
        seen=seen,
        hops=hops,
        strangers=tuple(sorted(reds - {one.defect.first, *one.defect.also})),
        false_alarms=tuple(sorted(alarms)),
        seconds=took,
        why=expected.why if expected else "no such invariant",
    )


def _alarms_without(one: Planted, folder: Path, asked: Sequence[Invariant]) -> set[str]:
    clean = _written(control(one.defect, one.seed), folder, f"{one.defect.name}-{one.seed}-off", one.seed)
    try:
        return broken(verdicts(clean, asked))
    finally:
        shutil.rmtree(clean.folder)


def verdicts(recording: Recording, asked: Iterable[Invariant]) -> dict[str, Finding]:
    """Findings by id; nothing is stored."""
    chosen = list(asked)
    held = {one.id for one in chosen}
    found = judge(recording, chosen, held=held, make_engine=SMALL, save_offenders=False)
    return {one.id: one for one in found}


def broken(found: dict[str, Finding]) -> set[str]:
    return {id for id, one in found.items() if one.verdict is Verdict.BROKEN}


def offending(recording: Recording, asked: Iterable[Invariant]) -> dict[str, int]:
    """How many offend each invariant whose tables are there: quicker than a verdict, and stricter."""
    engine = SMALL(recording)
    try:
        chosen = list(asked)
        fill_targets(engine, chosen)
        counts = {}
        for one in chosen:
            if not set(one.needs) & set(engine.trouble):
                (row,) = engine.rows(f"SELECT count(*) AS n FROM ({one.offenders}) o")
                counts[one.id] = int(row["n"])
        return counts
    finally:
        engine.close()


def first_of(found: dict[str, Finding], recording: Recording) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The earliest hops at which anything is broken, and what is broken there.

    It is one hop of the pipeline, or what lies beside and after it: readers, mirrors.
    """
    order = {str(row["name"]): int(row["ord"]) for row in recording.rows("hop")}
    places = {id: {hop: order.get(hop, _LAST) for hop in found[id].hops or ("",)} for id in broken(found)}
    if not places:
        return (), ()
    first = min(ord for hops in places.values() for ord in hops.values())
    names = {hop for hops in places.values() for hop, ord in hops.items() if ord == first}
    seen = {id for id, hops in places.items() if first in hops.values()}
    return tuple(sorted(names)), tuple(sorted(seen))


def alarms(
    folder: Path, seeds: Iterable[int], asked: Iterable[Invariant] | None = None
) -> Iterator[tuple[int, set[str]]]:
    """Chaotic but clean histories before the judge: each seed, and what was broken without cause."""
    chosen = tuple(behind_brokers() if asked is None else asked)
    for seed in seeds:
        recording = _written(chaos.history(seed), folder, f"chaos-{seed}", seed)
        try:
            yield seed, broken(verdicts(recording, chosen))
        finally:
            shutil.rmtree(recording.folder)


def _written(sheet: Sheet, folder: Path, name: str, seed: int) -> Recording:
    return sheet.write(folder / name.replace(" ", "-"), seed=seed)


__all__ = ["Caught", "Planted", "alarms", "caught", "histories", "judged", "not_expressible"]
