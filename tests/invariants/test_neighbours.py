"""Every case of the spine that breaks does so beside other partitions, topics and clusters as well."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

import invariants
from invariants.engines.duckdb import DuckDb
from invariants.judge import judge
from tests.invariants.beside import beside, neighbouring
from tests.invariants.case import Case
from tests.invariants.cases import CASES
from tests.invariants.damaged import mixed

SMALL = partial(DuckDb, threads=1)


@pytest.mark.parametrize("case", neighbouring(CASES), ids=str)
def test_neighbours_mask_nothing(case: Case, tmp_path: Path) -> None:
    recording = case.make().write(tmp_path / "run")
    one = invariants.everything()[case.id]
    (found,) = judge(recording, [one], held=[case.id], save_offenders=False, make_engine=SMALL)
    assert found.verdict is case.verdict, found.why
    assert not case.hop or case.hop in {row["hop"] for row in found.first}, list(found.first)
    shown = any(case.offender.items() <= dict(row).items() for row in found.first)
    assert not case.offender or shown, list(found.first)


def test_neighbours_offend_nowhere(tmp_path: Path) -> None:
    recording = beside(mixed()).write(tmp_path / "run")
    everything = invariants.everything().values()
    found = judge(recording, everything, held=[], save_offenders=False, make_engine=SMALL)
    assert not [one for one in found if one.offenders and one.id != "H1"]
