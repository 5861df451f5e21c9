"""Every SQL text stays in the subset that both engines read alike."""

from __future__ import annotations

import re

import pytest

import invariants
from invariants.chain import Chain
from invariants.views import VIEWS

FORBIDDEN = {
    r'"': "quoted identifier",
    r"::": "cast with ::",
    r"//": "integer division //",
    r"\bilike\b": "ILIKE",
    r"\bhash\s*\(": "hash()",
    r"\bqualify\b": "QUALIFY",
    r"\bexclude\b": "EXCLUDE",
    r"\bdistinct\b": "DISTINCT",
    r"\b(group|order)\s+by\s+all\b": "BY ALL",
    r"\b(hugeint|ubigint|uhugeint|varchar|text)\b": "type of one engine",
    r"\b(semi|anti|asof|positional)\s+join\b": "join of one engine",
    r"\blateral\b": "LATERAL",
    r"\bunnest\b": "UNNEST",
    r"\b(generate_series|range|sequence|explode)\s*\(": "series",
    r"\b(epoch|date_trunc|strftime|to_timestamp)\w*\s*\(": "time function",
    r"\blimit\b": "LIMIT",
    r"\bfrom\s+[a-z_]+(\s+[a-z_]+)?\s*,": "comma join",
}


def offences(sql: str) -> list[str]:
    return [name for pattern, name in FORBIDDEN.items() if re.search(pattern, sql, re.IGNORECASE)]


def _texts() -> dict[str, str]:
    texts = {f"view {name}": make(Chain()) for name, make in VIEWS.items()}
    for id, one in invariants.everything().items():
        for part in ("judged", "offenders", "figure", "control_too"):
            texts[f"{id}.{part}"] = getattr(one, part)
    return texts


@pytest.mark.parametrize("name", sorted(_texts()))
def test_text_is_portable(name: str) -> None:
    text = _texts()[name]
    assert offences(text) == [], text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('SELECT "offset" FROM a', "quoted identifier"),
        ("SELECT a::int FROM b", "cast with ::"),
        ("SELECT a // 2 FROM b", "integer division //"),
        ("SELECT hash (a) FROM b", "hash()"),
        ("SELECT a FROM b QUALIFY true", "QUALIFY"),
        ("SELECT DISTINCT a FROM b", "DISTINCT"),
        ("SELECT cast(a AS hugeint) FROM b", "type of one engine"),
        ("SELECT a FROM b LEFT ANTI JOIN c", "join of one engine"),
        ("SELECT a FROM b x, c y", "comma join"),
    ],
)
def test_the_test_sees_what_is_not_portable(text: str, name: str) -> None:
    assert name in offences(text)


def test_order_of_columns_that_may_be_null_is_explicit() -> None:
    nullable = {"uid", "copy", "t_done", "at_partition", "at_offset"}
    for id in ("Z1", "Z2"):
        first = invariants.everything()[id].order_by.split(",")[0]
        assert first.split()[0] not in nullable or "NULLS" in first
