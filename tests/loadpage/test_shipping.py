"""Ledgers that travel: whole files in order, nothing outside of the run."""

from __future__ import annotations

from pathlib import Path

import pytest

from gameday.kernel.words import HarnessError
from loadgen.places import Part, Places
from loadpage.shipping import Receiver, chunks, ledger_of, ship


def filled(folder: Path) -> Places:
    places = Places(folder, Part(1, 3))
    for path, size in (
        (folder / "tables" / "send" / "load-1-00000.parquet", 2_500),
        (folder / "tables" / "send" / "load-2-00000.parquet", 10),
        (folder / "tables" / "seal" / "load-1-00000.parquet", 30),
        (places.order, 7), (places.outcomes, 1_000), (places.mark, 8), (places.counters, 0),
        (places.status, 40), (places.log, 12), (folder / "run.json", 5),
    ):  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(n % 251 for n in range(size)))
    return places


def test_a_ledger_arrives_whole_and_the_word_that_it_is_finished_last(tmp_path: Path) -> None:
    places = filled(tmp_path / "there")
    receiver = Receiver(tmp_path / "here")
    arrived: list[str] = []
    for path in ledger_of(places):
        for chunk in chunks(places.recording, path, size=1_000):
            receiver.take(chunk)
        arrived.append(str(path.relative_to(places.recording)))
    assert arrived[-1] == "load/1/status.json"
    assert set(arrived) == {
        "tables/send/load-1-00000.parquet", "tables/seal/load-1-00000.parquet", "logs/load-1.log",
        *(f"load/1/{name}" for name in ("order.json", "outcomes", "mark", "counters", "status.json")),
    }  # fmt: skip
    for name in arrived:
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "there" / name).read_bytes()


def test_half_a_file_is_not_there_under_its_name(tmp_path: Path) -> None:
    places = filled(tmp_path / "there")
    receiver = Receiver(tmp_path / "here")
    table = tmp_path / "there" / "tables" / "send" / "load-1-00000.parquet"
    first, second, last = chunks(places.recording, table, size=1_000)
    receiver.take(first)
    receiver.take(second)
    assert not (tmp_path / "here" / "tables" / "send" / "load-1-00000.parquet").exists()
    receiver.take(last)
    assert (tmp_path / "here" / "tables" / "send" / "load-1-00000.parquet").read_bytes() == table.read_bytes()


def test_a_lost_piece_is_told(tmp_path: Path) -> None:
    places = filled(tmp_path / "there")
    receiver = Receiver(tmp_path / "here")
    first, _, last = chunks(
        places.recording, tmp_path / "there" / "tables/send/load-1-00000.parquet", size=1_000
    )
    receiver.take(first)
    with pytest.raises(HarnessError, match="a hole before byte 2000"):
        receiver.take(last)


@pytest.mark.parametrize("name", ["../x", "load/../../x", "/etc/x", "run.json", "tables/../run.json", ""])
def test_a_worker_writes_its_own_files_of_the_run_and_nothing_else(name: str, tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="no file of a load process"):
        Receiver(tmp_path / "here").take({"path": name, "at": 0, "data": b"x", "last": True})


def test_figures_that_are_not_there_yet_are_left_out(tmp_path: Path) -> None:
    sent: list[object] = []
    ship(tmp_path, [tmp_path / "load" / "0" / "counters"], sent.append)
    assert sent == []
