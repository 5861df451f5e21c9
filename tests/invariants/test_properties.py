"""Properties: a random legal history is held; of a planted anomaly its own invariant is the first to tell."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import invariants
from gameday.kernel.recording import Recording
from gameday.kernel.verdict import Verdict
from invariants.bank.defects import defects, expressible, planted_in
from invariants.bank.matrix import broken, first_of, verdicts
from invariants.bank.planting import Defect, NothingToPlant
from invariants.bank.sheet import Sheet
from invariants.bank.told import sheet_of
from invariants.bank.traffic import Spec
from invariants.bank.world import World
from invariants.catalog import behind_brokers

EVERYTHING = behind_brokers()
FAULTS = ((), ("broker",), ("landing",), ("loader",), ("warehouse",), ("broker", "landing"))
SHARE = st.sampled_from((0.0, 0.02, 0.1, 0.3))

SPECS = st.builds(
    Spec,
    seed=st.integers(0, 2**32),
    events=st.integers(1, 120),
    keys=st.integers(1, 40),
    places=st.integers(1, 5),
    clusters=st.integers(1, 2),
    duplicates=SHARE,
    twins=SHARE,
    invalid=SHARE,
    late=SHARE,
    resent=SHARE,
    unknown=SHARE,
    failed=SHARE,
    untold=SHARE,
    unsent=SHARE,
    gaps=SHARE,
    faults=st.sampled_from(FAULTS),
    pauses=st.integers(0, 4),
    trigger_ms=st.sampled_from((200, 1000, 2000)),
)
QUIET = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as found:
        yield Path(found)


def _written(sheet: Sheet, folder: Path) -> Recording:
    shutil.rmtree(folder / "run", ignore_errors=True)
    return sheet.write(folder / "run", seed=0)


def _may_be_vacuous(sheet: Sheet) -> set[str]:
    """Invariants of which this history, by what it planned, has nothing to judge."""
    classes = {row["class"] for row in sheet.rows["intent"]}
    found = {"F3", "R6", "V2"}
    found |= set() if sheet.rows["fault"] else {"R1"}
    found |= set() if "dup_of" in classes else {"U2"}
    found |= set() if "twin_of" in classes else {"U5"}
    found |= set() if sheet.rows["dlq_scan"] else {"Z4"}
    return found


def _held(spec: Spec, folder: Path) -> None:
    sheet = sheet_of(World(spec))
    assume(
        sheet.rows["curated_scan"] and any(row.get("src_offset") is not None for row in sheet.rows["send"])
    )
    found = verdicts(_written(sheet, folder), invariants.ALWAYS)
    allowed = _may_be_vacuous(sheet)
    for id, one in found.items():
        fine = {Verdict.HELD, Verdict.VACUOUS} if id in allowed else {Verdict.HELD}
        assert one.verdict in fine, f"{id} is {one.verdict.name}: {one.why} {list(one.first)[:3]}"


def _found_first(spec: Spec, defect: Defect, folder: Path) -> None:
    own = replace(spec, faults=defect.spec.faults, late=max(spec.late, 0.2), failed=max(spec.failed, 0.2))
    if defect.spec.events > Spec().events:
        own = replace(own, events=max(own.events, defect.spec.events))
    try:
        sheet = planted_in(defect, own)
    except NothingToPlant:
        assume(False)
    recording = _written(sheet, folder)
    found = verdicts(recording, EVERYTHING)
    reds = broken(found)
    hops, seen = first_of(found, recording)
    told = {id: list(found[id].first)[:2] for id in reds}
    assert defect.first in seen, f"{defect.name}: {seen} at {hops}: {told}"
    assert defect.hop in hops, told
    strangers = reds - {defect.first, *defect.also}
    assert not strangers, f"{defect.name} turned {strangers} red: {told}"


ANY_DEFECT = st.sampled_from([one for one in defects() if expressible(one) and one.spec.events < 1000])


@settings(QUIET, max_examples=15)
@given(spec=SPECS)
def test_a_random_legal_history_is_held(spec: Spec, folder: Path) -> None:
    _held(spec, folder)


@settings(QUIET, max_examples=15)
@given(spec=SPECS, defect=ANY_DEFECT)
def test_one_planted_anomaly_is_found_first_by_its_invariant(
    spec: Spec, defect: Defect, folder: Path
) -> None:
    _found_first(spec, defect, folder)


@pytest.mark.nightly
@settings(QUIET, max_examples=500)
@given(spec=SPECS)
def test_many_random_legal_histories_are_held(spec: Spec, folder: Path) -> None:
    _held(spec, folder)


@pytest.mark.nightly
@settings(QUIET, max_examples=500)
@given(spec=SPECS, defect=ANY_DEFECT)
def test_many_planted_anomalies_are_found_first(spec: Spec, defect: Defect, folder: Path) -> None:
    _found_first(spec, defect, folder)
