"""Recompute: curated anew from given raw files, in other orders and other pieces; no server is asked.

Curated has to be a function of the set of raw facts. This is the means to find out: the very statements
of the curator run over the same rows, dealt anew into batches. Whoever asked compares the results.
"""

import json
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from pipeline import raw_schema, survivor, tables
from pipeline.config import ConfigError
from pipeline.warehouse import literal
from pipeline.weaknesses import NO_LOAD_LEDGER

log = logging.getLogger("pipeline.recompute")

DATABASE: Final = "again"
PIECES: Final = (2, 12)
_COLUMNS: Final = raw_schema.names(raw_schema.WAREHOUSE_RAW)
# Which batch brought a row, and when, is what differs on purpose.
_RESULTS: Final = {"payment_event": "batch_id, known_from", "duplicate": "batch_id"}


@dataclass(frozen=True, slots=True)
class Order:
    """Raw files, one recomputation per seed, and the folder in which each leaves its tables."""

    raw: tuple[Path, ...]
    seeds: tuple[int, ...]
    into: Path


def run(path: Path) -> None:
    order = _read(path)
    for seed in order.seeds:
        with duckdb.connect(":memory:") as session:
            pieces = _deal(session, order.raw, seed)
            for piece in range(pieces):
                _curate(session, piece)
            _write(session, order.into / str(seed))
        log.info("recomputed with seed %s in %s pieces", seed, pieces)


def _read(path: Path) -> Order:
    try:
        raw = json.loads(path.read_text())
        return Order(tuple(map(Path, raw["raw"])), tuple(map(int, raw["seeds"])), Path(raw["into"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path} is no order to recompute: {type(error).__name__}: {error}") from error


def _deal(session: duckdb.DuckDBPyConnection, raw: Sequence[Path], seed: int) -> int:
    """Every valid row gets a place in a random order, which is then cut into pieces; returns their number."""
    session.execute(f"ATTACH ':memory:' AS {DATABASE}")
    for statement in tables.create(DATABASE, "again", frozenset({NO_LOAD_LEDGER})):
        session.execute(statement)
    listed = ", ".join(literal(str(path)) for path in raw)
    coordinates = ", ".join(raw_schema.COORDINATES)
    source = f"read_parquet([{listed}])" if raw else f"{DATABASE}.raw.events"
    session.execute(
        f"""CREATE TEMP TABLE numbered AS
        SELECT {_COLUMNS}, row_number() OVER (ORDER BY {coordinates}) - 1 AS nth
        FROM {source} WHERE reason IS NULL"""
    )
    (count,) = _one(session, "SELECT count(*) FROM numbered")
    chance = random.Random(seed)
    pieces = chance.randint(*PIECES)
    places = list(range(count))
    chance.shuffle(places)
    dealt = pa.table({"nth": range(count), "place": places, "piece": [p * pieces // count for p in places]})
    session.register("dealt", dealt)
    session.execute("CREATE TEMP TABLE facts AS SELECT * FROM numbered JOIN dealt USING (nth)")
    return pieces


def _curate(session: duckdb.DuckDBPyConnection, piece: int) -> None:
    """One piece as the loader and the curator would take it."""
    batch = literal(f"piece-{piece}")
    session.execute(
        f"""INSERT INTO {DATABASE}.raw.events ({_COLUMNS}, batch_id)
        SELECT {_COLUMNS}, {batch} FROM facts WHERE piece = {piece} ORDER BY place"""
    )
    session.execute(
        f"""INSERT INTO {DATABASE}.ctl.load_ledger
        SELECT {batch}, '[]', {batch}, 'again', 1, count(*), {piece}, 0, 'loaded'
        FROM facts WHERE piece = {piece}"""
    )
    for statement in survivor.curate(DATABASE, [f"piece-{piece}"]):
        session.execute(statement)


def _write(session: duckdb.DuckDBPyConnection, into: Path) -> None:
    into.mkdir(parents=True, exist_ok=True)
    for table, but in _RESULTS.items():
        target = literal(str(into / f"{table}.parquet"))
        session.execute(f"COPY (SELECT * EXCLUDE ({but}) FROM {DATABASE}.cur.{table}) TO {target}")


def _one(session: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    row = session.execute(sql).fetchone()
    assert row is not None
    return row
