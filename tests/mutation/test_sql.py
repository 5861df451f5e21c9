"""Mutants: where a DISTINCT is planted, and that every reason explains a mutant of today."""

from __future__ import annotations

import pytest

from tests.mutation.explained import EXPLAINED
from tests.mutation.sql import Mutant, mutants
from tests.mutation.targets import Outcome, targets, text_of


def _distinct(sql: str) -> list[Mutant]:
    return [one for one in mutants(sql) if one.operator == "DISTINCT added"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a.x FROM t a",
        "SELECT coalesce(a.x, 0) AS x FROM t a",
        "SELECT a.x FROM t a GROUP BY a.x, a.y",
        "SELECT min(a.x) AS x FROM t a GROUP BY a.y",
        "SELECT count(*) OVER () AS n FROM t a",
        "SELECT (SELECT max(b.x) FROM u b) AS x FROM t a",
    ],
)
def test_distinct_is_planted_where_rows_may_be_alike(sql: str) -> None:
    assert len(_distinct(sql)) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) AS n FROM t a",
        "SELECT 1 + sum(a.x) AS n FROM t a WHERE a.y = 1",
        "SELECT a.x, min(a.y) AS y FROM t a GROUP BY a.x",
        "SELECT a.x - a.x % 10 AS tens, a.y FROM t a GROUP BY a.y, a.x - a.x % 10 HAVING count(*) > 1",
        "SELECT (SELECT count(*) FROM t) + 1 AS n",
    ],
)
def test_distinct_is_left_out_where_no_two_rows_can_be_alike(sql: str) -> None:
    assert _distinct(sql) == []


def test_every_reason_explains_a_mutant_of_today() -> None:
    every = [
        Outcome(target, one.operator, one.line, one.before, one.after, "", False, 0.0)
        for target in targets()
        for one in mutants(text_of(target))
    ]
    idle = [reason for reason in EXPLAINED if not any(reason.fits(one) for one in every)]
    assert idle == []
