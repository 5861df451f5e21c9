"""The shared views by name, what each rests on, and the tables that a text finally reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from gameday.kernel.recording import SCHEMAS
from invariants import books, exposure, fates, marts, money, oplog, oracle, traffic, visibility
from invariants.chain import Chain

# CHECK is a reserved word of SQL, and quoted identifiers are not portable.
SQL_NAME: Mapping[str, str] = {name: "checks" if name == "check" else name for name in SCHEMAS}
TABLE_OF: Mapping[str, str] = {sql: name for name, sql in SQL_NAME.items()}

# Absent from some recordings for good reasons: their absence says nothing, and is no missing input.
OPTIONAL = frozenset({"control", "target", "phase", "part"})

VIEWS: Mapping[str, Callable[[Chain], str]] = {
    **fates.VIEWS,
    **oracle.VIEWS,
    **money.VIEWS,
    **visibility.VIEWS,
    **traffic.VIEWS,
    **exposure.VIEWS,
    **marts.VIEWS,
    **books.VIEWS,
    **oplog.VIEWS,
}

_READS = re.compile(r"\b(?:FROM|JOIN)\s+([a-z_0-9]+)")


def reads(text: str) -> set[str]:
    """The names that follow FROM or JOIN, common table expressions included."""
    return set(_READS.findall(text))


def views_for(text: str, chain: Chain) -> list[str]:
    """The views that a text needs, those that rest on nothing else first."""
    ordered: list[str] = []

    def visit(name: str) -> None:
        if name in ordered or name not in VIEWS:
            return
        for below in sorted(reads(VIEWS[name](chain))):
            visit(below)
        ordered.append(name)

    for name in sorted(reads(text)):
        visit(name)
    return ordered


def tables_for(*texts: str, chain: Chain | None = None) -> tuple[str, ...]:
    """The tables of the recording without which these texts cannot be answered."""
    chain = chain or Chain()
    names: set[str] = set()
    for text in texts:
        names |= reads(text)
        for view in views_for(text, chain):
            names |= reads(VIEWS[view](chain))
    return tuple(sorted({TABLE_OF[name] for name in names if name in TABLE_OF} - OPTIONAL))
