"""The sabotage matrix from stored runs: found, missed, void, false alarms, and what proves an invariant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from gameday.kernel.recording import Recording
from gameday.kernel.verdict import Finding, Verdict
from reports.matrix import Matrix, Planted, matrix
from reports.matrix_table import matrix_table

T0 = 1_760_000_000_000_000
HOPS = ("broker", "raw", "load", "curated")
D29 = Planted("D29", "a load twice", "U4", "load", "D29-off")


def finding(id: str, verdict: Verdict, *hops: str, judged: int = 10, **more: Any) -> Finding:
    offenders = 0 if verdict is Verdict.HELD else 3
    return Finding(id, "says", verdict, "why", judged=judged, offenders=offenders, hops=hops, **more)


def store(runs: Path, scenario: str, status: str, *found: Finding, bite: int | None = 30) -> str:
    folder = runs / f"2026112{len(list(runs.iterdir()))}T000000Z-{scenario}-7"
    recording = Recording.create(folder)
    recording.note(
        scenario=scenario, seed=7, status=status, message=f"message of {scenario}", wall_s=100.0,
        anchor={"wall_us": T0}, findings=[one.to_json() for one in found],
    )  # fmt: skip
    hops = [
        {"name": name, "ord": n, "joins": "coordinates", "state": "drained"} for n, name in enumerate(HOPS)
    ]
    recording.add("hop", hops)
    recording.add("phase", [{"name": "load", "t_from": T0 + 10_000_000, "t_to": T0 + 70_000_000}])
    t_bite = None if bite is None else T0 + bite * 1_000_000
    if bite is not None:
        fault = {
            "id": "f1",
            "kind": "kill",
            "target": "",
            "victim": "loader",
            "t_arm": t_bite,
            "t_bite": t_bite,
        }
        recording.add("fault", [{**fault, "confirmed": "confirmed", "evidence": "", "stays": False}])
    return folder.name


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


def read(runs: Path) -> Matrix:
    return matrix(runs, [D29], ["H0", "U4", "B1", "Z3"], voiding=("H0",))


U4 = finding("U4", Verdict.BROKEN, "load", implies=("B1",))
B1 = finding("B1", Verdict.BROKEN, "curated")
FINE = finding("U4", Verdict.HELD)


def test_a_defect_is_found_by_what_turns_red_first(runs: Path) -> None:
    store(runs, "D29", "held", U4, B1)
    (row,) = read(runs).rows
    (result,) = row.results
    assert (result.hop, result.first, result.detected, result.accurate) == ("load", ("U4",), True, True)
    assert result.seconds == 70.0, "100 s after the anchor, bitten at 30 s"


def test_without_a_fault_the_clock_starts_with_the_first_event(runs: Path) -> None:
    store(runs, "D29", "held", U4, bite=None)
    assert read(runs).rows[0].results[0].seconds == 90.0


@pytest.mark.parametrize(
    ("found", "detected"), [((finding("Z2", Verdict.BROKEN, "raw"), U4), True), ((FINE,), False)]
)
def test_another_one_first_is_inaccurate_and_nothing_red_is_missed(
    runs: Path, found: tuple[Finding, ...], detected: bool
) -> None:
    store(runs, "D29", "broken", *found)
    result = read(runs).rows[0].results[0]
    assert (result.detected, result.accurate) == (detected, False)


def test_what_a_scenario_does_not_hold_is_no_finding(runs: Path) -> None:
    store(runs, "D29", "broken", finding("U4", Verdict.BROKEN, "load", held_by_scenario=False))
    assert not read(runs).rows[0].results[0].detected


def test_a_void_run_counts_neither_way(runs: Path) -> None:
    store(runs, "D29", "inconclusive", FINE)
    (row,) = read(runs).rows
    assert row.results[0].void == "message of D29" and not row.counted


def test_red_with_the_switch_off_is_a_false_alarm(runs: Path) -> None:
    calm = store(runs, "D29-off", "held", FINE)
    alarm = store(runs, "D29-off", "broken", U4)
    (row,) = read(runs).rows
    assert (row.twin_runs, row.false_alarms) == ((alarm, calm), (alarm,))


def test_an_invariant_is_proven_by_a_run_that_held_and_one_that_was_red(runs: Path) -> None:
    held = store(
        runs, "D29-off", "held", FINE, finding("H0", Verdict.HELD), finding("Z3", Verdict.HELD, judged=0)
    )
    red = store(runs, "D29", "inconclusive", U4, finding("H0", Verdict.UNKNOWN))
    proofs = {proof.id: proof for proof in read(runs).proofs}
    assert (proofs["U4"].held, proofs["U4"].broken, proofs["U4"].proven) == (held, red, True)
    assert proofs["H0"].proven, "what voids a run is red where it is not held"
    assert not proofs["Z3"].held, "nothing was judged"
    assert not proofs["B1"].built and not proofs["B1"].proven


def test_a_torn_run_is_none(runs: Path) -> None:
    store(runs, "D29", "held", U4)
    (runs / "20261130T000000Z-D29-7").mkdir()
    (runs / "20261130T000000Z-D29-7" / "run.json").write_text("{")
    assert len(read(runs).rows[0].results) == 1


def test_the_unproven_come_first_and_every_rate_is_printed(runs: Path) -> None:
    store(runs, "D29", "held", U4, B1)
    store(runs, "D29-off", "held", FINE)
    console = Console(width=200)
    with console.capture() as captured:
        console.print(matrix_table(read(runs)))
    lines = captured.get().splitlines()
    assert lines[0].startswith("unproven, never held on a real stack: B1")
    text = captured.get()
    assert "1 of 1 defects played, 1 runs (0 void): detected 1/1, accurate 1/1" in text
    assert "false alarms in runs with the switch off 0/1" in text
    assert "U4 at load" in text
