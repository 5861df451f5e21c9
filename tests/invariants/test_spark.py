"""The texts mean the same to Spark: what DuckDB finds, Spark finds, row by row."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import invariants
from fixtures.provision import toolbox
from gameday.kernel.journal import gameday_home
from gameday.kernel.recording import Recording
from gameday.kernel.verdict import Finding
from invariants.engines import Engine
from invariants.engines.duckdb import DuckDb
from invariants.engines.spark import Spark
from invariants.judge import judge
from invariants.views import SQL_NAME
from tests.invariants.case import Case
from tests.invariants.cases import CASES
from tests.invariants.crowded import crowded
from tests.invariants.damaged import mixed

# The client library leaves the sockets of its results to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

EVERYTHING = invariants.everything()
REPRESENTATIVE = ("Z2", "U4", "B4", "B11", "K5", "Q2", "A1", "O1")


class Kept(Spark):
    """One application for all tests: closing an engine leaves it running."""

    def close(self) -> None:
        shutil.rmtree(self._work, ignore_errors=True)


class Quick(Kept):
    """Tables and views stay in memory: for rows so few, files cost more than the queries."""

    def _replace(self, name: str, table: pa.Table) -> None:
        self._session.createDataFrame(table).createOrReplaceTempView(SQL_NAME[name])

    def _register(self, name: str, files: list[Path]) -> None:
        self._replace(name, self.recording.read(name))

    def _keep(self, view: str, text: str) -> None:
        made = self._session.sql(text).toArrow()
        self._session.createDataFrame(made).createOrReplaceTempView(view)


@pytest.fixture(scope="module", autouse=True)
def application() -> Iterator[None]:
    from pyspark.sql import SparkSession

    os.environ.setdefault("JAVA_HOME", str(toolbox(gameday_home()).java_home))
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.sql.codegen.wholeStage", "false")  # rows are few: compiling costs more than it gains
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.default.parallelism", "1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    yield
    session.stop()
    gc.collect()


def _keys(finding: Finding) -> tuple[Any, ...]:
    """What must be equal. Of many offenders with equal keys either engine may show others."""
    rows = (
        []
        if finding.offenders > len(finding.first)
        else sorted(str(sorted((k, _plain(v)) for k, v in row.items())) for row in finding.first)
    )
    return finding.verdict, finding.judged, finding.offenders, _plain(finding.figure), finding.hop, rows


def _plain(value: Any) -> Any:
    """Decimals and floats as they compare, whatever an engine calls them."""
    if value is None or isinstance(value, str | bool):
        return value
    return round(float(value), 6)


def _found(
    recording: Recording, engine: type[Engine], asked: Mapping[str, Any]
) -> dict[str, tuple[Any, ...]]:
    found = judge(recording, asked.values(), held=[], make_engine=engine, save_offenders=False)
    return {one.id: _keys(one) for one in found}


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return crowded(mixed, CASES).write(tmp_path_factory.mktemp("crowded") / "run")


def test_texts_of_every_kind_are_judged_alike(recording: Recording) -> None:
    """Some of each kind of text: sums of decimals, windows, patterns, rounding, joins over every hop."""
    asked = {id: EVERYTHING[id] for id in REPRESENTATIVE}
    assert _found(recording, Quick, asked) == _found(recording, DuckDb, asked)


@pytest.mark.nightly
def test_a_crowded_recording_is_judged_alike(recording: Recording) -> None:
    expected, found = _found(recording, DuckDb, EVERYTHING), _found(recording, Kept, EVERYTHING)
    for id, keys in expected.items():
        assert found[id] == keys, id


@pytest.mark.nightly
@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_history_is_judged_alike(case: Case, tmp_path: Path) -> None:
    recording = case.make().write(tmp_path / "run")
    own = {case.id: EVERYTHING[case.id]}
    assert _found(recording, Kept, own) == _found(recording, DuckDb, own)
