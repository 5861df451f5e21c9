"""Histories with their verdicts, as the tests know them: what a mutant has to get wrong to be noticed."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

import invariants
from gameday.kernel.recording import Recording
from gameday.kernel.verdict import MEASURE, Finding, Invariant, Preconditions, Verdict
from invariants import preconditions as conditions
from invariants.bank import chaos
from invariants.bank.defects import defects, expressible, planted
from invariants.chain import Chain
from invariants.engines.duckdb import DuckDb
from invariants.judge import Bench, _guarded, fill_targets
from invariants.views import views_for
from tests.invariants import pinned, printed
from tests.invariants.beside import neighbouring
from tests.invariants.case import Case
from tests.invariants.cases import CASES
from tests.invariants.pinned import Pinned
from tests.invariants.shown import shown

EVERYTHING = invariants.everything()
ALWAYS = {one.id for one in invariants.ALWAYS}
CHAIN = Chain()
FEW = 60  # events of a defect's history: the fewer, the sooner a mutant is judged
CLEAN = range(8)  # chaotic histories in which nothing may turn red
PRINTED = printed.known()
PINNED = pinned.known()
Rows = list[str]


class Broken(Exception):
    """The mutant is no SQL at all: no engine would run it."""


class Engine(DuckDb):
    """An engine that remembers its answers, and whose views can be made from another text and put back."""

    def __init__(self, recording: Recording) -> None:
        self._answers: dict[str, list[dict[str, Any]]] = {}
        self._remade: set[str] = set()
        super().__init__(recording, threads=1)

    def _register(self, name: str, files: list[Path]) -> None:
        self._replace(name, self.recording.read(name))

    def rows(self, sql: str) -> list[dict[str, Any]]:
        if self._remade & under(sql):
            return super().rows(sql)
        if sql not in self._answers:
            self._answers[sql] = super().rows(sql)
        return self._answers[sql]

    def put(self, name: str, table: pa.Table) -> None:
        self._answers.clear()
        super().put(name, table)

    def run(self, sql: str) -> Rows:
        """The rows of a text in an order of their own; a text that cannot be bound is Broken."""
        try:
            self._prepare(sql)
            found = self._session.execute(sql).fetchall()
        except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException) as error:
            raise Broken(str(error)) from error
        return sorted(map(repr, found))

    def begin(self) -> None:
        self._before = set(self._made)
        self._session.execute("BEGIN")

    def back(self) -> None:
        self._session.execute("ROLLBACK")
        self._made, self._remade = self._before, set()

    def remake(self, view: str, text: str) -> None:
        self._session.execute(f"DROP TABLE {view}")
        self._session.execute(f"CREATE TEMP TABLE {view} AS {text}")
        self._remade.add(view)


@cache
def under(sql: str) -> frozenset[str]:
    """The views that a text rests on."""
    return frozenset(views_for(sql, CHAIN))


@dataclass
class Trial:
    """One history: how it is made, and whether a finding is what the tests demand of it."""

    name: str
    about: str  # the invariant that it was made for
    write: Callable[[Path], Recording]
    fine: Callable[[str, Finding], bool]
    asked: frozenset[str]  # invariants whose findings are looked at
    by_hand: bool = False
    known: dict[str, Rows] = field(default_factory=dict)

    @cached_property
    def engine(self) -> Engine:
        self._folder = tempfile.TemporaryDirectory(prefix="history-")
        self.recording = self.write(Path(self._folder.name) / "run")
        engine = Engine(self.recording)
        fill_targets(engine, EVERYTHING.values())
        return engine

    @cached_property
    def given(self) -> Preconditions:
        return conditions.of(self.engine.recording, self.engine)

    def rows(self, sql: str) -> Rows:
        """What a text that is no mutant finds here."""
        if sql not in self.known:
            self.known[sql] = self.engine.run(sql)
        return self.known[sql]

    def view(self, name: str) -> None:
        """Have the engine make a view, and what it rests on."""
        self.rows(f"SELECT count(*) FROM {name}")

    def finding(self, one: Invariant, given: Preconditions | None = None) -> Finding:
        bench = Bench(self.recording, self.engine, given or self.given, frozenset(EVERYTHING), None)
        return _guarded(bench, one)


def _by_hand(case: Case) -> Trial:
    known = PRINTED.get(str(case))

    def fine(id: str, one: Finding) -> bool:
        if id != case.id:
            return one.verdict is not Verdict.BROKEN or id in case.also
        told = [dict(row) for row in one.first]
        at_hop = not case.hop or case.hop in {row.get("hop") for row in told}
        told_so = not case.offender or any(case.offender.items() <= row.items() for row in told)
        as_before = known is None or shown(one) == known
        return one.verdict is case.verdict and at_hop and told_so and as_before

    others = set(EVERYTHING) if EVERYTHING[case.id].kind is MEASURE else ALWAYS
    asked = {case.id} | (others if case.verdict is Verdict.BROKEN else set())
    return Trial(str(case), case.id, lambda path: case.make().write(path), fine, frozenset(asked), True)


def _beside(case: Case) -> Trial:
    """The same beside neighbours, where its own invariant alone is looked at."""
    return replace(_by_hand(case), asked=frozenset({case.id}))


def _of_the_bank() -> Iterator[Trial]:
    for defect in defects():
        if not expressible(defect) or defect.spec.events >= 1000:
            continue

        def write(path: Path, defect: Any = defect) -> Recording:
            few = replace(defect, spec=replace(defect.spec, events=min(FEW, defect.spec.events)))
            return planted(few, 1)[0].write(path, seed=1)

        def fine(id: str, one: Finding, defect: Any = defect) -> bool:
            if id == defect.first:
                return one.verdict is Verdict.BROKEN and defect.hop in one.hops
            return one.verdict is not Verdict.BROKEN or id in defect.also

        yield Trial(defect.name, defect.first, write, fine, frozenset(EVERYTHING))


def _clean() -> Iterator[Trial]:
    for seed in CLEAN:

        def write(path: Path, seed: int = seed) -> Recording:
            return chaos.history(seed).write(path, seed=seed)

        def fine(id: str, one: Finding) -> bool:
            return one.verdict not in (Verdict.BROKEN, Verdict.UNKNOWN)

        yield Trial(f"chaos {seed}", "", write, fine, frozenset(EVERYTHING))


def _pinned(history: Pinned) -> Trial:
    known = PINNED.get(str(history), {})

    def fine(id: str, one: Finding) -> bool:
        return [one.verdict.name, *shown(one)] == known.get(id)

    def write(path: Path) -> Recording:
        return history.make().write(path)

    return Trial(str(history), history.asked[0], write, fine, frozenset(history.asked))


def trials() -> list[Trial]:
    """All histories: those written by hand, those of which everything is known, the bank, and clean ones."""
    by_hand = [*map(_by_hand, CASES), *map(_beside, neighbouring(CASES)), *map(_pinned, pinned.histories())]
    return [*by_hand, *_of_the_bank(), *_clean()]
