"""The load process asks for a higher priority, unless it was given a niceness of its own."""

from __future__ import annotations

import os

import pytest

from loadgen import process


@pytest.mark.parametrize("niceness, asked", [(0, [-10]), (19, []), (-5, [])])
def test_only_a_load_without_a_niceness_asks(
    niceness: int, asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    monkeypatch.setattr(os, "getpriority", lambda which, who: niceness)
    monkeypatch.setattr(os, "setpriority", lambda which, who, wanted: seen.append(wanted))
    process._ask_for_priority()
    assert seen == asked


def test_a_refusal_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(which: int, who: int, wanted: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "getpriority", lambda which, who: 0)
    monkeypatch.setattr(os, "setpriority", refused)
    process._ask_for_priority()
