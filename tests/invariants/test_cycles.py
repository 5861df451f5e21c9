"""Cycles in an operation log, the names that mean another invariant, and the exposure beside the clocks."""

from __future__ import annotations

from pathlib import Path

import pytest

import invariants
from invariants.aliases import ALIASES
from invariants.cycles import Cycles, cycle_of
from invariants.figures import figures
from invariants.text import sql
from tests.invariants.cases_log import Log, legal, r, w
from tests.invariants.damaged import calm_then_fault
from tests.invariants.history import MS, T0, S, Tables, perfect


def found(tables: Tables, folder: Path) -> dict[str, str]:
    rows = Cycles().run(tables.write(folder / "run"), seed=7)
    assert {row["expected"] for row in rows} == {"none"}
    return {row["what"]: row["found"] for row in rows}


def test_a_legal_log_has_no_cycle(tmp_path: Path) -> None:
    assert found(legal(), tmp_path) == {"read cycles": "none", "write cycles": "none"}


def test_two_operations_that_saw_each_other_are_a_read_cycle(tmp_path: Path) -> None:
    log = Log().op("p", w(1, 0), r(2, 1)).op("q", w(2, 1), r(1, 0))
    assert found(log.play(), tmp_path)["read cycles"] == "op 1 → op 2 → op 1"


def test_a_failed_writer_or_reader_closes_no_circle(tmp_path: Path) -> None:
    log = Log().op("p", w(1, 0), r(2, 1)).op("q", w(2, 1), r(1, 0), outcome="FAIL")
    assert found(log.play(), tmp_path)["read cycles"] == "none"


def test_a_later_operation_that_wrote_earlier_is_a_write_cycle(tmp_path: Path) -> None:
    log = Log().op("p", w(1, 1)).op("q", w(2, 0))  # the second began after the first was over
    assert found(log.play(), tmp_path)["write cycles"] == "op 1 → op 2 → op 1"


@pytest.mark.parametrize(
    ("graph", "circle"),
    [
        ({}, []),
        ({1: {2}, 2: {3}}, []),
        ({1: {2}, 2: {3}, 3: {1}, 4: {1}}, [1, 2, 3]),
        ({5: {6}, 6: {5}, 1: {5}}, [5, 6]),
    ],
)
def test_a_circle_is_walked_from_its_least_node(graph: dict[int, set[int]], circle: list[int]) -> None:
    assert cycle_of(graph) == circle


@pytest.mark.parametrize("id", sorted(ALIASES))
def test_an_alias_names_invariants_and_gives_their_texts(id: str) -> None:
    alias = ALIASES[id]
    assert id not in invariants.everything()
    assert set(alias.same_as) <= set(invariants.everything())
    assert all(f"-- {other}:" in sql(id) for other in alias.same_as)


def test_every_anomaly_definition_has_a_judge() -> None:
    known = {*ALIASES, *invariants.everything()}
    assert not [f"AN{n}" for n in range(1, 21) if f"AN{n}" not in known]


def test_the_exposure_of_each_hop_at_its_worst_instant(tmp_path: Path) -> None:
    """Eight acknowledgements 10 ms apart; raw shows the first four at 1.03 s: until then none is safe."""
    rows = figures(perfect().write(tmp_path / "run"))["exposure"]
    raw = next(row for row in rows if row["hop"] == "raw")
    assert (raw["worst_events"], raw["t_worst"]) == (8, T0 + 75 * MS)
    assert (raw["lost_events"], raw["worst_age_us"]) == (0, 1_025 * MS)


@pytest.mark.parametrize(
    ("part", "told"), [("landing", "no alarm"), ("broker-2", "3.00 s"), (None, "no alerting")]
)
def test_the_first_clock_is_an_alarm_that_names_the_part(part: str | None, told: str, tmp_path: Path) -> None:
    tables = calm_then_fault()
    if part is not None:
        tables.build("alarms").add("alarm", t=T0 + 5 * S, kind="down", part=part, subject="x")
    clocks = figures(tables.write(tmp_path / "run"))["clocks"]
    assert {row["detection"] for row in clocks} == {told}
