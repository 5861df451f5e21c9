"""Histories of which everything is known: what is red, and whatever each invariant judged, counts and shows.

`python -m tests.invariants.printed` writes pinned.json anew; read the difference before it is committed.
Each is here because a change of some text would show in it and in no other history (docs/mutation.md).
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import invariants
from gameday.kernel.verdict import Finding, Verdict
from invariants.engines.duckdb import DuckDb
from invariants.judge import judge
from tests.invariants.history import Tables
from tests.invariants.shown import shown

FILE = Path(__file__).with_name("pinned.json")
SMALL = partial(DuckDb, threads=1)
EVERYTHING = invariants.everything()
HARNESS = frozenset({"H0", "H1", "H2", "H3", "H4"})
SPINE = tuple(one.id for one in invariants.ALWAYS if one.id not in HARNESS)


@dataclass(frozen=True)
class Pinned:
    """A history, the invariants that it is put before, and those of them that are broken.

    Where `red` is None, what it prints is known and nothing else is said of it: it is looked at by night.
    """

    what: str
    make: Callable[[], Tables]
    red: tuple[str, ...] | None = ()
    asked: tuple[str, ...] = SPINE

    def __str__(self) -> str:
        return self.what.replace(" ", "_")

    def findings(self, folder: Path) -> dict[str, Finding]:
        recording = self.make().write(folder / "run")
        asked = [EVERYTHING[id] for id in self.asked]
        found = judge(recording, asked, held=self.asked, save_offenders=False, make_engine=SMALL)
        return {one.id: one for one in found}


def broken(found: dict[str, Finding]) -> set[str]:
    return {id for id, one in found.items() if one.verdict is Verdict.BROKEN}


def printed(found: dict[str, Finding]) -> dict[str, list[Any]]:
    return {id: [one.verdict.name, *shown(one)] for id, one in sorted(found.items())}


def known() -> dict[str, dict[str, list[Any]]]:
    found: dict[str, dict[str, list[Any]]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def histories() -> list[Pinned]:
    """Those of every `pinned_<family>.py` beside this file."""
    found: list[Pinned] = []
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.name.startswith("pinned_"):
            found += importlib.import_module(f"tests.invariants.{module.name}").PINNED
    return found


def written(every: dict[str, dict[str, list[Any]]]) -> str:
    """One line for each invariant of each history."""
    blocks = []
    for name, one in sorted(every.items()):
        lines = [f"    {json.dumps(id)}: {json.dumps(values)}" for id, values in one.items()]
        blocks.append(f"  {json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n  }")
    return "{\n" + ",\n".join(blocks) + "\n}\n"
