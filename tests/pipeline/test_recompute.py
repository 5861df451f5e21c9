"""Recomputing curated from raw files: the same in every order, and as the curator made it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import recompute, survivor
from tests.pipeline.test_warehouse_sql import CLASS, DUPLICATES, PAYMENTS, SCHEMA, Bench, InMemory, row


def _facts() -> list[dict[str, Any]]:
    chance = random.Random(5)
    rows = [
        row(
            100 + number,
            bk=f"b{chance.randrange(12)}",
            event=f"e{chance.randrange(20)}",
            canonical=f"c{chance.randrange(3)}",
            n_attributes=chance.randrange(3),
        )
        for number in range(60)
    ]
    return [*CLASS, *rows, row(7, reason="undecodable")]


def _write(folder: Path, rows: list[dict[str, Any]]) -> list[str]:
    folder.mkdir(exist_ok=True)
    paths = []
    for number, start in enumerate(range(0, len(rows), 20)):
        path = folder / f"{number}.parquet"
        pq.write_table(pa.Table.from_pylist(rows[start : start + 20], schema=SCHEMA), path)
        paths.append(str(path))
    return paths


def _order(tmp_path: Path, raw: list[str], seeds: list[int]) -> Path:
    path = tmp_path / "order.json"
    path.write_text(json.dumps({"raw": raw, "seeds": seeds, "into": str(tmp_path / "out")}))
    return path


def _tables(folder: Path) -> tuple[list[Any], list[Any]]:
    read = [
        duckdb.sql(f"SELECT * FROM '{folder / name}.parquet' ORDER BY ALL").fetchall()
        for name in ("payment_event", "duplicate")
    ]
    return read[0], read[1]


def test_every_order_gives_what_the_curator_made(tmp_path: Path) -> None:
    rows = _facts()
    recompute.run(_order(tmp_path, _write(tmp_path / "raw", rows), [1, 2, 3]))
    bench = Bench(tmp_path, InMemory())
    bench.migrate()
    for number, start in enumerate(range(0, len(rows), 7)):
        bench.load(number, rows[start : start + 7])
        bench.curate()
    expected = bench.warehouse.run(PAYMENTS), bench.warehouse.run(DUPLICATES)
    assert expected[1]
    for seed in (1, 2, 3):
        assert _tables(tmp_path / "out" / str(seed)) == expected


def test_a_survivor_by_arrival_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arrived = "(SELECT load_seq FROM again.ctl.load_ledger l WHERE l.batch_id = facts.batch_id)"
    monkeypatch.setattr(survivor, "_SURVIVOR_ORDER", arrived)
    recompute.run(_order(tmp_path, _write(tmp_path / "raw", _facts()), [1, 2, 3, 4, 5]))
    results = [_tables(tmp_path / "out" / str(seed)) for seed in (1, 2, 3, 4, 5)]
    assert any(one != results[0] for one in results)


def test_nothing_landed_gives_empty_tables(tmp_path: Path) -> None:
    recompute.run(_order(tmp_path, [], [1]))
    assert _tables(tmp_path / "out" / "1") == ([], [])


def test_a_bad_order_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "order.json"
    path.write_text("{}")
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "recompute", "--config", str(path)], capture_output=True, text=True
    )
    assert done.returncode == 4
    assert "no order to recompute" in done.stderr
