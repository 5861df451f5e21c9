"""The very SQL that is sent to the server, run on a DuckDB in memory."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import curator, lease, loader, raw_schema, tables
from pipeline.manifest import DataFile, Manifest, OffsetRange
from pipeline.warehouse import Rejected, Row
from pipeline.weaknesses import MERGE_ON_EVENT_ID, NO_LOAD_LEDGER

ARROW = {"text": pa.string(), "int32": pa.int32(), "int64": pa.int64(), "bytes": pa.binary()}
SCHEMA = pa.schema([(column.name, ARROW[column.kind]) for column in raw_schema.RAW])
PAYMENTS = "SELECT * EXCLUDE (batch_id, known_from) FROM n.cur.payment_event ORDER BY ALL"
DUPLICATES = "SELECT * EXCLUDE (batch_id) FROM n.cur.duplicate ORDER BY ALL"


class InMemory:
    """A warehouse without a server: an error undoes the transaction, as the server does."""

    def __init__(self) -> None:
        self._duckdb = duckdb.connect(":memory:")
        self._duckdb.execute("ATTACH ':memory:' AS n")

    def run(self, sql: str) -> list[Row]:
        try:
            return list(self._duckdb.execute(sql).fetchall())
        except duckdb.Error as error:
            if "BEGIN" in sql:
                self._duckdb.execute("ROLLBACK")
            raise Rejected(str(error)) from error

    def one(self, sql: str) -> Any:
        return self.run(sql)[0][0]


@dataclass
class Bench:
    """Batches of raw rows on disk, and a warehouse to load them into."""

    folder: Path
    warehouse: InMemory
    weaknesses: frozenset[str] = frozenset()

    def migrate(self) -> None:
        for statement in tables.create("n", "a", self.weaknesses):
            self.warehouse.run(statement)

    @property
    def lease(self) -> lease.Lease:
        return lease.held(self.warehouse, "n", lease.LOADER, "a")

    def transaction(self, number: int, rows: Sequence[dict[str, Any]]) -> str:
        path = self.folder / f"{number}.parquet"
        pq.write_table(pa.Table.from_pylist(list(rows), schema=SCHEMA), path)
        dead = sum(row.get("reason") is not None for row in rows)
        manifest = Manifest(
            query_id="query000",
            batch=number,
            files=(
                DataFile("x", "raw", len(rows), f"sha{number}", 1),
                DataFile("y", "dlq", dead, "sha", 1),
            ),
            offset_ranges=(OffsetRange("a", "t", 0, number, number + 1),),
            count=len(rows),
            sum_by_ccy={},
            mset_hash="",
            prev_manifest_sha=None,
            written_at_us=0,
        )
        return loader.load_transaction(self.lease, manifest, path, self.weaknesses)

    def load(self, number: int, rows: Sequence[dict[str, Any]]) -> None:
        self.warehouse.run(self.transaction(number, rows))

    def curate(self) -> None:
        waiting = curator.waiting_batches(self.warehouse, "n")
        if not waiting:
            return
        held = lease.held(self.warehouse, "n", lease.CURATOR, "a")
        self.warehouse.run(curator.curate_transaction(held, waiting, self.weaknesses))

    def curated(self) -> tuple[list[Row], list[Row]]:
        return self.warehouse.run(PAYMENTS), self.warehouse.run(DUPLICATES)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path, InMemory())
    made.migrate()
    return made


def row(offset: int, bk: str = "b", event: str = "e", canonical: str = "c", **more: Any) -> dict[str, Any]:
    fixed = {
        "src_cluster": "a", "src_topic": "t", "src_partition": 0, "src_offset": offset, "dialect": "DEDUP",
        "event_id": event, "event_type": "CAPTURE", "payment_id": "p", "merchant_id": "m",
        "account_id": "a", "card_token": "c", "amount_minor": 1, "currency": "EUR", "event_ts_us": 1,
        "n_attributes": 1, "canonical_hash": canonical, "bk_hash": bk, "value": b"{}",
    }  # fmt: skip
    return fixed | more


# In survivor order, so the first of them has to win whatever happens.
CLASS = (
    row(5, event="z", canonical="z", n_attributes=3),
    row(4, event="e", canonical="c1"),
    row(3, event="e", canonical="c2"),
    row(1, event="f", canonical="c2"),
    row(2, event="f", canonical="c2"),
)
SUPPRESSED = [(1, "ID3"), (2, "ID3"), (3, "ID3"), (4, "ID3")]


def test_the_survivor_does_not_hang_on_the_order_of_arrival(tmp_path: Path) -> None:
    seen = set()
    turns = [CLASS[start:] + CLASS[:start] for start in range(len(CLASS))]
    for number, order in enumerate([*turns, *(turn[::-1] for turn in turns)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        bench = Bench(folder, InMemory())
        bench.migrate()
        for batch, one in enumerate(order):
            bench.load(batch, [one])
            bench.curate()
        seen.add(str(bench.curated()))
        assert bench.warehouse.one("SELECT event_id FROM n.cur.payment_event") == "z"
        found = bench.warehouse.run("SELECT src_offset, rule FROM n.cur.duplicate ORDER BY src_offset")
        assert found == SUPPRESSED
    assert len(seen) == 1


# Each winner loses by all that counts less.
PAIRS = {
    "attributes": (row(9, event="z", canonical="z", n_attributes=2), row(1, event="a", canonical="a")),
    "canonical hash": (row(9, event="z", canonical="a"), row(1, event="a", canonical="b")),
    "event id": (row(9, event="a"), row(1, event="b")),
    "coordinates": (row(1), row(9)),
}


@pytest.mark.parametrize("decided_by", PAIRS)
@pytest.mark.parametrize("winner_first", [True, False])
def test_the_survivor_is_decided_by(bench: Bench, decided_by: str, winner_first: bool) -> None:
    winner, loser = PAIRS[decided_by]
    for number, one in enumerate((winner, loser) if winner_first else (loser, winner)):
        bench.load(number, [one])
        bench.curate()
    assert bench.warehouse.run("SELECT src_offset FROM n.cur.payment_event") == [(winner["src_offset"],)]
    assert bench.warehouse.run("SELECT src_offset, survivor_src_offset FROM n.cur.duplicate") == [
        (loser["src_offset"], winner["src_offset"])
    ]


@pytest.mark.parametrize("seed", range(4))
def test_random_batches_equal_one_batch(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    rows = [
        row(offset, f"b{rng.randrange(12)}", f"e{rng.randrange(6)}", f"c{rng.randrange(3)}")
        for offset in range(60)
    ]
    benches = []
    for name in ("whole", "pieces"):
        (tmp_path / name).mkdir()
        bench = Bench(tmp_path / name, InMemory())
        bench.migrate()
        benches.append(bench)
    whole, pieces = benches
    whole.load(0, rows)
    whole.curate()
    rng.shuffle(rows)
    for number in range(10):
        pieces.load(number, rows[number * 6 : number * 6 + 6])
        if rng.random() < 0.5:
            pieces.curate()
    pieces.curate()
    assert pieces.curated() == whole.curated()
    total = pieces.warehouse.one(
        "SELECT (SELECT count(*) FROM n.cur.payment_event) + (SELECT count(*) FROM n.cur.duplicate)"
    )
    assert total == 60, "every row is either curated or accounted for"


def test_an_exact_copy_is_id1_and_another_id_is_id3(bench: Bench) -> None:
    bench.load(0, [row(1), row(2), row(3, event="e2"), row(4, canonical="d")])
    bench.curate()
    rules = bench.warehouse.run("SELECT src_offset, rule FROM n.cur.duplicate ORDER BY src_offset")
    assert rules == [(2, "ID1"), (3, "ID3"), (4, "ID3")]


def test_one_id_with_two_facts_is_two_events(bench: Bench) -> None:
    bench.load(0, [row(1, bk="x"), row(2, bk="y")])
    bench.curate()
    assert bench.warehouse.one("SELECT count(*) FROM n.cur.payment_event") == 2
    assert bench.warehouse.one("SELECT count(*) FROM n.cur.duplicate") == 0


def test_invalid_rows_stay_in_the_lake(bench: Bench) -> None:
    bench.load(0, [row(1), row(2, reason="undecodable")])
    assert bench.warehouse.run("SELECT src_offset FROM n.raw.events") == [(1,)]


def test_a_second_load_changes_nothing(bench: Bench) -> None:
    transaction = bench.transaction(0, [row(1)])
    bench.warehouse.run(transaction)
    with pytest.raises(Rejected, match=r"[Cc]onstraint"):
        bench.warehouse.run(transaction)
    assert bench.warehouse.one("SELECT count(*) FROM n.raw.events") == 1
    assert bench.warehouse.one("SELECT count(*) FROM n.ctl.load_ledger") == 1


def test_a_batch_that_was_curated_is_not_curated_again(bench: Bench) -> None:
    bench.load(0, [row(1)])
    held = lease.held(bench.warehouse, "n", lease.CURATOR, "a")
    transaction = curator.curate_transaction(held, ["query000-00000000"])
    bench.warehouse.run(transaction)
    assert curator.waiting_batches(bench.warehouse, "n") == []
    with pytest.raises(Rejected):
        bench.warehouse.run(transaction)


def test_a_batch_of_nothing_but_invalid_rows_is_curated_too(bench: Bench) -> None:
    bench.load(0, [row(1, reason="undecodable")])
    bench.curate()
    assert bench.warehouse.one("SELECT count(*) FROM n.ctl.task_effect") == 1


def test_a_deposed_loader_is_fenced(bench: Bench) -> None:
    transaction = bench.transaction(0, [row(1)])
    bench.warehouse.run("UPDATE n.ctl.region_lease SET owner_region = 'b', epoch = 2 WHERE role = 'loader'")
    with pytest.raises(Rejected, match="fenced"):
        bench.warehouse.run(transaction)
    assert bench.warehouse.one("SELECT count(*) FROM n.raw.events") == 0
    with pytest.raises(lease.NotOwner):
        lease.held(bench.warehouse, "n", lease.LOADER, "a")


def test_a_file_with_other_rows_than_its_manifest_says_is_refused(bench: Bench) -> None:
    transaction = bench.transaction(0, [row(1), row(2)])
    pq.write_table(pa.Table.from_pylist([row(1)], schema=SCHEMA), bench.folder / "0.parquet")
    with pytest.raises(Rejected, match="must add 2 rows"):
        bench.warehouse.run(transaction)
    assert bench.warehouse.one("SELECT count(*) FROM n.ctl.load_ledger") == 0


def test_migrating_again_changes_nothing(bench: Bench) -> None:
    bench.load(0, [row(1)])
    bench.migrate()
    assert bench.warehouse.one("SELECT count(*) FROM n.raw.events") == 1


def test_without_the_ledger_a_second_load_doubles_raw_and_not_curated(tmp_path: Path) -> None:
    bench = Bench(tmp_path, InMemory(), frozenset({NO_LOAD_LEDGER}))
    bench.migrate()
    for _ in range(2):
        bench.load(0, [row(1), row(2)])
        bench.curate()
    bench.load(1, [row(3)])
    bench.curate()
    assert bench.warehouse.one("SELECT count(*) FROM n.raw.events") == 5
    assert bench.warehouse.one("SELECT count(*) FROM n.cur.payment_event") == 1
    assert bench.warehouse.run("SELECT src_offset FROM n.cur.duplicate ORDER BY ALL") == [(2,), (3,)]


def test_a_merge_on_the_event_id_doubles_what_is_sent_twice_within_a_batch(tmp_path: Path) -> None:
    bench = Bench(tmp_path, InMemory(), frozenset({MERGE_ON_EVENT_ID}))
    bench.migrate()
    bench.load(0, [row(1), row(2), row(3, bk="other", event="e3")])
    bench.curate()
    bench.load(1, [row(4, bk="other", event="e3")])
    bench.curate()
    assert bench.warehouse.run("SELECT src_offset FROM n.cur.payment_event ORDER BY ALL") == [
        (1,),
        (2,),
        (3,),
    ]
    assert bench.warehouse.run("SELECT src_offset FROM n.cur.duplicate ORDER BY ALL") == [(2,), (4,)]
