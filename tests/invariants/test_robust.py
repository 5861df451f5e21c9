"""Recordings that are damaged, cut short, old, or timed by a backward clock: never HELD by accident."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import invariants
from gameday.kernel.recording import RUN_TABLES, Recording
from gameday.kernel.verdict import Finding, Verdict
from invariants.engines.duckdb import DuckDb
from invariants.judge import judge
from invariants.narrow import COVERED, TABLES
from tests.invariants.damaged import calm_then_fault
from tests.invariants.history import S, Tables, perfect

EVERYTHING = invariants.everything()
READ = ("send", "intent", "broker_scan", "load_scan", "curated_scan", "hop", "fault", "sighting", "metric")


def judged(recording: Recording, *ids: str, books: bool = False) -> dict[str, Finding]:
    asked = [EVERYTHING[id] for id in ids] if ids else list(EVERYTHING.values())
    found = judge(recording, asked, held=EVERYTHING, save_offenders=False, books=books)
    assert not [one.why for one in found if "crashed" in one.why or "cannot be made" in one.why]
    return {one.id: one for one in found}


def shortened(recording: Recording, name: str) -> None:
    path = recording.files(name)[0]
    pq.write_table(pq.read_table(path).slice(1), path)


@pytest.mark.parametrize("name", RUN_TABLES)
def test_a_row_missing_from_what_the_run_wrote_is_seen(name: str, tmp_path: Path) -> None:
    recording = calm_then_fault().write(tmp_path / "run")
    shortened(recording, name)
    found = judged(recording)
    reading = [one for id, one in found.items() if name in EVERYTHING[id].needs]
    assert reading
    assert {one.verdict for one in reading} <= {Verdict.UNKNOWN, Verdict.NOT_BUILT}
    assert any("sealed" in one.why and name in one.why for one in reading)


@pytest.mark.parametrize("name", RUN_TABLES)
def test_a_run_of_an_older_version_is_told_so(name: str, tmp_path: Path) -> None:
    tables = calm_then_fault()
    recording = tables.write(tmp_path / "run")
    for path in recording.files("seal"):
        rows = pq.read_table(path)
        if rows["hop"][0].as_py() == name:
            path.unlink()
    reading = [one for id, one in judged(recording).items() if name in EVERYTHING[id].needs]
    assert any("an older version recorded this run" in one.why for one in reading)
    assert Verdict.HELD not in {one.verdict for one in reading}
    recording.note(judged_files={f"{name}/{path.name}": "hash" for path in recording.files(name)})
    after = [one.why for id, one in judged(recording).items() if name in EVERYTHING[id].needs]
    assert not [why for why in after if "older version" in why]  # its inventory vouches for it


@pytest.mark.parametrize(
    ("backwards", "table"),
    [
        (lambda t: t.change("send", {"t_done": 0}, uid=3), "send"),
        (lambda t: t.change("sighting", {"t_seen": 1}, hop="raw"), "sighting"),
        (lambda t: t.change("phase", {"t_to": 1}, name="drain"), "phase"),
        (lambda t: t.change("fault", {"t_healed": 1}, id="f1"), "fault"),
    ],
)
def test_a_clock_that_ran_backwards_measures_nothing(
    backwards: Callable[[Tables], Tables], table: str, tmp_path: Path
) -> None:
    tables = backwards(calm_then_fault().target("R1", rto_us=20 * S))
    found = judged(tables.write(tmp_path / "run"))
    assert found["R1"].verdict is Verdict.UNKNOWN
    assert (
        f"the clock ran backwards: 1 rows of {table}" in found["R1"].why
        or "rows of sighting" in found["R1"].why
    )


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def _no_rows(path: Path) -> None:
    pq.write_table(pq.read_table(path).slice(0, 0), path)


def _without_a_column(path: Path) -> None:
    table = pq.read_table(path)
    pq.write_table(table.drop_columns([table.schema.names[0]]), path)


def _as_text(path: Path) -> None:
    table = pq.read_table(path)
    pq.write_table(pa.table({name: table[name].cast(pa.string()) for name in table.schema.names}), path)


@pytest.mark.parametrize("books", [False, True])
@pytest.mark.parametrize("damage", [_empty, _cut, _no_rows, _without_a_column], ids=lambda d: d.__name__)
@pytest.mark.parametrize("name", READ)
def test_what_reads_a_damaged_table_is_unknown(
    damage: Callable[[Path], None], name: str, books: bool, tmp_path: Path
) -> None:
    recording = calm_then_fault().write(tmp_path / "run")
    damage(recording.files(name)[0])
    ids = [one.id for one in invariants.ALWAYS if name in one.needs]
    found = judged(recording, *ids, books=books) if ids else {}
    assert {one.verdict for one in found.values()} <= {Verdict.UNKNOWN}
    assert all(name in one.why for one in found.values())


def test_numbers_stored_as_text_crash_nothing(tmp_path: Path) -> None:
    recording = perfect().write(tmp_path / "run")
    _as_text(recording.files("send")[0])
    assert judged(recording, "Z2", "U1")["U1"].verdict in (Verdict.HELD, Verdict.VACUOUS)


def test_what_the_books_cover_rests_on_the_tables_that_they_narrow() -> None:
    for id in COVERED:
        assert set(EVERYTHING[id].needs) <= {*TABLES, "hop", "load_batch_scan"}, id


def test_too_little_memory_is_told_and_is_no_verdict(tmp_path: Path) -> None:
    recording = perfect(400).write(tmp_path / "run")

    def starved(recording: Recording) -> DuckDb:
        engine = DuckDb(recording)
        engine.run("SET memory_limit = '1MB'")
        engine.run("SET temp_directory = ''")
        return engine

    found = judge(recording, [EVERYTHING["Z2"]], held=["Z2"], make_engine=starved, books=True)
    assert found[0].verdict is Verdict.UNKNOWN
    assert "emory" in found[0].why
    assert "\n" not in found[0].why
