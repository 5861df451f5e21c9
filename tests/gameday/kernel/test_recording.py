"""A recording refuses what does not fit, and tells a damaged run from an empty one."""

from __future__ import annotations

from pathlib import Path

import pytest

from gameday.kernel.recording import SCHEMAS, BadRecording, BadRow, Recording, Seal, as_rows


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    made = Recording.create(tmp_path / "run")
    made.note(seed=7)
    return made


METRIC = {"t": 1, "name": "rate", "labels": "", "value": 2.0}


def test_rows_come_back_from_all_parts(recording: Recording) -> None:
    recording.add("metric", [METRIC])
    recording.add("metric", [{**METRIC, "t": 2}], writer="sampler")
    assert sorted(row["t"] for row in recording.rows("metric")) == [1, 2]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({**METRIC, "colour": "red"}, "no column colour"),
        ({**METRIC, "t": None}, "t may not be NULL"),
        ({**METRIC, "t": "soon"}, "column t"),
    ],
)
def test_a_row_that_does_not_fit_is_refused(row: dict[str, object], said: str) -> None:
    with pytest.raises(BadRow, match=said):
        as_rows("metric", [row])


def test_a_table_without_rows_is_present_and_one_never_written_is_not(recording: Recording) -> None:
    recording.add("fault", [])
    assert "fault" in recording.tables()
    assert "trial" not in recording.tables()
    assert recording.read("trial").schema == SCHEMAS["trial"]


def test_a_truncated_file_is_named(recording: Recording) -> None:
    recording.add("metric", [METRIC])
    (path,) = recording.files("metric")
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(BadRecording, match=path.name):
        recording.read("metric")


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "damaged"), ('{"schema_version": 99}', "schema 99"), (None, "not the folder of a run")],
)
def test_a_bad_run_file_is_named(recording: Recording, text: str | None, said: str) -> None:
    path = recording.folder / "run.json"
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(BadRecording, match=said):
        _ = recording.run


def test_notes_are_merged(recording: Recording) -> None:
    recording.note(verdict="HELD")
    assert (recording.run["seed"], recording.run["verdict"]) == (7, "HELD")


def test_a_seal_holds_only_if_counts_and_frontiers_agree() -> None:
    assert Seal("x", 5, 5, "count(*)", "a", "a").holds
    assert not Seal("x", 5, 6, "count(*)", "a", "a").holds
    assert not Seal("x", 5, 5, "count(*)", "a", "b").holds
