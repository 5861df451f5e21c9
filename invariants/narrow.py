"""What the books leave open: the events that the shared views still have to look at, and how many they spare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from invariants.books import TYPE, Balance, Ledger, prepare
from invariants.order import Columns, disordered, repeated

SCANS = ("broker_scan", "raw_scan", "dlq_scan", "load_scan", "suppressed_scan", "curated_scan")
TABLES = ("intent", "send", *SCANS)
# Invariants whose offenders lie among what does not balance; all others see every row.
COVERED = frozenset({"Z1", "Z2", "Z3", "Z4", "Z7", "Z8", "U1", "U2", "U3", "U4", "U5", "O3", "AN2", "B1", "Q4"})
# Views over everything, made before the tables are narrowed: sums per partition and per container.
OVER_ALL = ("reach", "loaded")

_PLACE = "cluster, topic, partition, src_offset"
_TIMES = """SELECT hash(i.key) AS key, hash(s.cluster, s.topic, s.partition) AS place, i.seq, s.src_offset
FROM send s JOIN intent i ON i.uid = s.uid AND i.copy = s.copy
WHERE s.attempt = 0 AND s.outcome = 'ACK' AND s.src_offset IS NOT NULL"""
_HERE = "(x.partition, x.src_offset) IN (SELECT (partition, src_offset) FROM off_place)"
_HOUR_US = 3_600_000_000


class Narrowing(Ledger, Columns, Protocol):
    """What is needed of an engine whose tables are to be narrowed."""

    def load(self, name: str, column: str, values: Any) -> None: ...  # a temporary table of numbers


@dataclass(frozen=True)
class Spared:
    """How many rows of each table balance, and what the groups of B1 hold of them."""

    rows: Mapping[str, int]
    groups: Mapping[tuple[Any, ...], tuple[int, Any]]


def narrow(engine: Narrowing, salt: int) -> Spared:
    """Find all that does not balance, and make a table open_<table> with only that for each table."""
    before = {t: _count(engine, f"SELECT count(*) FROM {t}") for t in TABLES}
    prepare(engine)
    Balance(engine, salt).astray()
    engine.run("CREATE TEMP TABLE open_event AS SELECT uid FROM off_event")
    _odd(engine)
    _twice(engine, before)
    doubtful = disordered(engine, _TIMES, before["send"])
    engine.load("doubtful_key", "key", doubtful.view(np.uint64))
    if _count(engine, "SELECT count(*) FROM off_place"):
        _at_places(engine)
    _related(engine, len(doubtful) > 0)
    engine.run("CREATE OR REPLACE TEMP TABLE open_event AS SELECT DISTINCT uid FROM open_event WHERE uid IS NOT NULL")
    groups = _groups(engine)
    for table in TABLES:
        engine.run(f"CREATE TEMP TABLE open_{table} AS SELECT x.* FROM {table} x WHERE {_open(engine, table)}")
    spared = {t: before[t] - _count(engine, f"SELECT count(*) FROM open_{t}") for t in TABLES}
    return Spared(spared, groups)


def _count(engine: Narrowing, sql: str) -> int:
    return int(engine.ask(sql)[0][0])


def _add(engine: Narrowing, uids: str) -> None:
    engine.run(f"INSERT INTO open_event {uids}")


def _odd(engine: Narrowing) -> None:
    """What no book promises to notice: outcomes that are no plain ACK, and rows that say nothing."""
    _add(engine, "SELECT uid FROM odd WHERE outcome <> 'ACK' OR src_offset IS NULL OR attempt < 0")
    _add(engine, "SELECT uid FROM odd GROUP BY uid, copy, attempt HAVING count(*) > 1")
    _add(engine, "SELECT o.uid FROM odd o LEFT JOIN marked m ON m.uid = o.uid AND m.copy = o.copy WHERE m.uid IS NULL")
    _add(engine, "SELECT uid FROM intent WHERE canonical_hash IS NULL AND class <> 'invalid'")
    wrong = "FROM suppressed_scan WHERE survivor_uid IS DISTINCT FROM uid"
    _add(engine, f"SELECT uid {wrong} UNION ALL SELECT survivor_uid {wrong}")


def _twice(engine: Narrowing, rows: Mapping[str, int]) -> None:
    """Sums agree where a row is twice on both sides: ids, bytes and places have to be unique by themselves."""
    for value, table in (("hash(uid, copy)", "intent"), ("body_hash", "intent"), (f"hash({_PLACE})", "broker_scan")):
        found = repeated(engine, value, table, rows[table])
        if not len(found):
            continue
        engine.load("seen_twice", "v", found if value == "body_hash" else found.view(np.uint64))
        _add(engine, f"SELECT uid FROM {table} WHERE {value} IN (SELECT v FROM seen_twice)")
        if table == "broker_scan":
            engine.run(
                f"INSERT INTO off_place SELECT partition, src_offset FROM {table} "
                f"WHERE {value} IN (SELECT v FROM seen_twice)"
            )


def _at_places(engine: Narrowing) -> None:
    """Whoever was at a place that does not balance, by id or by bytes."""
    for table in TABLES[1:]:
        _add(engine, f"SELECT x.uid FROM {table} x WHERE {_HERE}")
    bodies = " UNION ".join(
        f"SELECT x.body_hash FROM {table} x WHERE {_HERE}" for table in ("broker_scan", "raw_scan", "dlq_scan", "load_scan")
    )
    _add(engine, f"SELECT uid FROM intent WHERE body_hash IN ({bodies})")


def _related(engine: Narrowing, doubt: bool) -> None:
    """Who shares a key, a survivor or a twin with them: the views look at these together."""
    if not doubt and not _count(engine, "SELECT count(*) FROM open_event"):
        return
    asked = "SELECT uid FROM open_event"
    _add(
        engine,
        f"""SELECT uid FROM intent WHERE key IN (SELECT key FROM intent
WHERE uid IN ({asked}) OR hash(key) IN (SELECT key FROM doubtful_key))""",
    )
    _add(engine, f"SELECT survivor_uid FROM suppressed_scan x WHERE uid IN ({asked}) OR {_HERE}")
    _add(engine, f"SELECT uid FROM intent WHERE class = 'twin_of' AND ref_uid IN ({asked})")


def _open(engine: Narrowing, table: str) -> str:
    wanted = ["x.uid IN (SELECT uid FROM open_event)"]
    if table != "intent" and _count(engine, "SELECT count(*) FROM off_place"):
        wanted.append(_HERE)
    if table in ("load_scan", "suppressed_scan", "curated_scan"):
        wanted.append("x.uid IS NULL")
    elif table not in ("intent", "send") and _count(engine, "SELECT count(*) FROM open_intent"):
        wanted.append("x.uid IS NULL AND x.body_hash IN (SELECT body_hash FROM open_intent)")
    return " OR ".join(f"({one})" for one in wanted)


def _groups(engine: Narrowing) -> dict[tuple[Any, ...], tuple[int, Any]]:
    """Count and money of what balances, by canonical type, currency and event hour."""
    rows = engine.ask(f"""SELECT {TYPE} AS type, currency, event_ts - event_ts % {_HOUR_US} AS hour_us, count(*),
       sum(amount_minor) FROM intent WHERE copy = 0 AND class <> 'invalid'
   AND uid NOT IN (SELECT uid FROM open_event) GROUP BY 1, 2, 3""")
    return {tuple(row[:3]): (int(row[3]), row[4]) for row in rows}
