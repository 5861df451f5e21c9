"""Clean but chaotic histories without one false alarm: a hundred here, a thousand at night."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

import invariants
from gameday.kernel.verdict import Verdict
from invariants.bank import chaos, matrix
from invariants.bank.matrix import verdicts
from invariants.bank.sheet import Sheet

EVERYTHING = tuple(invariants.everything().values())
HERE, TONIGHT, AT_ONCE = 100, 1_000, 20


def _red(sheet: Sheet, folder: Path) -> dict[str, str]:
    found = verdicts(sheet.write(folder / "run", seed=0), EVERYTHING)
    return {
        one.id: f"{one.verdict.name}: {one.why} {list(one.first)[:2]}"
        for one in found.values()
        if one.verdict in (Verdict.BROKEN, Verdict.UNKNOWN)
    }


@pytest.mark.parametrize("first", range(0, HERE, AT_ONCE))
def test_no_false_alarm(first: int, tmp_path: Path) -> None:
    """No offender of any invariant, whatever the preconditions are."""
    for seed in range(first, first + AT_ONCE):
        recording = chaos.history(seed).write(tmp_path / str(seed), seed=seed)
        found = {id: n for id, n in matrix.offending(recording, EVERYTHING).items() if n}
        assert not found, f"seed {seed}, {chaos.chaotic(seed)}: {found}"


@pytest.mark.nightly
@pytest.mark.parametrize("first", range(0, TONIGHT, AT_ONCE))
def test_no_false_alarm_in_a_thousand(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + AT_ONCE):
        found = _red(chaos.history(seed), tmp_path / str(seed))
        assert not found, f"seed {seed}, {chaos.chaotic(seed)}: {found}"


def test_chaos_makes_what_it_is_meant_to_make() -> None:
    """Generator coverage: every legal noise occurs among the histories, and often."""
    seen: dict[str, int] = {}
    for seed in range(HERE):
        sheet = chaos.history(seed)
        for what in {*_noises(sheet), *_faults(sheet)}:
            seen[what] = seen.get(what, 0) + 1
    wanted = {"resent", "open and found", "open and lost", "failed", "untold", "late", "duplicate", "twin"}
    wanted |= {"invalid", "gap", "two clusters", "out of order", "broker", "landing", "loader", "warehouse"}
    wanted |= {"overlap", "calm", "unsent", "later survivor"}
    assert wanted <= set(seen), wanted - set(seen)
    assert min(seen[what] for what in wanted) >= 5, seen


def _faults(sheet: Sheet) -> set[str]:
    faults = sheet.rows["fault"]
    if not faults:
        return {"calm"}
    found = {row["target"].removeprefix("the ") for row in faults}
    overlap = any(after["t_bite"] < one["t_healed"] for one, after in pairwise(faults))
    return found | ({"overlap"} if overlap else set())


def _noises(sheet: Sheet) -> set[str]:
    found = {row["class"].removesuffix("_of") for row in sheet.rows["intent"]} & {"twin", "invalid"}
    found |= {"duplicate"} if sheet.find("intent", **{"class": "dup_of"}) else set()
    found |= {"late"} if any(row["lateness_us"] for row in sheet.rows["intent"]) else set()
    there = {row["body_hash"] for row in sheet.rows["broker_scan"]}
    body = {(row["uid"], row["copy"]): row["body_hash"] for row in sheet.rows["intent"]}
    for row in sheet.rows["send"]:
        at_broker = body[row["uid"], row["copy"]] in there
        found |= {"resent"} if row["attempt"] else set()
        found |= {"failed"} if row["outcome"] == "FAIL" else set()
        found |= {"untold"} if row["outcome"] == "ACK" and "src_offset" not in row else set()
        if row["outcome"] == "UNKNOWN":
            found.add("open and found" if at_broker else "open and lost")
    sent = {(row["uid"], row["copy"]) for row in sheet.rows["send"]}
    found |= {"unsent"} if set(body) - sent else set()
    return found | _of_the_log(sheet)


def _of_the_log(sheet: Sheet) -> set[str]:
    found = {"two clusters"} if len({row["cluster"] for row in sheet.rows["broker_scan"]}) > 1 else set()
    ends: dict[tuple[object, ...], list[int]] = {}
    for row in sheet.rows["broker_scan"]:
        ends.setdefault((row["cluster"], row["partition"]), []).append(row["src_offset"])
    found |= {"gap"} if any(max(one) + 1 > len(one) for one in ends.values()) else set()
    times = [row["_event"]["event_ts"] for row in sheet.rows["raw_scan"]]
    found |= {"out of order"} if times != sorted(times) else set()
    for row in sheet.rows["suppressed_scan"]:
        mine = (row["cluster"], row["partition"], row["src_offset"])
        other = (row["survivor_cluster"], row["survivor_partition"], row["survivor_offset"])
        found |= {"later survivor"} if mine[:2] == other[:2] and mine < other else set()
    return found


def test_a_false_alarm_would_be_seen(tmp_path: Path) -> None:
    """The same eyes on a history that is not clean."""
    sheet = chaos.history(3)
    sheet.rows["curated_scan"] = sheet.rows["curated_scan"][1:]
    assert "Z2" in _red(sheet, tmp_path)
    recording = sheet.write(tmp_path / "again", seed=0)
    assert matrix.offending(recording, EVERYTHING)["Z2"] == 1


def test_the_matrix_names_the_seed_of_an_alarm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = chaos.history

    def one_bad(seed: int) -> Sheet:
        sheet = good(seed)
        if seed == 4:
            sheet.rows["load_scan"].append(dict(sheet.rows["load_scan"][0]))
        return sheet

    monkeypatch.setattr(chaos, "history", one_bad)
    asked = [invariants.everything()["U4"]]
    assert dict(matrix.alarms(tmp_path, range(3, 6), asked)) == {3: set(), 4: {"U4"}, 5: set()}
