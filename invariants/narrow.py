"""What the books leave open: the events that the shared views still look at, and how many they spare."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from gameday.kernel.verdict import Invariant
from invariants.b import GROUPS
from invariants.balance import AT_ONCE, BY_BYTES, HOUR_US, TYPE, Balance, Ledger, marked
from invariants.ledgers import Columns, Read, read
from invariants.shelf import Ints
from invariants.unique import SPOT, Twice, twice

SCANS = ("broker_scan", "raw_scan", "dlq_scan", "load_scan", "suppressed_scan", "curated_scan")
TABLES = ("intent", "send", *SCANS)
# Invariants whose offenders lie among what does not balance; all others see every row.
# Each counts, beside what is open, the rows that balance of these tables or classes.
COUNTED: Mapping[str, tuple[str, ...]] = {
    "Z1": ("intent",),
    "Z2": ("send",),
    "Z3": (),
    "Z4": ("dlq_scan",),
    "Z7": ("broker_scan", "curated_scan"),
    "Z8": ("curated_scan",),
    "U1": ("curated_scan",),
    "U2": ("dup_of",),
    "U3": ("suppressed_scan",),
    "U4": (),
    "U5": ("twin_of",),
    "O3": ("intent",),
    "AN2": ("broker_scan",),
    "B1": (),
    "Q4": ("load_scan",),
}
COVERED = frozenset(COUNTED)
# Views over everything, made before the tables are narrowed: sums per partition and per container.
OVER_ALL = ("reach", "loaded_batch")

_PLACE = "cluster, topic, partition, src_offset"
_HERE = "(x.partition, x.src_offset) IN (SELECT (partition, src_offset) FROM off_place)"


class Narrowing(Ledger, Columns, Protocol):
    """What is needed of an engine whose tables are to be narrowed."""

    def load(self, name: str, **columns: Any) -> None: ...  # a temporary table of numbers
    def beside(self) -> AbstractContextManager[Columns]: ...  # reads the same tables, for another thread


@dataclass(frozen=True)
class Spared:
    """How many rows balance: per table, and of the classes that invariants count."""

    rows: Mapping[str, int]
    open: Mapping[str, int]  # rows of each table that the views look at

    def spare(self, one: Invariant) -> Invariant:
        """The same invariant over the narrowed tables: what balances is counted, and offends nowhere."""
        if one.id == "B1":
            return replace(one, judged=_GROUPS_IN_ALL, offenders=_with_spared_money(one.offenders))
        more = sum(self.rows[name] for name in COUNTED.get(one.id, ()))
        return replace(one, judged=f"SELECT ({one.judged}) + {more} AS n") if more else one


_GROUPS_IN_ALL = f"""SELECT count(*) FROM (
  SELECT g.event_type, g.currency, g.hour_us FROM ({GROUPS}) g
  UNION SELECT s.type, s.currency, s.hour_us FROM spared_group s) u"""


def _with_spared_money(offenders: str) -> str:
    """Groups are named with all that they hold, not only with what is open."""
    names = [f"{what}_{tier}" for what in ("n", "sum") for tier in ("truth", "raw", "curated")]
    sums = ", ".join(f"o.{name} + coalesce(s.{name.split('_')[0]}_spared, 0) AS {name}" for name in names)
    return f"""SELECT o.hop, o.event_type, o.currency, o.hour_us, {sums}
