"""Books that have to balance: hop against hop and plan, as keyed sums per window; what balances is whole.

Each table is read once. A window whose books agree holds the same rows on both sides (a sum of 64-bit hashes,
never a XOR: two equal rows do not cancel). Only rows in windows that differ go on to the shared views.
README.md of this folder says why nothing can hide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

PLACES_WIDE = 1 << 10  # offsets of one partition in a window
EVENTS_WIDE = 1 << 14  # uids in a window

_AT = "x.cluster, x.topic, x.partition, x.src_offset"
_ID = "x.uid, x.copy"
_CONTENT = "x.uid, x.canonical_hash, x.type, x.currency, x.amount_minor, x.event_ts"
TYPE = """CASE event_type WHEN 'payment_authorized' THEN 'AUTHORIZATION' WHEN 'payment_captured' THEN 'CAPTURE'
         WHEN 'refund_issued' THEN 'REFUND' WHEN 'chargeback_created' THEN 'CHARGEBACK' ELSE event_type END"""
_PLAN = f"""uid, copy, class, reason, body_hash, canonical_hash, {TYPE} AS type, currency, amount_minor,
         event_ts"""
# Rows whose id was destroyed are known by their bytes, as the planned invalid event that carries these.
_NAMELESS = """(SELECT y.* REPLACE (coalesce(y.uid, i.uid) AS uid, coalesce(y.copy, i.copy) AS copy)
  FROM {0} y LEFT JOIN known_invalid i ON i.body_hash = CASE WHEN y.uid IS NULL THEN y.body_hash END) x"""


class Ledger(Protocol):
    """What the books need of an engine: statements, and answers as rows."""

    def run(self, sql: str) -> None: ...
    def ask(self, sql: str) -> list[tuple[Any, ...]]: ...


@dataclass(frozen=True)
class Entry:
    """What a source adds to one side of a book, per row: the hash of these fields."""

    book: str
    side: int
    fields: str
    only: str = "true"


@dataclass(frozen=True)
class Source:
    """Rows under the alias x, and what they add to books by place and to books by event."""

    name: str
    rows: str
    by_place: tuple[Entry, ...] = ()
    by_event: tuple[Entry, ...] = ()


def entry(book: str, side: int, *fields: str, only: str = "true") -> Entry:
    return Entry(book, side, ", ".join(fields), only)


_VALID, _INVALID = "x.class <> 'invalid'", "x.class = 'invalid'"
_CARRIED, _BURIED = (_ID, "x.body_hash, x.canonical_hash"), (_ID, "x.body_hash, x.reason")
SOURCES = (
    Source(
        "sent",
        "send x WHERE x.outcome = 'ACK' AND x.src_offset IS NOT NULL",
        (entry("sent", 1, _AT, _ID),),
        (entry("planned", 1, _ID, only="x.attempt = 0"),),
    ),
    Source(
        "broker",
        "broker_scan x",
        (
            entry("sent", -1, _AT, _ID, only="x.uid IS NOT NULL"),
            entry("landed", 1, _AT, _ID, "x.body_hash"),
        ),
    ),
    Source(
        "nameless",
        f"{_NAMELESS.format('(SELECT uid, copy, cluster, topic, partition, src_offset, body_hash FROM broker_scan WHERE uid IS NULL)')}",
        (entry("sent", -1, _AT, _ID),),
    ),
    Source(
        "raw",
        "raw_scan x",
        (
            entry("landed", -1, _AT, _ID, "x.body_hash"),
            entry("passed", 1, _AT, _ID, "x.body_hash, x.canonical_hash"),
        ),
    ),
    Source(
        "load",
        "load_scan x",
        (entry("passed", -1, _AT, *_CARRIED), entry("curated", 1, _AT, _ID)),
        (entry("carried", 1, *_CARRIED),),
    ),
    Source("dlq", "dlq_scan x", (entry("passed", -1, _AT, *_CARRIED),)),
    Source("graves", _NAMELESS.format("dlq_scan"), (), (entry("buried", 1, *_BURIED),)),
    Source(
        "curated",
        f"(SELECT * REPLACE (partition AS partition), {TYPE} AS type FROM curated_scan) x",
        (entry("curated", -1, _AT, _ID),),
        (entry("content", 1, _CONTENT),),
    ),
    Source("suppressed", "suppressed_scan x", (entry("curated", -1, _AT, _ID),)),
    Source(
        "intent",
        f"(SELECT {_PLAN} FROM intent) x",
        (),
        (
            entry("planned", -1, _ID),
            entry("carried", -1, *_CARRIED, only=_VALID),
            entry("buried", -1, *_BURIED, only=_INVALID),
            entry("content", -1, _CONTENT, only=f"x.copy = 0 AND {_VALID}"),
        ),
    ),
    Source(
        "again",
        "(SELECT i.* FROM marked i JOIN odd o ON o.uid = i.uid AND o.copy = i.copy AND o.attempt > 0) x",
        (),
        (
            entry("carried", -1, *_CARRIED, only=_VALID),
            entry("buried", -1, *_BURIED, only=_INVALID),
        ),
    ),
    Source("others", f"marked x WHERE x.copy <> 0 AND {_VALID}", (), (entry("twofold", 1, _CONTENT),)),
    Source(
        "bases",
        f"""(SELECT i.* FROM marked i JOIN (SELECT uid FROM marked x WHERE x.copy <> 0 AND {_VALID}) o
             ON o.uid = i.uid WHERE i.copy = 0) x WHERE {_VALID}""",
        (),
        (entry("twofold", -1, _CONTENT),),
    ),
)


def prepare(ledger: Ledger) -> None:
    """The few rows that are not simply one attempt of one event."""
    ledger.run("""CREATE TEMP TABLE odd AS SELECT uid, copy, attempt, outcome, src_offset FROM send
