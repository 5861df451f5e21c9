"""The ledger after a crash: whatever was torn is recognised, whatever was whole is kept."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loadgen.ledger import ACK, FAIL, RECORD, DamagedLedger, Mark, Outcomes, read_outcomes

BATCH = 16 + 3 * RECORD.itemsize


def written(path: Path, batches: int = 3) -> bytes:
    path.unlink(missing_ok=True)
    outcomes = Outcomes(path)
    for batch in range(batches):
        for n in range(3):
            outcomes.add(batch * 3 + n, 1_000 + n, 2_000 + n, 77, 4, 0, ACK)
        outcomes.flush()
    outcomes.close()
    return path.read_bytes()


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "outcomes"
    outcomes = Outcomes(path)
    outcomes.flush()  # nothing waits: nothing is written
    outcomes.add(1 << 40, 5, 6, -1, -1, -192, FAIL)
    outcomes.close()
    found = read_outcomes(path)
    assert found.records.tolist() == [(1 << 40, 5, 6, -1, -1, -192, FAIL)]
    assert found.ignored_bytes == 0


def test_no_file_is_no_outcome(tmp_path: Path) -> None:
    assert len(read_outcomes(tmp_path / "absent").records) == 0


def test_a_ledger_cut_anywhere_keeps_its_whole_batches(tmp_path: Path) -> None:
    path = tmp_path / "outcomes"
    data = written(path)
    assert len(data) == 3 * BATCH
    for length in range(len(data) + 1):
        path.write_bytes(data[:length])
        found = read_outcomes(path)
        assert found.records["position"].tolist() == list(range(length // BATCH * 3))
        assert found.ignored_bytes == length % BATCH


@given(place=st.integers(2 * BATCH, 3 * BATCH - 1), flip=st.integers(1, 255))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_tail_batch_is_left_out(tmp_path: Path, place: int, flip: int) -> None:
    path = tmp_path / "outcomes"
    data = bytearray(written(path))
    data[place] ^= flip
    path.write_bytes(data)
    found = read_outcomes(path)
    assert found.records["position"].tolist() == list(range(6))
    assert found.ignored_bytes == BATCH


@given(place=st.integers(0, 2 * BATCH - 1), flip=st.integers(1, 255))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_before_the_tail_is_refused(tmp_path: Path, place: int, flip: int) -> None:
    path = tmp_path / "outcomes"
    data = bytearray(written(path))
    data[place] ^= flip
    path.write_bytes(data)
    with pytest.raises(DamagedLedger, match="whole batches follow"):
        read_outcomes(path)


def test_the_mark_is_seen_by_another_reader_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mark"
    mark = Mark(path)
    assert Mark.read(path) == 0
    for position in (1, 1 << 20, (1 << 62) + 5):
        mark.raise_to(position)
        assert Mark.read(path) == position


def test_a_mark_of_the_wrong_size_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mark").write_bytes(b"1234")
    with pytest.raises(DamagedLedger, match="4 bytes instead of 8"):
        Mark.read(tmp_path / "mark")


class Disk:
    """Stands in for os.write: takes what it has room for, then is full."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._write = os.write

    def write(self, file: int, data: bytes) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = self._write(file, data[: self.room])
        self.room -= taken
        return taken


@pytest.mark.parametrize("room", [0, 1, 15, 16, 60, BATCH - 1])
def test_a_full_disk_keeps_the_ledger_and_what_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    path = tmp_path / "outcomes"
    before = written(path)
    outcomes = Outcomes(path)
    for position in (100, 101, 102):
        outcomes.add(position, 1, 2, 3, 4, 0, ACK)
    disk = Disk(room)
    monkeypatch.setattr(os, "write", disk.write)
    for _ in range(2):  # once more makes nothing worse
        with pytest.raises(OSError, match="could not write its ledger: no space left on device"):
            outcomes.flush()
        assert path.read_bytes() == before
        disk.room = room
    disk.room = 10 * BATCH  # room was made
    outcomes.add(103, 1, 2, 3, 4, 0, ACK)
    outcomes.close()
    found = read_outcomes(path)
    assert found.records["position"].tolist() == [*range(9), 100, 101, 102, 103]
    assert found.ignored_bytes == 0


def test_a_ledger_that_cannot_even_be_cut_back_takes_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: int, length: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    path = tmp_path / "outcomes"
    written(path)
    outcomes = Outcomes(path)
    outcomes.add(100, 1, 2, 3, 4, 0, ACK)
    disk = Disk(20)
    monkeypatch.setattr(os, "write", disk.write)
    monkeypatch.setattr(os, "ftruncate", refuse)
    for _ in range(2):
        with pytest.raises(OSError):
            outcomes.flush()
        disk.room = 10 * BATCH
    assert read_outcomes(path).records["position"].tolist() == list(range(9))


def test_a_write_in_pieces_is_one_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:7]))
    written(tmp_path / "outcomes")
    assert read_outcomes(tmp_path / "outcomes").records["position"].tolist() == list(range(9))
