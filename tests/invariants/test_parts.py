"""A part that a system does not make is not built; one that it promised and did not deliver is UNKNOWN."""

from __future__ import annotations

from pathlib import Path

import pytest

from gameday.kernel.outcome import PLANTED, conclude
from gameday.kernel.parts import PARTS
from gameday.kernel.recording import Recording
from gameday.kernel.trying import make_trials, promise_parts, write_settings
from gameday.kernel.verdict import SAFETY, Finding, Verdict
from invariants.declare import invariant
from invariants.judge import judge
from invariants.z import Z2
from tests.invariants.history import Tables, perfect

STATE = invariant(
    "B3",
    "a test of the mechanism",
    SAFETY,
    judged="SELECT count(*) FROM state_scan",
    offenders="SELECT s.payment_id FROM state_scan s WHERE s.captured < 0",
    unit="payments",
)
TRIED = invariant(
    "O1",
    "a test of the mechanism",
    SAFETY,
    judged="SELECT count(*) FROM trial WHERE id = 'O1'",
    offenders="SELECT t.hop, t.what FROM trial t WHERE t.id = 'O1' AND t.found <> t.expected",
    unit="trials",
)


def _finding(tables: Tables, folder: Path, which: object = STATE) -> Finding:
    (found,) = judge(tables.write(folder / "run"), [which], held=["B3", "O1"])  # type: ignore[list-item]
    return found


def _tried(**row: object) -> Tables:
    tables = perfect().build("trial:O1")
    return tables.add("trial", **{"id": "O1", "what": "x", "expected": "1", "found": "1", "n": 8, **row})


def test_what_a_text_reads_says_which_part_it_is_about() -> None:
    assert STATE.needs == ("state_scan",)
    assert TRIED.parts == ("trial:O1",)


def test_a_part_that_the_system_does_not_make_is_not_built(tmp_path: Path) -> None:
    found = _finding(perfect(), tmp_path)
    assert found.verdict is Verdict.NOT_BUILT
    assert found.why == "part not built: payment_state"
    assert Finding.from_json(found.to_json()).verdict is Verdict.NOT_BUILT


def test_a_promised_table_that_is_missing_is_unknown(tmp_path: Path) -> None:
    tables = perfect().build("payment_state")
    tables.absent.add("state_scan")
    found = _finding(tables, tmp_path)
    assert (found.verdict, "state_scan" in found.why) == (Verdict.UNKNOWN, True)


def test_a_promised_table_that_is_not_sealed_is_unknown(tmp_path: Path) -> None:
    tables = perfect().build("payment_state")
    tables.unsealed.add("state_scan")
    assert _finding(tables, tmp_path).verdict is Verdict.UNKNOWN


def test_a_recording_that_does_not_say_what_was_promised_is_unknown(tmp_path: Path) -> None:
    tables = perfect()
    tables.absent.add("part")
    found = _finding(tables, tmp_path)
    assert found.verdict is Verdict.UNKNOWN
    assert "does not say which parts" in found.why


def test_a_table_that_nobody_promised_is_judged_all_the_same(tmp_path: Path) -> None:
    tables = perfect()
    tables.absent -= {"state_scan"}
    assert _finding(tables, tmp_path).verdict is Verdict.HELD


def test_a_promise_about_a_part_that_is_not_built_is_not_green(tmp_path: Path) -> None:
    findings = judge(perfect().write(tmp_path / "run"), [Z2, STATE], held=["Z2", "B3"])
    outcome = conclude(tmp_path, findings, None, PLANTED)
    assert (outcome.status, outcome.verdict) == ("inconclusive", Verdict.UNKNOWN)
    assert "B3 NOT BUILT: part not built: payment_state" in outcome.message


def test_what_the_scenario_does_not_claim_may_be_not_built(tmp_path: Path) -> None:
    findings = judge(perfect().write(tmp_path / "run"), [Z2, STATE], held=["Z2"])
    assert conclude(tmp_path, findings, None, PLANTED).verdict is Verdict.HELD


@pytest.mark.parametrize(
    ("tables", "verdict", "why"),
    [
        (_tried, Verdict.HELD, "0 of 1"),
        (lambda: _tried(found="2"), Verdict.BROKEN, "1 of 1 offend"),
        (lambda: _tried(found=None), Verdict.UNKNOWN, "1 of 1 trials got no answer"),
        (lambda: perfect().build("trial:O1"), Verdict.UNKNOWN, "promised, and none was made"),
        (perfect, Verdict.NOT_BUILT, "part not built: trial:O1"),
    ],
)
def test_trials(tables: object, verdict: Verdict, why: str, tmp_path: Path) -> None:
    found = _finding(tables(), tmp_path, TRIED)  # type: ignore[operator]
    assert (found.verdict, why in found.why) == (verdict, True), found


class Failing:
    id = "O1"

    def run(self, recording: Recording, seed: int) -> list[dict[str, object]]:
        raise OSError("the warehouse is gone")


class Answering:
    id = "U6"

    def run(self, recording: Recording, seed: int) -> list[dict[str, object]]:
        return [{"what": f"seed {seed}", "expected": "1", "found": None, "n": 0}]


def _recording(tmp_path: Path) -> Recording:
    return Recording.create(tmp_path / "run")


def test_promises_are_kept_in_the_recording(tmp_path: Path) -> None:
    recording = _recording(tmp_path)
    promise_parts(recording, ("settings", "trial:O1"))
    built = {row["name"] for row in recording.rows("part") if row["built"]}
    assert built == {"settings", "trial:O1"}
    assert {row["name"] for row in recording.rows("part")} == {*PARTS, "trial:O1"}


def test_an_unknown_part_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="setlement"):
        promise_parts(_recording(tmp_path), ("setlement",))


def test_settings_become_rows_of_their_own(tmp_path: Path) -> None:
    recording = _recording(tmp_path)
    write_settings(recording, {"landing": {"spark": {"failOnDataLoss": True}, "weaknesses": [], "x": None}})
    found = {row["key"]: row["content"] for row in recording.rows("config_scan")}
    assert found == {"spark.failOnDataLoss": "true", "weaknesses": "[]", "x": None}


def test_trials_that_were_cut_short_leave_no_seal(tmp_path: Path) -> None:
    recording = _recording(tmp_path)
    with pytest.raises(OSError, match="gone"):
        make_trials(recording, [Answering(), Failing()], 7)
    assert recording.rows("trial")[0]["id"] == "U6"
    assert not recording.rows("seal")


def test_trials_are_sealed(tmp_path: Path) -> None:
    recording = _recording(tmp_path)
    make_trials(recording, [Answering()], 7)
    (seal,) = recording.rows("seal")
    assert (seal["hop"], seal["rows_read"], seal["rows_expected"]) == ("trial", 1, 1)
