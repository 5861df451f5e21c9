"""What is mutated: the texts of the shared views and of the invariants; and how a mutant is tried."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, cast

import duckdb

from gameday.kernel.verdict import Preconditions
from invariants import preconditions as conditions
from invariants.views import VIEWS, views_for
from tests.mutation.sql import mutants
from tests.mutation.trials import CHAIN, EVERYTHING, Broken, Trial, under

PARTS = ("offenders", "judged", "figure", "control_too")
OTHERS = 12  # histories about other invariants: a mutant that cries wolf is heard in few as well as in many
# What the preconditions of a run rest on: a mutant below changes them too.
_GIVEN = " ".join(f"FROM {name}" for name in ("traffic", "fault_window", "span"))


@dataclass(frozen=True)
class Outcome:
    """One mutant, and which test noticed it; none: it survived. `stillborn`: it was no program at all."""

    target: str
    operator: str
    line: int
    before: str
    after: str
    killer: str
    stillborn: bool
    seconds: float
    digest: str = ""  # of the mutant's text and of the views below it

    @property
    def survived(self) -> bool:
        return not self.killer and not self.stillborn

    def __str__(self) -> str:
        return f"{self.target}:{self.line}: {self.operator}: {self.before!r} -> {self.after!r}"


def line_of(one: Outcome) -> str:
    """The line that was changed, as it should be."""
    return text_of(one.target).split("\n")[one.line - 1].strip()


def targets() -> list[str]:
    """Names of all texts: `view trail`, `Z1.offenders`."""
    own = [f"{id}.{part}" for id, one in EVERYTHING.items() for part in PARTS if getattr(one, part)]
    return [*(f"view {name}" for name in VIEWS), *own]


def text_of(target: str) -> str:
    if target.startswith("view "):
        return VIEWS[target.removeprefix("view ")](CHAIN)
    id, _, part = target.partition(".")
    return str(getattr(EVERYTHING[id], part))


def digest(text: str) -> str:
    """Names a mutant by its text and all that this rests on: the same once more is the same trial."""
    below = "\n".join(VIEWS[view](CHAIN) for view in views_for(text, CHAIN))
    return blake2b(f"{text}\n{below}".encode(), digest_size=12).hexdigest()


def tried(
    target: str, histories: list[Trial], every: int = 1, settled: Collection[str] = ()
) -> Iterator[Outcome]:
    """Every mutant of a target, or every Nth, before the histories, the likeliest killers first."""
    kills: dict[str, int] = {}
    attempt = _view(target) if target.startswith("view ") else _text(target)
    about = _depend_on(target.removeprefix("view ")) if target.startswith("view ") else {target.split(".")[0]}
    relevant = _relevant(histories, about)
    for mutant in mutants(text_of(target))[len(target) % every :: every]:
        name = digest(mutant.text)
        if name in settled:
            continue
        relevant.sort(key=lambda one: (-kills.get(one.name, 0), one.about not in about))
        began = time.process_time()
        killer, stillborn = "", False
        try:
            killer = next((one.name for one in relevant if attempt(one, mutant.text)), "")
        except Broken:
            stillborn = True
        kills[killer] = kills.get(killer, 0) + 1
        took = time.process_time() - began
        told = (mutant.operator, mutant.line, mutant.before, mutant.after)
        yield Outcome(target, *told, killer, stillborn, took, name)


def _relevant(histories: list[Trial], about: set[str]) -> list[Trial]:
    """Histories about these invariants, the bank and the clean ones, and some of what is about others."""
    asked = [one for one in histories if one.asked & about]
    others = [one for one in asked if one.by_hand and one.about not in about]
    left_out = {one.name for number, one in enumerate(others) if number % max(1, len(others) // OTHERS)}
    return [one for one in asked if one.name not in left_out]


def _depend_on(view: str) -> set[str]:
    """The invariants whose verdicts a view may change."""
    found = set()
    for id, one in EVERYTHING.items():
        texts = " ".join(getattr(one, part) for part in PARTS) + " " + _GIVEN
        if view in under(texts):
            found.add(id)
    return found


def _same(history: Trial, original: str, mutant: str) -> bool:
    try:
        return history.rows(original) == history.engine.run(mutant)
    except duckdb.Error:
        return False  # it crashes in this history: the judge will say UNKNOWN


def _text(target: str) -> Callable[[Trial, str], bool]:
    """Whether a history notices a mutant of an invariant's own text."""
    id, _, part = target.partition(".")
    original = text_of(target)

    def noticed(history: Trial, text: str) -> bool:
        if _same(history, original, text):
            return False
        changed = replace(EVERYTHING[id], **cast(Any, {part: text}))
        given = None
        if id in ("H0", "H1"):
            return False  # the preconditions read these texts themselves: see the mutants of Python
        return not history.fine(id, history.finding(changed, given))

    return noticed


def _view(target: str) -> Callable[[Trial, str], bool]:
    """Whether a history notices a mutant of a view, through any invariant that rests on it."""
    name = target.removeprefix("view ")
    original = text_of(target)
    above = [view for view in _all_in_order() if name in views_for(f"FROM {view}", CHAIN) and view != name]
    about = sorted(_depend_on(name))

    def noticed(history: Trial, text: str) -> bool:
        if _same(history, original, text):
            return False
        for view in (name, *above):
            history.view(view)
        history.given  # noqa: B018  (made from the views as they should be)
        history.engine.begin()
        try:
            return _through(history, text)
        finally:
            history.engine.back()

    def _through(history: Trial, text: str) -> bool:
        engine = history.engine
        given: Preconditions | None = None
        try:
            engine.remake(name, text)
            for view in above:
                engine.remake(view, VIEWS[view](CHAIN))
            if name in under(_GIVEN):
                given = conditions.of(history.recording, engine)
        except duckdb.Error:
            return True
        asked = [id for id in about if id in history.asked]
        asked.sort(key=lambda id: id != history.about)
        return any(not history.fine(id, history.finding(EVERYTHING[id], given)) for id in asked)

    return noticed


def _all_in_order() -> list[str]:
    """Views, those that rest on nothing else first."""
    ordered: list[str] = []
    for view in VIEWS:
        ordered += [one for one in views_for(f"FROM {view}", CHAIN) if one not in ordered]
    return ordered


__all__ = ["Outcome", "targets", "text_of", "tried"]
