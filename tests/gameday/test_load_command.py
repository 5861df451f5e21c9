"""`gameday load`: when it begins, when it ends, and what is a wrong call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gameday.commands.load import _instant
from gameday.commands.shell import Usage
from tests.gameday.call import gameday

NOON = datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("now", 0), ("90", 90), ("90s", 90), ("1.5m", 90), ("2h", 7_200), ("12:01", 60), ("12:00:05", 5)],
)
def test_a_length_counts_from_the_start_and_a_time_of_day_is_the_next_one(text: str, seconds: float) -> None:
    assert _instant(text, NOON) == NOON + timedelta(seconds=seconds)


def test_a_time_of_day_that_has_passed_is_that_of_tomorrow() -> None:
    assert _instant("11:59", NOON) == NOON + timedelta(hours=23, minutes=59)
    assert _instant("12:00", NOON) == NOON + timedelta(days=1)


@pytest.mark.parametrize("text", ["soon", "5 min", "25:00", "-5s", ""])
def test_anything_else_is_a_wrong_call(text: str) -> None:
    with pytest.raises(Usage, match=r"neither a length|no time of day"):
        _instant(text, NOON)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--profile", "T99"), "there is no profile 'T99'"),
        (("--system", "MARS"), "there is no system 'MARS'"),
        (("--rate", "0"), "must be above 0"),
        (("--until", "soon"), "neither a length"),
        (("--until", "now"), "must be above 0"),
    ],
)
def test_a_load_that_cannot_be_had_starts_nothing(words: tuple[str, ...], says: str, tmp_path: Path) -> None:
    answer = gameday("load", *words, cwd=tmp_path)
    assert answer.code == 4
    assert says in answer.err
    assert not (tmp_path / "home").exists() and not (tmp_path / "runs").exists()
