"""Two engines, one text: DuckDB and Spark SQL answer with the same rows, and both run the printed text."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import invariants
from gameday.kernel.recording import SCHEMAS, Recording
from gameday.kernel.verdict import Invariant
from invariants.engines import Engine
from invariants.engines.duckdb import DuckDb
from invariants.engines.spark import Spark
from invariants.judge import fill_targets
from invariants.text import sql
from invariants.views import SQL_NAME
from tests.invariants.cases import CASES
from tests.invariants.damaged import mixed
from tests.invariants.history import S, Tables

EVERYTHING = invariants.everything()
RUNS = Path(__file__).parents[2] / "runs"


def _much_amiss() -> Tables:
    """Legal traffic of every class, and an anomaly for most of the invariants."""
    tables = mixed().delay("load", 20, uid=5).target("R1", rto_us=S)
    tables.lose_from("load", uid=3).double("curated_scan", uid=2).drop("dlq_scan", uid=40)
    tables.change("curated_scan", {"canonical_hash": 1}, uid=4).drop("suppressed_scan", uid=20)
    tables.double("raw_scan", {"uid": None, "src_offset": 99, "body_hash": 5}, uid=1)
    return tables.change("send", {"outcome": "FAIL"}, uid=6)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value)
    return round(value, 6) if isinstance(value, float) else value


def answers(engine: Engine, one: Invariant) -> dict[str, Any]:
    order = f" ORDER BY {one.order_by}" if one.order_by else ""
    texts = {
        "judged": one.judged,
        "offenders": f"SELECT * FROM ({one.offenders}) o{order}",
        "figure": one.figure,
    }
    return {
        name: [tuple(_plain(value) for value in row.values()) for row in engine.rows(text)]
        for name, text in texts.items()
        if text
    }


def differing(recording: Recording, ids: list[str]) -> dict[str, Any]:
    """What the engines do not agree on, by invariant."""
    told: list[dict[str, dict[str, Any]]] = []
    for make in (DuckDb, Spark):
        engine: Engine = make(recording)
        try:
            fill_targets(engine, EVERYTHING.values())
            told.append({id: answers(engine, EVERYTHING[id]) for id in ids})
        finally:
            engine.close()
    duck, spark = told
    assert any(rows["offenders"] for rows in duck.values()) or "runs" in str(recording.folder)
    return {
        id: (part, duck[id][part], spark[id][part])
        for id in ids
        for part in duck[id]
        if sorted(map(repr, duck[id][part])) != sorted(map(repr, spark[id][part]))
    }


def test_the_core_is_answered_alike(tmp_path: Path) -> None:
    ids = [one.id for one in invariants.ALWAYS]
    assert differing(_much_amiss().write(tmp_path / "run"), ids) == {}


@pytest.mark.nightly
@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_history_is_answered_alike(case: Any, tmp_path: Path) -> None:
    recording = case.make().write(tmp_path / "runs")
    if not any(case.id in ("H2",) or not recording.files(name) for name in EVERYTHING[case.id].needs):
        assert differing(recording, [case.id]) == {}


@pytest.mark.nightly
@pytest.mark.parametrize(
    "folder", sorted(p for p in RUNS.glob("*") if (p / "tables" / "broker_scan").is_dir())
)
def test_a_recorded_run_is_answered_alike(folder: Path) -> None:
    recording = Recording(folder)
    ids = [id for id, one in EVERYTHING.items() if all(recording.files(name) for name in one.needs)]
    assert differing(recording, ids) == {}


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spark]:
    engine = Spark(mixed().write(tmp_path_factory.mktemp("empty") / "run"))
    for name in SCHEMAS:
        engine.put(name, SCHEMAS[name].empty_table())
    yield engine
    engine.close()


@pytest.mark.nightly
@pytest.mark.parametrize("id", sorted(EVERYTHING))
def test_the_text_to_paste_runs_in_spark(id: str, spark: Spark) -> None:
    session = spark._session
    made = {SQL_NAME[name] for name in SCHEMAS}
    for statement in filter(None, (part.strip() for part in sql(id).split(";\n"))):
        rows = session.sql(statement).collect()
    assert rows == []
    for view in session.catalog.listTables():
        if view.name not in made:
            session.catalog.dropTempView(view.name)
