"""Histories of which everything is known: nothing else is red, and nothing else is printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.invariants import pinned
from tests.invariants.pinned import Pinned

KNOWN = pinned.known()


@pytest.mark.parametrize("history", pinned.histories(), ids=str)
def test_everything_is_as_known(history: Pinned, tmp_path: Path) -> None:
    found = history.findings(tmp_path)
    assert pinned.broken(found) == set(history.red)
    assert pinned.printed(found) == KNOWN[str(history)]


def test_no_history_is_known_that_is_gone() -> None:
    assert set(KNOWN) == set(map(str, pinned.histories()))
