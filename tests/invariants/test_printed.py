"""What is printed beside a verdict: how many were judged, how many offend, the figure, and which."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.invariants import printed
from tests.invariants.shown import shown

KNOWN = printed.known()
ALIKE = {str(case): case for case in printed.PRINTED if str(case) in KNOWN}


@pytest.mark.nightly
@pytest.mark.parametrize("name", sorted(ALIKE))
def test_what_is_printed_stays(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert shown(printed.finding_of(ALIKE[name], Path(folder))) == KNOWN[name]


def test_every_invariant_is_among_what_is_known() -> None:
    """A new case needs no entry; an invariant without any needs `python -m tests.invariants.printed`."""
    assert {case.id for case in ALIKE.values()} == {case.id for case in printed.PRINTED}
