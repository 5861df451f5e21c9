"""Operators that plant one small error into a text of SQL."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.mutation.words import Word, conditions, words

Change = tuple[int, int, str]  # from, to, and what stands there instead


@dataclass(frozen=True)
class Mutant:
    """One changed text: which operator changed what, in which line."""

    operator: str
    line: int
    before: str
    after: str
    text: str

    def __str__(self) -> str:
        return f"{self.operator}, line {self.line}: {self.before!r} -> {self.after!r}"


_COMPARED: Mapping[str, tuple[str, ...]] = {
    "=": ("<>",),
    "<>": ("=",),
    "<": ("<=", ">="),
    ">": (">=", "<="),
    "<=": ("<", ">="),
    ">=": (">", "<="),
}
_FATES: Mapping[str, tuple[str, ...]] = {
    "ACK": ("UNKNOWN", "FAIL"),
    "UNKNOWN": ("ACK", "FAIL"),
    "FAIL": ("ACK", "UNKNOWN"),
    "demanded": ("allowed", "forbidden"),
    "allowed": ("demanded", "forbidden"),
    "forbidden": ("demanded", "allowed"),
    "drained": ("moving",),
    "stuck": ("moving",),
    "moving": ("drained",),
    "invalid": ("valid",),
    "valid": ("invalid",),
    "broker": ("raw",),
    "raw": ("broker", "load"),
    "load": ("raw", "curated"),
    "curated": ("load",),
    "dlq": ("raw",),
}
_SWAPPED: Mapping[str, str] = {
    "MIN": "max",
    "MAX": "min",
    "SUM": "max",
    "GREATEST": "least",
    "LEAST": "greatest",
    "LAG": "lead",
    "LEAD": "lag",
    "FLOOR": "ceil",
}
_AGGREGATES = {"COUNT", "SUM", "MIN", "MAX"}
_TURNED: Mapping[str, str] = {"+": "-", "-": "+", "/": "*", "%": "+"}


def comparisons(sql: str, every: Sequence[Word]) -> Iterator[Change]:
    for word in every:
        for other in _COMPARED.get(word.text, ()):
            yield word.start, word.stop, other


def joins(sql: str, every: Sequence[Word]) -> Iterator[Change]:
    for before, word in itertools.pairwise(every):
        if word.upper == "JOIN" and before.upper == "LEFT":
            yield before.start, word.stop, "JOIN"
        elif word.upper == "JOIN" and before.upper != "CROSS":
            yield word.start, word.stop, "LEFT JOIN"


def dropped_conditions(sql: str, every: Sequence[Word]) -> Iterator[Change]:
    for one in conditions(every):
        nothing = "1 = 0" if one.connectors and {w.upper for w in one.connectors} == {"OR"} else "1 = 1"
        for start, stop in one.operands:
            yield start, stop, f" {nothing} "


def connectors(sql: str, every: Sequence[Word]) -> Iterator[Change]:
    for one in conditions(every):
        for word in one.connectors:
            yield word.start, word.stop, "OR" if word.upper == "AND" else "AND"


def nulls(sql: str, every: Sequence[Word]) -> Iterator[Change]:
    for one, two, three in zip(every, every[1:], every[2:], strict=False):
        if (one.upper, two.upper) == ("IS", "NULL"):
            yield one.start, two.stop, "IS NOT NULL"
        elif (one.upper, two.upper, three.upper) == ("IS", "NOT", "NULL"):
            yield one.start, three.stop, "IS NULL"
        elif two.upper == "NOT" and one.upper != "IS" and three.upper != "NULL":
            yield two.start, two.stop, ""
    if len(every) > 1 and (every[-2].upper, every[-1].upper) == ("IS", "NULL"):
        yield every[-2].start, every[-1].stop, "IS NOT NULL"


def distinct(sql: str, every: Sequence[Word]) -> Iterator[Change]:
    """Not where it changes nothing: there is one row (an aggregate, or no FROM), or one per group, named."""
    for number, word in enumerate(every):
        if word.upper != "SELECT":
            continue
        rest = itertools.takewhile(lambda w: not _edge(w, word.depth), every[number + 1 :])  # noqa: B023
        parts = _parts(list(rest), word.depth)
        if "GROUP" in parts:
            single = _named(parts["GROUP"]) <= _named(parts["SELECT"])
        else:
            single = "FROM" not in parts or any(map(_aggregated, parts["SELECT"]))
        if not single:
            yield word.start, word.stop, "SELECT DISTINCT"


def _parts(own: Sequence[Word], depth: int) -> dict[str, list[list[str]]]:
    """What a SELECT lists, what it groups by and so on: by the word that begins it, divided at the commas."""
    parts: dict[str, list[list[str]]] = {"SELECT": [[]]}
    items = parts["SELECT"]
    for word in own:
        if word.depth == depth and word.upper in ("FROM", "WHERE", "GROUP", "HAVING", "ORDER"):
            items = parts[word.upper] = [[]]
        elif word.depth == depth and word.text == ",":
            items.append([])
        elif word.depth > depth or word.upper != "BY":
            items[-1].append(word.text)
    return parts


def _aggregated(item: Sequence[str]) -> bool:
    upper = {word.upper() for word in item}
    return bool(upper & _AGGREGATES) and not upper & {"OVER", "SELECT"}


def _named(items: Sequence[Sequence[str]]) -> set[str]:
    """Each item as one text, without the name that it is given."""
    return {" ".join(item[:-2] if item[-2:-1] == ["AS"] else item) for item in items}


def unions(sql: str, every: Sequence[Word]) -> Iterator[Change]:
    """UNION ALL without its ALL, and without one of its arms."""
    for number, word in enumerate(every):
        if word.upper != "UNION":
            continue
        yield every[number + 1].start, every[number + 1].stop, ""
        first, last = number, number + 1
        while first > 0 and not _edge(every[first - 1], word.depth):
            first -= 1
        yield every[first].start, every[number + 1].stop, ""
        while last + 1 < len(every) and not _edge(every[last + 1], word.depth):
            last += 1
        yield word.start, every[last].stop, ""


def _edge(word: Word, depth: int) -> bool:
    return word.depth < depth or (word.depth == depth and word.upper == "UNION")


def constants(sql: str, every: Sequence[Word]) -> Iterator[Change]:
    for number, word in enumerate(every):
        if word.kind != "number" or "DECIMAL" in {w.upper for w in every[max(0, number - 4) : number]}:
            continue
        if word.text.isdigit():
            yield word.start, word.stop, str(int(word.text) + 1)
            if int(word.text) > 0:
                yield word.start, word.stop, str(int(word.text) - 1)
        else:
            yield word.start, word.stop, f"(2 * {word.text})"


def fates(sql: str, every: Sequence[Word]) -> Iterator[Change]:
    for number, word in enumerate(every):
        if word.kind != "string":
            continue
        near = {w.text for w in every[max(0, number - 1) : number + 2]}
        for other in _FATES.get(word.text[1:-1], ()):
            yield word.start, word.stop, f"'{other}'"
        if word.text[1:-1] not in _FATES and near & set(_COMPARED):
            yield word.start, word.stop, "'another'"


def functions(sql: str, every: Sequence[Word]) -> Iterator[Change]:
    for word, after in itertools.pairwise(every):
        if after.text == "(" and word.upper in _SWAPPED:
            yield word.start, word.stop, _SWAPPED[word.upper]


def defaults(sql: str, every: Sequence[Word]) -> Iterator[Change]:
    """coalesce without what it falls back to."""
    for number, word in enumerate(every):
        if word.upper != "COALESCE":
            continue
        depth = word.depth + 1
        inside = [w for w in every[number + 1 :] if w.text == "," and w.depth == depth]
        closing = next(w for w in every[number + 2 :] if w.text == ")" and w.depth == word.depth)
        commas = [w for w in inside if w.start < closing.start]
        if commas:
            yield commas[-1].start, closing.start, ""


def arithmetic(sql: str, every: Sequence[Word]) -> Iterator[Change]:
    for before, word in itertools.pairwise(every):
        if word.text in _TURNED:
            yield word.start, word.stop, f" {_TURNED[word.text]} "
        elif word.text == "*" and before.upper not in ("(", ".", "SELECT"):
            yield word.start, word.stop, " + "


def windows(sql: str, every: Sequence[Word]) -> Iterator[Change]:
    """Frames that are one row longer or shorter, other orders, and partitions that run together."""
    for number, word in enumerate(every):
        rest = every[number : number + 3]
        if [w.upper for w in rest[:2]] == ["1", "PRECEDING"]:
            yield rest[0].start, rest[1].stop, "CURRENT ROW"
        if [w.upper for w in rest[:2]] == ["CURRENT", "ROW"]:
            yield rest[0].start, rest[1].stop, "1 PRECEDING"
        if word.upper in ("FIRST", "LAST") and every[number - 1].upper == "NULLS":
            yield word.start, word.stop, "LAST" if word.upper == "FIRST" else "FIRST"
        if word.upper in ("PARTITION", "ORDER") and every[number - 1].text == "(":
            yield from _of_window(every, number)
        if word.upper == "ORDER" and every[number - 1].depth == word.depth and every[number - 1].text != "(":
            yield from _turned(every, number)


def _of_window(every: Sequence[Word], number: int) -> Iterator[Change]:
    word = every[number]
    if word.upper == "ORDER":
        yield from _turned(every, number)
        return
    stop = number
    while every[stop].depth >= word.depth and every[stop].upper != "ORDER":
        stop += 1
    commas = [w for w in every[number:stop] if w.text == "," and w.depth == word.depth]
    yield word.start, every[stop - 1].stop, ""
    if commas:
        yield commas[-1].start, every[stop - 1].stop, ""


def _turned(every: Sequence[Word], number: int) -> Iterator[Change]:
    """The first column of an order, the other way round."""
    depth, stop = every[number].depth, number + 2
    while (
        stop < len(every) and every[stop].depth >= depth and every[stop].upper not in (",", "ROWS", "NULLS")
    ):
        if every[stop].depth == depth and every[stop].upper == "DESC":
            yield every[stop].start, every[stop].stop, ""
            return
        stop += 1
    yield every[stop - 1].stop, every[stop - 1].stop, " DESC"


OPERATORS: Mapping[str, Callable[[str, Sequence[Word]], Iterator[Change]]] = {
    "comparison flipped": comparisons,
    "join type changed": joins,
    "condition dropped": dropped_conditions,
    "AND and OR exchanged": connectors,
    "NULL test turned": nulls,
    "DISTINCT added": distinct,
    "UNION changed": unions,
    "constant changed": constants,
    "fate or name confused": fates,
    "function exchanged": functions,
    "default dropped": defaults,
    "arithmetic changed": arithmetic,
    "window shifted": windows,
}


def mutants(sql: str) -> list[Mutant]:
    """Every text that one operator makes of this one; the same text is made once."""
    every = words(sql)
    seen, found = {sql}, []
    for name, operator in OPERATORS.items():
        for start, stop, other in operator(sql, every):
            text = sql[:start] + other + sql[stop:]
            if text in seen:
                continue
            seen.add(text)
            before = " ".join(sql[start:stop].split())
            found.append(Mutant(name, sql.count("\n", 0, start) + 1, before, other.strip(), text))
    return found
