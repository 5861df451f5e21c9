"""The path of one event as a reader sees it: what was wanted, where it was seen, what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from invariants.explain import explain
from reports import terminal
from tests.invariants.damaged import lost_at, mixed, one_send_twice, other_bytes_at
from tests.invariants.history import Tables, perfect


def shown(tables: Tables, folder: Path, uid: int) -> list[str]:
    return terminal.path_table(explain(tables.write(folder / "run"), uid).to_json()).splitlines()


def test_a_lost_event_is_marked_with_its_fault_and_the_state_of_its_batch(tmp_path: Path) -> None:
    lines = shown(lost_at("load").fault(0, 10), tmp_path, 3)
    assert lines[0] == "event 3: 1 of 1 attempts lost, the first at load"
    assert "CAPTURE of 100 EUR (minor units), payment p3" in "\n".join(lines)
    (fault,) = [line for line in lines if line.startswith("fault f1")]
    assert "kill broker-2" in fault
    (marked,) = [line for line in lines if line.startswith(">>")]
    assert marked.split()[1:5] == ["load", "never", "f1", "LOST"]
    assert marked.endswith("batch batch-000 is in the load ledger with 3 rows")
    assert all(len(line) <= terminal.WIDTH for line in lines)


@pytest.mark.parametrize(
    ("make", "uid", "mark"),
    [
        (lambda: other_bytes_at("raw"), 3, "CHANGED bytes"),
        (
            lambda: perfect().change("curated_scan", {"amount_minor": 101, "canonical_hash": 1}, uid=3),
            3,
            "101",
        ),
        (lambda: perfect().double("curated_scan", uid=3), 3, "seen 2 times"),
        (lambda: perfect().double("raw_scan", uid=3), 3, "seen 2 times"),
        (one_send_twice, 3, "no attempt explains this row"),
        (lambda: perfect().drop("send", uid=3), 3, "no attempt explains this row"),
        (lambda: lost_at("broker"), 3, "nothing is there"),
    ],
)
def test_what_is_wrong_is_marked(make: Callable[[], Tables], uid: int, mark: str, tmp_path: Path) -> None:
    marked = [line for line in shown(make(), tmp_path, uid) if line.startswith(">>")]
    assert any(mark in line for line in marked), marked


@pytest.mark.parametrize("uid", [20, 31, 40, 41, 50, 51, 52, 54])
def test_nothing_is_marked_where_all_is_legal(uid: int, tmp_path: Path) -> None:
    lines = shown(mixed(), tmp_path, uid)
    assert not [line for line in lines if line.startswith(">>")], lines


def test_a_program_gets_the_same_facts(tmp_path: Path) -> None:
    path = explain(lost_at("curated").fault(0, 10).write(tmp_path / "run"), 3).to_json()
    steps = {step["hop"]: step for step in path["steps"]}
    assert steps["load"]["facts"]["file_sha"] == "batch-000"
    assert steps["raw"]["facts"]["src_offset"] == 2
    assert steps["raw"]["error_us"] > 0
    assert steps["sent"]["facts"]["took_us"] == 5_000
    assert (steps["curated"]["what"], steps["curated"]["where"]) == ("LOST", "its batch was curated")
    assert path["faults"][0]["victim"] == "broker-2"
