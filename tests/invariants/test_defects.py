"""The bank of planted defects: each is found by the expected invariant first, at the right hop."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import invariants
from invariants.bank import matrix
from invariants.bank.defects import control, defects, expressible, planted
from invariants.bank.matrix import Caught, Planted, verdicts
from invariants.bank.planting import Defect

EVERYTHING = tuple(invariants.everything().values())
DEFECTS = {one.name: one for one in defects()}
BANK = Path(matrix.__file__).parent


def _caught(defect: Defect, seed: int, folder: Path, *, tonight: bool) -> Caught:
    """Before every invariant, and with its control run beside it, at night."""
    sheet, used = planted(defect, seed)
    recording = sheet.write(folder / "with", seed=used)
    wanted = {one.id for one in invariants.ALWAYS} | {defect.first, *defect.also}
    asked = EVERYTHING if tonight else tuple(one for one in EVERYTHING if one.id in wanted)
    return matrix.caught(Planted(defect, used, recording), folder, asked, beside=tonight)


def _check(one: Caught) -> None:
    assert one.detected, f"{one.name}: nothing turned red"
    assert one.expected[0] in one.seen, (one.seen, one.hops, one.why)
    assert one.expected[1] in one.hops, (one.seen, one.hops, one.why)
    assert not one.strangers, f"{one.name}: independent of it, and red: {one.strangers}"
    assert not one.false_alarms, f"{one.name}: red with the switch off: {one.false_alarms}"
    assert one.accurate


def test_every_defect_of_the_catalogue_is_in_the_bank() -> None:
    assert {one.id for one in defects()} == {f"D{number:02d}" for number in range(1, 42)}


@pytest.mark.parametrize("defect", [d for d in defects() if expressible(d)], ids=lambda d: d.name)
def test_a_defect_is_found_first_by_the_expected_invariant(defect: Defect, tmp_path: Path) -> None:
    _check(_caught(defect, 1, tmp_path, tonight=False))


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("defect", [d for d in defects() if expressible(d)], ids=lambda d: d.name)
def test_a_defect_is_found_with_every_seed(defect: Defect, seed: int, tmp_path: Path) -> None:
    _check(_caught(defect, seed, tmp_path, tonight=True))


@pytest.mark.parametrize("defect", defects(), ids=lambda d: d.name)
def test_what_a_defect_expects_exists(defect: Defect) -> None:
    assert defect.first in invariants.everything()
    assert defect.first not in defect.also
    assert defect.says


def test_a_missed_defect_is_seen_as_missed(tmp_path: Path) -> None:
    """With the invariant blind, and with another hop expected, the bank says so."""
    loss = DEFECTS["D31"]
    sheet, used = planted(loss, 1)
    recording = sheet.write(tmp_path / "with", seed=used)
    blind = [one for one in EVERYTHING if one.id in ("H3", "H4", "O3")]
    one = matrix.caught(Planted(loss, used, recording), tmp_path, blind)
    assert (one.detected, one.accurate, one.why) == (False, False, "no such invariant")


def test_a_control_run_differs_from_its_defect_in_the_defect_alone() -> None:
    sheet, used = planted(DEFECTS["D33"], 1)
    clean = control(DEFECTS["D33"], used)
    changed = {name for name in clean.rows if clean.rows[name] != sheet.rows[name]}
    assert "raw_scan" in changed
    assert not changed & {"intent", "send", "broker_scan", "fault", "metric"}


def test_the_first_hop_is_the_first_in_order_of_the_pipeline(tmp_path: Path) -> None:
    sheet, used = planted(DEFECTS["D11"], 1)
    recording = sheet.write(tmp_path / "with", seed=used)
    found = verdicts(recording, EVERYTHING)
    hops, seen = matrix.first_of(found, recording)
    assert (hops, "Z2" in seen) == (("raw",), True)
    assert {"raw"} < set(found["Z2"].hops) | {"dlq", "load"}


def test_the_bank_shares_no_code_with_the_invariants() -> None:
    for path in BANK.glob("*.py"):
        if path.name == "matrix.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [one.name for one in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                ours = name.split(".")[0] in ("invariants", "reports", "loadgen", "faults", "fixtures")
                assert not ours or name.startswith("invariants.bank"), f"{path.name} imports {name}"
