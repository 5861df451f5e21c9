"""Histories of which everything is known: nothing else is red, and nothing else is printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.invariants import pinned
from tests.invariants.pinned import Pinned

KNOWN = pinned.known()
HISTORIES = pinned.histories()


BY_NIGHT = (pytest.mark.nightly,)


@pytest.mark.parametrize(
    "history",
    [pytest.param(one, marks=BY_NIGHT if one.red is None else (), id=str(one)) for one in HISTORIES],
)
def test_everything_is_as_known(history: Pinned, tmp_path: Path) -> None:
    found = history.findings(tmp_path)
    assert history.red is None or pinned.broken(found) == set(history.red)
    assert pinned.printed(found) == KNOWN[str(history)]


def test_no_history_is_known_that_is_gone() -> None:
    assert set(KNOWN) == set(map(str, HISTORIES))
