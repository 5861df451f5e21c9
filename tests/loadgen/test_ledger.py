"""The ledger after a crash: whatever was torn is recognised, whatever was whole is kept."""

from __future__ import annotations

import errno
import itertools
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loadgen.ledger import DamagedLedger, Mark, Outcomes
from loadgen.ledger_format import ACK, FAIL, HEADER_SIZE, RECORD, UNKNOWN, Header, Records, pack, unpack
from loadgen.ledger_reader import LedgerReader


def records(*rows: tuple[int, ...]) -> Records:
    return np.array(list(rows), dtype=RECORD)


def three(batch: int) -> Records:
    return records(*((batch * 3 + n, 1_000 + n, 2_000 + n, 77, 4, 0, ACK) for n in range(3)))


def everything(path: Path) -> Records:
    return np.concatenate([np.zeros(0, dtype=RECORD), *LedgerReader.open(path).batches()])


def written(path: Path, batches: int = 3) -> bytes:
    path.unlink(missing_ok=True)
    outcomes = Outcomes(path)
    for batch in range(batches):
        outcomes.add(three(batch))
        outcomes.flush()
    outcomes.close()
    return path.read_bytes()


BATCH_ENDS = [0, *itertools.accumulate(len(pack(three(batch))) for batch in range(3))]
NUMBERS = st.integers(-(1 << 63), (1 << 63) - 1)
ROWS = st.tuples(
    NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.integers(-1, 1 << 30), st.integers(-999, 999), st.integers(0, 2)
)


@given(st.lists(ROWS, min_size=1, max_size=50))
def test_packing_loses_nothing(rows: list[tuple[int, ...]]) -> None:
    data = pack(records(*rows))
    header = Header.read(data[:HEADER_SIZE])
    assert header is not None and unpack(header, data[HEADER_SIZE:]).tolist() == rows


def test_records_are_found_by_position_however_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "outcomes"
    outcomes = Outcomes(path)
    order = np.random.default_rng(1).permutation(5_000)
    for positions in np.split(order, 50):
        outcomes.add(records(*((p, p + 1, p + 2, p + 3, p % 6, 0, UNKNOWN) for p in positions.tolist())))
        outcomes.flush()
    outcomes.close()
    found = LedgerReader.open(path)
    assert found.count == 5_000
    for first, stop in ((0, 5_000), (17, 18), (4_000, 9_000), (9_000, 9_001)):
        wanted = list(range(first, min(stop, 5_000)))
        assert found.between(first, stop)["position"].tolist() == wanted
        assert found.between(first, stop)["offset"].tolist() == [p + 3 for p in wanted]


def test_a_record_of_a_long_run_takes_few_bytes() -> None:
    """As they come: six partitions, reports of some hundred events each, in the order of their offsets."""
    position = np.arange(12_000).reshape(-1, 6, 250).transpose(0, 2, 1).reshape(-1, 250)
    made = np.zeros(position.size, dtype=RECORD)
    made["position"] = 5 << 20 | position.ravel()
    made["t_invoke"] = 1_760_000_000_000_000 + made["position"] // 50 * 1_000
    made["t_done"] = made["t_invoke"].reshape(-1, 250).max(axis=1).repeat(250) + 25_000
    made["offset"] = position.ravel() // 6
    made["partition"] = np.arange(len(position)).repeat(250) % 6
    assert len(pack(made)) / len(made) < 3


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "outcomes"
    outcomes = Outcomes(path)
    outcomes.flush()  # nothing waits: nothing is written
    outcomes.add(records((1 << 40, 5, 6, -1, -1, -192, FAIL)))
    outcomes.close()
    assert everything(path).tolist() == [(1 << 40, 5, 6, -1, -1, -192, FAIL)]
    assert LedgerReader.open(path).ignored_bytes == 0


def test_no_file_is_no_outcome(tmp_path: Path) -> None:
    found = LedgerReader.open(tmp_path / "absent")
    assert found.count == 0 and len(found.between(0, 1 << 62)) == 0


def test_a_ledger_cut_anywhere_keeps_its_whole_batches(tmp_path: Path) -> None:
    path = tmp_path / "outcomes"
    data = written(path)
    ends = BATCH_ENDS
    assert len(data) == ends[-1]
    for length in range(len(data) + 1):
        path.write_bytes(data[:length])
        whole = sum(end <= length for end in ends[1:])
        assert everything(path)["position"].tolist() == list(range(3 * whole))
        assert LedgerReader.open(path).ignored_bytes == length - ends[whole]


@given(place=st.integers(BATCH_ENDS[2], BATCH_ENDS[3] - 1), flip=st.integers(1, 255))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_tail_batch_is_left_out(tmp_path: Path, place: int, flip: int) -> None:
    path = tmp_path / "outcomes"
    data = bytearray(written(path))
    data[place] ^= flip
    path.write_bytes(data)
    assert everything(path)["position"].tolist() == list(range(6))
    assert LedgerReader.open(path).ignored_bytes == BATCH_ENDS[3] - BATCH_ENDS[2]


@given(place=st.integers(0, BATCH_ENDS[2] - 1), flip=st.integers(1, 255))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_before_the_tail_is_refused(tmp_path: Path, place: int, flip: int) -> None:
    path = tmp_path / "outcomes"
    data = bytearray(written(path))
    data[place] ^= flip
    path.write_bytes(data)
    with pytest.raises(DamagedLedger, match="whole batches follow"):
        LedgerReader.open(path)


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


@pytest.mark.parametrize("room", [0, 1, HEADER_SIZE - 1, HEADER_SIZE, HEADER_SIZE + 5])
def test_a_full_disk_keeps_the_ledger_and_what_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    path = tmp_path / "outcomes"
    before = written(path)
    outcomes = Outcomes(path)
    for position in (100, 101, 102):
        outcomes.add(records((position, 1, 2, 3, 4, 0, ACK)))
    disk = Disk(room)
    monkeypatch.setattr(os, "write", disk.write)
    for _ in range(2):  # once more makes nothing worse
        with pytest.raises(OSError, match="could not write its ledger: no space left on device"):
            outcomes.flush()
        assert path.read_bytes() == before
        disk.room = room
    disk.room = 10_000  # room was made
    outcomes.add(records((103, 1, 2, 3, 4, 0, ACK)))
    outcomes.close()
    assert everything(path)["position"].tolist() == [*range(9), 100, 101, 102, 103]
    assert LedgerReader.open(path).ignored_bytes == 0


def test_a_ledger_that_cannot_even_be_cut_back_takes_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: int, length: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    path = tmp_path / "outcomes"
    written(path)
    outcomes = Outcomes(path)
    outcomes.add(records((100, 1, 2, 3, 4, 0, ACK)))
    disk = Disk(20)
    monkeypatch.setattr(os, "write", disk.write)
    monkeypatch.setattr(os, "ftruncate", refuse)
    for _ in range(2):
        with pytest.raises(OSError):
            outcomes.flush()
        disk.room = 10_000
    assert everything(path)["position"].tolist() == list(range(9))


def test_a_write_in_pieces_is_one_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:7]))
    written(tmp_path / "outcomes")
    assert everything(tmp_path / "outcomes")["position"].tolist() == list(range(9))