FROM ({offenders}) o
LEFT JOIN spared_group s ON s.type = o.event_type AND s.currency = o.currency AND s.hour_us = o.hour_us"""


def narrow(engine: Narrowing, salt: int) -> Spared:
    """Find all that does not balance, and make a table open_<table> with only that for each table."""
    before = {t: _count(engine, f"SELECT count(*) FROM {t}") for t in TABLES}
    balance = Balance(engine, salt)
    found, more = _read(engine, balance, before)
    balance.astray()
    engine.run("CREATE TEMP TABLE open_event AS SELECT uid FROM off_event")
    engine.load("found_open", uid=_one(found.open))
    _add(engine, "SELECT uid FROM found_open")
    wrong = "FROM suppressed_scan WHERE survivor_uid IS DISTINCT FROM uid"
    _add(engine, f"SELECT uid {wrong} UNION ALL SELECT survivor_uid {wrong}")
    _twice(engine, more, salt)
    doubtful = _one(found.doubtful)
    engine.load("doubtful_key", key=doubtful.view(np.uint64))
    if _count(engine, "SELECT count(*) FROM off_place"):
        _at_places(engine)
    _related(engine, len(doubtful) > 0)
    for table in TABLES:
        which = _open(engine, table, balance.nameless)
        engine.run(f"CREATE TEMP TABLE open_{table} AS SELECT x.* FROM {table} x {which}")
    balance.base_groups()
    _spare_groups(engine)
    classes = _classes(engine, found)
    left = {t: _count(engine, f"SELECT count(*) FROM open_{t}") for t in TABLES}
    return Spared({t: before[t] - left[t] for t in TABLES} | classes, left)


def sample(engine: Narrowing, uids: str) -> None:
    """Make the same tables with the families of these events, whether they balance or not."""
    engine.run("CREATE TEMP TABLE off_place (partition INTEGER, src_offset BIGINT)")
    engine.load("doubtful_key", key=np.empty(0, np.uint64))
    engine.run(f"CREATE TEMP TABLE open_event AS {uids}")
    _related(engine, False)
    for table in TABLES:
        engine.run(f"CREATE TEMP TABLE open_{table} AS SELECT x.* FROM {table} x {_open(engine, table, {})}")


def _read(engine: Narrowing, balance: Balance, rows: Mapping[str, int]) -> tuple[Read, Twice]:
    """Every table once: plan and sends in a thread of its own, beside the hops."""
    with (
        tempfile.TemporaryDirectory(prefix="gameday-judge-") as folder,
        engine.beside() as second,
        ThreadPoolExecutor(1) as thread,
    ):
        asked = thread.submit(
            read,
            second,
            Path(folder),
            balance.salt,
            planned=rows["intent"],
            sent=rows["send"],
        )
        balance.add(*AT_ONCE)
        balance.add_curated()
        more = twice(engine, Path(folder), balance.salt, rows["intent"], rows["broker_scan"])
        found = asked.result()
    balance.books.update(found.books)
    balance.books.update(more.books)
    uid, copy, body = (_one(list(parts)) for parts in zip(*found.invalid, strict=True))
    engine.load("planned_invalid", uid=uid, copy=copy, body_hash=body)
    balance.add(*BY_BYTES)
    return found, more


def _one(parts: Sequence[Ints]) -> Ints:
    return np.concatenate([*parts, np.empty(0, np.int64)])


def _count(engine: Narrowing, sql: str) -> int:
    return int(engine.ask(sql)[0][0])


def _add(engine: Narrowing, uids: str) -> None:
    engine.run(f"INSERT INTO open_event {uids}")


def _twice(engine: Narrowing, found: Twice, salt: int) -> None:
    """Sums agree where a row is twice on both sides: ids, bytes and places must be unique by themselves."""
    bodies, spots = found.bodies, found.spots
    if len(bodies):
        engine.load("seen_twice", v=bodies)
        _add(engine, "SELECT uid FROM intent WHERE body_hash IN (SELECT v FROM seen_twice)")
    if len(spots):
        engine.load("seen_twice", v=spots.view(np.uint64))
        rows = f"{marked('broker_scan x', ('where',), salt)} WHERE {SPOT} IN (SELECT v FROM seen_twice)"
        _add(engine, f"SELECT x.uid FROM {rows}")
        engine.run(f"INSERT INTO off_place SELECT x.partition, x.src_offset FROM {rows}")


def _at_places(engine: Narrowing) -> None:
    """Whoever was at a place that does not balance, by id or by bytes."""
    for table in TABLES[1:]:
        _add(engine, f"SELECT x.uid FROM {table} x WHERE {_HERE}")
    bodies = " UNION ".join(
        f"SELECT x.body_hash FROM {table} x WHERE {_HERE}"
        for table in ("broker_scan", "raw_scan", "dlq_scan", "load_scan")
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
    engine.run(
        "CREATE OR REPLACE TEMP TABLE open_event AS SELECT DISTINCT uid FROM open_event WHERE uid IS NOT NULL"
    )


def _open(engine: Narrowing, table: str, nameless: Mapping[str, int]) -> str:
    wanted = []
    if _count(engine, "SELECT count(*) FROM open_event"):
        wanted.append("x.uid IN (SELECT uid FROM open_event)")
    if table != "intent" and _count(engine, "SELECT count(*) FROM off_place"):
        wanted.append(_HERE)
    if table in ("load_scan", "suppressed_scan", "curated_scan"):
        if nameless.get(table.removesuffix("_scan")):
            wanted.append("x.uid IS NULL")
    elif table not in ("intent", "send") and _count(engine, "SELECT count(*) FROM open_intent"):
        wanted.append("x.uid IS NULL AND x.body_hash IN (SELECT body_hash FROM open_intent)")
    return f"WHERE {' OR '.join(f'({one})' for one in wanted)}" if wanted else "LIMIT 0"


def _classes(engine: Narrowing, found: Read) -> dict[str, int]:
    """Whole families are open or spared: what is not open is spared."""
    counted = "SELECT count(DISTINCT uid) FILTER (class = 'dup_of'), count(*) FILTER (class = 'twin_of') FROM"
    ((copied, twins),) = engine.ask(f"{counted} open_intent")
    ((all_copied, all_twins),) = (
        engine.ask(f"{counted} intent") if found.strange else [(found.copied, found.twins)]
    )
    return {"dup_of": int(all_copied) - int(copied), "twin_of": int(all_twins) - int(twins)}


def _spare_groups(engine: Narrowing) -> None:
    """Count and money of what balances, by canonical type, currency and event hour."""
    engine.run(f"""CREATE TEMP TABLE spared_group AS
SELECT type, currency, hour_us, sum(n) AS n_spared, sum(amount) AS sum_spared
FROM (SELECT type, currency, hour_us, n_base AS n, sum_base AS amount FROM base_group UNION ALL
      SELECT {TYPE} AS type, currency, event_ts - event_ts % {HOUR_US} AS hour_us, -1 AS n,
             -amount_minor AS amount
      FROM open_intent WHERE copy = 0 AND class <> 'invalid') g
GROUP BY type, currency, hour_us HAVING sum(n) <> 0""")