WHERE attempt <> 0 OR outcome <> 'ACK' OR src_offset IS NULL""")
    ledger.run("CREATE TEMP TABLE known_invalid AS SELECT uid, copy, body_hash FROM intent WHERE class = 'invalid'")
    ledger.run(f"""CREATE TEMP TABLE marked AS SELECT {_PLAN} FROM intent
WHERE uid IN (SELECT uid FROM odd UNION SELECT uid FROM intent WHERE copy <> 0)""")


@dataclass(frozen=True)
class Balance:
    """Makes the books of one recording; `salt` keys the hash."""

    ledger: Ledger
    salt: int

    def astray(self) -> None:
        """Make the tables off_place (partition, src_offset) and off_event (uid): all that does not balance."""
        for source in SOURCES:
            key = "x.partition AS k1, x.src_offset // {} AS k2".format(PLACES_WIDE) if source.by_place else ""
            self._add_up(source, key, (*source.by_place, *source.by_event))
        self._differing("wide_place", "by_place", ("k1", "k2"))
        off = self._unbalanced_in_all()
        self.ledger.run("CREATE TEMP TABLE off_place (partition INTEGER, src_offset BIGINT)")
        self.ledger.run("CREATE TEMP TABLE off_event (uid BIGINT)")
        if self.ledger.ask("SELECT count(*) FROM wide_place")[0][0]:
            self._drill_places()
        if off:
            self._drill_events(off)

    def _add_up(self, source: Source, key: str, entries: Sequence[Entry], inside: str = "") -> None:
        sums = [
            f"{e.side} * coalesce(sum(hash(hash({self.salt}, {e.fields}))) FILTER ({e.only}), 0)::HUGEINT AS {e.book}, "
            f"{e.side} * count(*) FILTER ({e.only}) AS n_{e.book}"
            for e in entries
        ]
        picked = f"{key}, " if key else ""
        group = " GROUP BY k1, k2" if key else ""
        rows = source.rows
        if inside:
            rows += f" {'AND' if ' WHERE ' in rows.rsplit(')', 1)[-1] else 'WHERE'} {inside}"
        self.ledger.run(
            f"CREATE OR REPLACE TEMP TABLE sum_{source.name} AS SELECT {picked}{', '.join(sums)} FROM {rows}{group}"
        )

    def _differing(self, into: str, kind: str, keys: tuple[str, ...], books: Sequence[str] = ()) -> None:
        names = sorted({e.book for s in SOURCES for e in getattr(s, kind) if not books or e.book in books})
        chosen = [s for s in SOURCES if any(e.book in names for e in getattr(s, kind))]
        union = "\nUNION ALL BY NAME\n".join(
            f"SELECT {', '.join((*keys, *(c for e in getattr(s, kind) if e.book in names for c in (e.book, 'n_' + e.book))))} "
            f"FROM sum_{s.name}"
            for s in chosen
        )
        uneven = " OR ".join(f"coalesce(sum({n}), 0) <> 0 OR coalesce(sum(n_{n}), 0) <> 0" for n in names)
        self.ledger.run(
            f"CREATE OR REPLACE TEMP TABLE {into} AS SELECT {', '.join(keys)} FROM ({union}) u "
            f"GROUP BY {', '.join(keys)} HAVING {uneven}"
        )

    def _unbalanced_in_all(self) -> list[str]:
        """The books by event that do not balance over the whole recording."""
        off = []
        for name in sorted({e.book for s in SOURCES for e in s.by_event}):
            posted = [s.name for s in SOURCES if any(e.book == name for e in s.by_event)]
            union = " UNION ALL ".join(f"SELECT {name} AS h, n_{name} AS n FROM sum_{s}" for s in posted)
            ((h, n),) = self.ledger.ask(f"SELECT coalesce(sum(h), 0), coalesce(sum(n), 0) FROM ({union}) u")
            if h or n:
                off.append(name)
        return off

    def _drill_places(self) -> None:
        inside = f"(x.partition, x.src_offset // {PLACES_WIDE}) IN (SELECT (k1, k2) FROM wide_place)"
        for source in SOURCES:
            if source.by_place:
                self._add_up(source, "x.partition AS k1, x.src_offset AS k2", source.by_place, inside)
        self._differing("narrow_place", "by_place", ("k1", "k2"))
        self.ledger.run("INSERT INTO off_place SELECT k1, k2 FROM narrow_place")

    def _drill_events(self, off: Sequence[str]) -> None:
        chosen = [s for s in SOURCES if any(e.book in off for e in s.by_event)]
        for width, inside in (
            (EVENTS_WIDE, ""),
            (1, f"x.uid // {EVENTS_WIDE} IN (SELECT k2 FROM wide_event)"),
        ):
            for source in chosen:
                entries = [e for e in source.by_event if e.book in off]
                self._add_up(source, f"0 AS k1, x.uid // {width} AS k2", entries, inside)
            self._differing("wide_event" if width > 1 else "narrow_event", "by_event", ("k1", "k2"), off)
        self.ledger.run("INSERT INTO off_event SELECT k2 FROM narrow_event WHERE k2 IS NOT NULL")
