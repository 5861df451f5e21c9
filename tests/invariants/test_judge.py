"""The judge: order of verdicts, missing inputs, crashes, pending, targets, and what it stores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import invariants
from gameday.kernel.parts import PART_OF
from gameday.kernel.verdict import Finding, Invariant, Verdict, combined, worst
from invariants import preconditions as conditions
from invariants.f import F3
from invariants.h import H2
from invariants.judge import all_offenders, judge, preconditions
from invariants.r import R1
from invariants.z import Z1, Z2
from tests.invariants.damaged import calm_then_fault, elected, lost_at, mixed, nothing
from tests.invariants.history import T0, History, S, Tables, perfect

EVERYTHING = invariants.everything()


def verdicts(tables: Tables, folder: Path, *asked: Invariant) -> dict[str, Finding]:
    found = judge(tables.write(folder / "run"), asked, held=[one.id for one in asked])
    return {finding.id: finding for finding in found}


def test_a_loss_is_broken_even_if_the_fault_was_not_confirmed(tmp_path: Path) -> None:
    tables = lost_at("load").fault(1, 5, confirmed="mismatch")
    assert verdicts(tables, tmp_path, Z2)["Z2"].verdict is Verdict.BROKEN


def test_nothing_is_held_if_the_fault_was_not_confirmed(tmp_path: Path) -> None:
    tables = perfect().fault(1, 5, confirmed="inconclusive")
    found = verdicts(tables, tmp_path, *invariants.ALWAYS)
    assert {one.verdict for one in found.values() if one.id != "H1"} == {Verdict.UNKNOWN}
    assert "f1" in found["Z1"].why


@pytest.mark.parametrize("table", conditions.MUST_BE_SEALED)
def test_every_table_that_must_be_sealed_is_looked_at(table: str, tmp_path: Path) -> None:
    tables = perfect()
    if table in PART_OF:
        tables.build(PART_OF[table])
    tables.absent.discard(table)
    tables.unsealed.add(table)
    recording = tables.write(tmp_path / "run")
    assert table in preconditions(recording).unsealed
    asked = {**{one.id: one for one in invariants.ALWAYS}, **_readers_of(table)}
    for one in judge(recording, asked.values(), held=[]):
        reads = table in EVERYTHING[one.id].needs
        built = one.verdict is not Verdict.NOT_BUILT
        assert (one.verdict is Verdict.UNKNOWN) == (reads and built), (one.id, one.why)


def _readers_of(table: str) -> dict[str, Invariant]:
    return {id: one for id, one in EVERYTHING.items() if table in one.needs and table in PART_OF}


@pytest.mark.parametrize("table", ["raw_scan", "hop", "fault", "send"])
def test_a_table_that_was_not_written_is_a_missing_input(table: str, tmp_path: Path) -> None:
    tables = calm_then_fault()
    tables.absent.add(table)
    found = verdicts(tables, tmp_path, *EVERYTHING.values())
    for one in found.values():
        if table in EVERYTHING[one.id].needs and one.verdict is not Verdict.NOT_BUILT:
            assert one.verdict is Verdict.UNKNOWN, one.id
            assert table in one.why


def test_a_row_lost_from_a_sealed_file_is_seen(tmp_path: Path) -> None:
    recording = perfect().write(tmp_path / "run")
    (part,) = recording.files("curated_scan")
    part.unlink()
    recording.add("curated_scan", recording.rows("curated_scan")[1:])
    (found,) = judge(recording, [EVERYTHING["U1"]], held=[])
    assert found.verdict is Verdict.UNKNOWN
    assert "0 rows stored, 8 sealed" in found.why


def test_a_damaged_file_is_a_missing_input(tmp_path: Path) -> None:
    recording = perfect().write(tmp_path / "run")
    recording.files("raw_scan")[0].write_bytes(b"PAR1 no more")
    (z2, h3) = judge(recording, [Z2, EVERYTHING["H3"]], held=[])
    assert z2.verdict is Verdict.UNKNOWN
    assert "raw_scan" in z2.why
    assert h3.verdict is Verdict.HELD


def test_a_checker_that_crashes_is_unknown(tmp_path: Path) -> None:
    crashing = replace(Z2, offenders="SELECT no_such_column FROM trail")
    found = verdicts(perfect(), tmp_path, crashing)["Z2"]
    assert found.verdict is Verdict.UNKNOWN
    assert "crashed" in found.why


def test_only_the_first_offenders_are_shown_and_all_are_stored(tmp_path: Path) -> None:
    tables = History().events(60).play()
    for uid in range(1, 41):
        tables.lose_from("load", uid=uid)
    recording = tables.write(tmp_path / "run")
    (found,) = judge(recording, [Z2], held=["Z2"])
    assert (found.offenders, len(found.first), found.hop) == (40, 20, "load")
    assert [row["uid"] for row in found.first] == list(range(1, 21))
    assert [row["uid"] for row in all_offenders(recording, "Z2")] == list(range(1, 41))
    assert Finding.from_json(found.to_json()).offenders == 40


def test_a_second_judging_forgets_the_offenders_of_the_first(tmp_path: Path) -> None:
    recording = lost_at("load").write(tmp_path / "run")
    judge(recording, [Z2], held=["Z2"])
    assert all_offenders(recording, "Z2")
    judge(recording, [replace(Z2, offenders=f"{Z2.offenders} AND uid = -1")], held=["Z2"])
    assert not all_offenders(recording, "Z2")


def test_what_the_scenario_does_not_hold_is_shown_and_not_combined(tmp_path: Path) -> None:
    recording = lost_at("load").write(tmp_path / "run")
    found = judge(recording, [Z1, Z2, EVERYTHING["H3"]], held=["H3"])
    assert [one.held_by_scenario for one in found] == [False, False, True]
    assert combined(found) is Verdict.HELD
    assert worst(one.verdict for one in found) is Verdict.BROKEN
    assert combined([]) is Verdict.VACUOUS


def test_targets_of_the_recording_win_over_those_of_the_invariant(tmp_path: Path) -> None:
    tables = calm_then_fault().delay("raw", 15, uid=5).target("R1", rto_us=5 * S)
    assert verdicts(tables, tmp_path, R1.at(rto_us=60 * S))["R1"].verdict is Verdict.BROKEN


def test_a_target_that_the_recording_lacks_comes_from_the_invariant(tmp_path: Path) -> None:
    tables = calm_then_fault().delay("raw", 15, uid=5)
    found = verdicts(tables, tmp_path, invariants.rto_within(5, "raw"))["R1"]
    assert found.verdict is Verdict.BROKEN
    assert found.target == 5
    # Clock iii: the containers of event 5 are sighted 15 s after the first event, the bite was at 2 s.
    assert found.figure == pytest.approx(13.0)


def test_a_recorded_target_of_r1_is_the_one_that_is_shown(tmp_path: Path) -> None:
    tables = calm_then_fault().delay("raw", 15, uid=5).target("R1", rto_us=18 * S)
    found = verdicts(tables, tmp_path, R1)["R1"]
    assert (found.verdict, found.target) == (Verdict.HELD, 18.0)
    assert found.figure == pytest.approx(13.0)
    shown = verdicts(perfect().target("R1", rto_us=18 * S), tmp_path / "calm", R1)["R1"]
    assert (shown.figure, shown.target) == (None, 18.0)


def test_figure_and_target_of_r1_are_those_of_the_hop_that_is_worst_by_its_own_target(tmp_path: Path) -> None:
    tables = calm_then_fault().delay("raw", 12, uid=5).delay("load", 22, uid=5)
    tables.target("R1", **{"rto_us.raw": 5 * S, "rto_us.load": 60 * S})
    found = verdicts(tables, tmp_path, R1)["R1"]
    assert (found.verdict, found.hop, found.target) == (Verdict.BROKEN, "raw", 5.0)
    assert found.figure == pytest.approx(10.0)


def test_a_finding_names_the_hops_of_all_offenders(tmp_path: Path) -> None:
    tables = History().events(60).play()
    for uid in range(1, 31):
        tables.lose_from("load", uid=uid)
    found = verdicts(tables.lose_from("raw", uid=50), tmp_path, Z2, H2, EVERYTHING["H3"])
    assert {row["hop"] for row in found["Z2"].first} == {"load"}
    assert found["Z2"].hops == ("load", "raw")
    assert (found["H2"].hops, found["H3"].hops) == ((), ())
    assert Finding.from_json(found["Z2"].to_json()).hops == ("load", "raw")


def test_a_planned_act_without_a_row_takes_held_away_from_the_run(tmp_path: Path) -> None:
    found = verdicts(perfect().target("H0", faults=1), tmp_path, EVERYTHING["H0"], Z2)
    assert {one.verdict for one in found.values()} == {Verdict.UNKNOWN}
    assert "0 of 1 planned acts left a row" in found["Z2"].why


def test_figures_stand_beside_those_of_the_control(tmp_path: Path) -> None:
    tables = elected(5).add("control", hop="", measure="figure:R6", value=2.5)
    found = verdicts(tables, tmp_path, invariants.elected_within(10))["R6"]
    assert (found.figure, found.target, found.control, found.unit) == (3.0, 10.0, 2.5, "s")


def test_the_proof_is_judged_by_its_own_rows_alone(tmp_path: Path) -> None:
    found = verdicts(nothing().change("check", {"ok": False}, subject="planted 1"), tmp_path, H2)["H2"]
    assert (found.verdict, found.figure) == (Verdict.UNKNOWN, 4.0)


def test_an_empty_run_is_never_held(tmp_path: Path) -> None:
    found = verdicts(nothing(), tmp_path, *EVERYTHING.values())
    held = {id for id, one in found.items() if one.verdict is Verdict.HELD}
    assert held <= {"H0", "H2"}, held


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda t: t.metric("sampler_late_us", 5, 3 * S), "sampler was late"),
        (lambda t: t.metric("sampler_late_us", 70, 0), "sampler was silent"),
        (lambda t: t.metric("schedule_late_us", 40, S), "behind its own schedule"),
        (lambda t: t.metric("host_steal", 40, 0.5), "taken from this machine"),
        (lambda t: t.drop("metric", name="sampler_late_us"), "no sample"),
        (lambda t: t.drop("sighting", hop="raw"), "never sighted"),
    ],
)
def test_measures_need_their_instruments(damage: object, why: str, tmp_path: Path) -> None:
    tables = calm_then_fault()
    damage(tables)  # type: ignore[operator]
    found = verdicts(tables, tmp_path, R1, Z2)
    assert found["R1"].verdict is Verdict.UNKNOWN
    assert why in found["R1"].why
    assert found["Z2"].verdict is Verdict.HELD


@pytest.mark.parametrize(("foreign", "verdict"), [(0.5, Verdict.UNKNOWN), (0.1, Verdict.BROKEN)])
def test_other_programs_excuse_a_missed_target_alone(
    foreign: float, verdict: Verdict, tmp_path: Path
) -> None:
    late, well = calm_then_fault().delay("raw", 30, uid=5), calm_then_fault()
    found = verdicts(late.metric("host_foreign", 40, foreign), tmp_path / "late", R1)["R1"]
    assert found.verdict is verdict
    assert (
        verdicts(well.metric("host_foreign", 40, foreign), tmp_path / "well", R1)["R1"].verdict
        is Verdict.HELD
    )


def test_a_late_schedule_inside_a_fault_is_no_trouble(tmp_path: Path) -> None:
    tables = calm_then_fault().metric("schedule_late_us", 5, S)
    assert verdicts(tables, tmp_path, R1)["R1"].verdict is Verdict.HELD


def test_unknown_outcomes_far_from_any_fault_void_the_run(tmp_path: Path) -> None:
    tables = History().events(4).event(9, outcome="UNKNOWN").play()
    found = verdicts(tables, tmp_path, Z2)["Z2"]
    assert found.verdict is Verdict.UNKNOWN
    assert "void" in found.why


def test_the_two_freshness_numbers_are_never_mixed(tmp_path: Path) -> None:
    """Late events are old when they arrive: they count from the broker, and not among the on-time ones."""
    history = History().events(1000)
    for uid in range(5000, 5100):
        history.event(uid, lateness_us=3600 * S, tags="|late|")
    tables = history.play(batch_of=50).target("F3", fresh_us=5 * S, grace_us=0)
    tables.rows["phase"] = [{"name": "drain", "t_from": T0, "t_to": T0 + 60 * S}]
    found = verdicts(tables, tmp_path, F3)["F3"]
    assert (found.verdict, found.judged) == (Verdict.HELD, 1000)


def test_everything_is_found_and_always_is_part_of_it() -> None:
    assert {one.id for one in invariants.ALWAYS} <= set(EVERYTHING)
    assert "H2" not in {one.id for one in invariants.ALWAYS}
    for one in EVERYTHING.values():
        assert one.hint and one.says and one.unit
        assert set(one.implies) <= set(EVERYTHING)


def test_a_legal_mixture_offends_nowhere(tmp_path: Path) -> None:
    found = verdicts(mixed(), tmp_path, *EVERYTHING.values())
    assert not [one for one in found.values() if one.offenders and one.id != "H1"]
