"""SQL as words with their places, and the conditions in it: stretches that a mutation can replace."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_WORD = re.compile(
    r"(?P<space>\s+)|(?P<string>'(?:[^']|'')*')|(?P<number>\d+(?:\.\d+)?(?:e\d+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z_0-9]*)|(?P<mark><>|<=|>=|[-+*/%=<>(),.])"
)
_OPENS = {"WHERE", "ON", "HAVING", "WHEN"}
_ENDS = {
    "GROUP",
    "ORDER",
    "HAVING",
    "UNION",
    "JOIN",
    "LEFT",
    "CROSS",
    "WHERE",
    "THEN",
    "ON",
    "LIMIT",
    "SELECT",
}


@dataclass(frozen=True)
class Word:
    """One word of a text: its kind, itself, where it begins and ends, and how deep it lies."""

    kind: str
    text: str
    start: int
    stop: int
    depth: int

    @property
    def upper(self) -> str:
        return self.text.upper()


def words(sql: str) -> list[Word]:
    """The words of a text; parentheses and CASE … END each lie one deeper than what is around them."""
    found: list[Word] = []
    depth, at = 0, 0
    while at < len(sql):
        match = _WORD.match(sql, at)
        if match is None:
            raise ValueError(f"not a word of SQL: {sql[at : at + 20]!r}")
        at = match.end()
        kind = str(match.lastgroup)
        if kind == "space":
            continue
        text = match.group()
        if text == ")" or text.upper() == "END":
            depth -= 1
        found.append(Word(kind, text, match.start(), match.end(), depth))
        if text == "(" or text.upper() == "CASE":
            depth += 1
    return found


@dataclass(frozen=True)
class Condition:
    """Operands that are joined by AND or OR at one depth, and the connectors between them."""

    operands: tuple[tuple[int, int], ...]  # stretches of text
    connectors: tuple[Word, ...]


def conditions(every: Sequence[Word]) -> Iterator[Condition]:
    """Every condition of a text: after WHERE, ON, HAVING and WHEN, and in parentheses of their own."""
    for number, word in enumerate(every):
        if word.upper in _OPENS:
            yield from _condition(every, number + 1, word.depth)
        elif (
            word.text == "(" and number + 1 < len(every) and every[number + 1].upper not in ("SELECT", "WITH")
        ):
            inside = list(_condition(every, number + 1, word.depth + 1))
            yield from (one for one in inside if one.connectors)


def _condition(every: Sequence[Word], start: int, depth: int) -> Iterator[Condition]:
    stop = start
    while stop < len(every) and every[stop].depth >= depth:
        if every[stop].depth == depth and every[stop].upper in _ENDS:
            break
        stop += 1
    inside = every[start:stop]
    if not inside or any(w.depth == depth and w.upper in ("BETWEEN", "BY", "OVER") for w in inside):
        return
    connectors = [w for w in inside if w.depth == depth and w.upper in ("AND", "OR")]
    edges = [inside[0].start, *(edge for w in connectors for edge in (w.start, w.stop)), inside[-1].stop]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    yield Condition(tuple(pairs), tuple(connectors))
