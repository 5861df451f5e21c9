"""Books that have to balance: hop against hop and plan, as keyed sums per window; what balances is whole.

Each scan is read once. A window whose books agree holds the same rows on both sides (a sum of 64-bit hashes,
never a XOR: two equal rows do not cancel). Only rows in windows that differ go on to the shared views.
README.md of this folder says why nothing can hide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

PLACES_WIDE = 1 << 10  # offsets of one partition in a window
EVENTS_WIDE = 1 << 14  # uids in a window
MORE = 3  # resends, and copies, of one event that the books can follow
HOUR_US = 3_600_000_000

_AT = "x.cluster, x.topic, x.partition, x.src_offset"
_ID = "x.uid, x.copy"
_CONTENT = "x.uid, x.canonical_hash, x.type, x.currency, x.amount_minor, x.event_ts"
TYPE = """CASE event_type WHEN 'payment_authorized' THEN 'AUTHORIZATION'
         WHEN 'payment_captured' THEN 'CAPTURE' WHEN 'refund_issued' THEN 'REFUND'
         WHEN 'chargeback_created' THEN 'CHARGEBACK' ELSE event_type END"""
_PLAN = f"""uid, copy, class, reason, body_hash, canonical_hash, {TYPE} AS type, currency, amount_minor,
         event_ts"""
# Rows whose id was destroyed are known by their bytes, as the planned invalid event that carries these.
_GRAVES = """(SELECT d.* REPLACE (coalesce(d.uid, i.uid) AS uid, coalesce(d.copy, i.copy) AS copy),
         d.uid AS own_uid
  FROM dlq_scan d LEFT JOIN peculiar i
    ON i.class = 'invalid' AND i.body_hash = CASE WHEN d.uid IS NULL THEN d.body_hash END) x"""


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
    times: str = ""  # a column: how often beside once (up to MORE; beyond, the book does not balance)
    once: bool = True

    def hashed(self, salt: int) -> str:
        """Mixed twice: once is a XOR of mixed fields, in which exchanged values could cancel."""
        h = f"hash(hash({salt}, {self.fields}))"
        h = h if self.only == "true" else f"CASE WHEN {self.only} THEN {h} END"
        return f"{h} AS h_{self.column}"

    def summed(self) -> str:
        filters = [""] if self.once else []
        if self.times:
            filters += [f" FILTER ({self.times} >= {number})" for number in range(1, MORE + 1)]
        h = " + ".join(f"coalesce(sum(h_{self.column}){only}, 0)" for only in filters)
        n = " + ".join(f"count(h_{self.column}){only}" for only in filters)
        return f"{self.side} * ({h})::HUGEINT AS {self.column}, {self.side} * ({n}) AS n_{self.column}"

    @property
    def column(self) -> str:
        return self.book if self.once else f"{self.book}_again"


@dataclass(frozen=True)
class Source:
    """Rows under the alias x, and what they add to books by place and to books by event."""

    name: str
    rows: str
    by_place: tuple[Entry, ...] = ()
    by_event: tuple[Entry, ...] = ()
    groups: str = ""  # what is summed up in passing, where no window asks for other groups
    kept: str = ""  # the columns for it
    sums: str = ""


def entry(
    book: str, side: int, *fields: str, only: str = "true", times: str = "", once: bool = True
) -> Entry:
    return Entry(book, side, ", ".join(fields), only, times, once)


_VALID, _INVALID = "x.class <> 'invalid'", "x.class = 'invalid'"
_BASE = f"x.copy = 0 AND {_VALID}"
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
    # A row without id that arrived is among these, or its place does not balance.
    Source("nameless", f"{_GRAVES} WHERE x.own_uid IS NULL", (entry("sent", -1, _AT, _ID),)),
    Source("graves", _GRAVES, (), (entry("buried", 1, *_BURIED),)),
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
            entry("content", -1, _CONTENT, only=_BASE),
        ),
        "type, currency, hour_us",
        f"x.type, x.currency, x.event_ts - x.event_ts % {HOUR_US} AS hour_us, x.amount_minor, "
        f"{_BASE} AS is_base",
        "count(*) FILTER (is_base) AS n_base, coalesce(sum(amount_minor) FILTER (is_base), 0) AS sum_base",
    ),
    Source(
        "again",
        f"(SELECT {_PLAN}, a.n AS again FROM intent JOIN resent a USING (uid, copy)) x",
        (),
        (
            entry("carried", -1, *_CARRIED, only=_VALID, times="again", once=False),
            entry("buried", -1, *_BURIED, only=_INVALID, times="again", once=False),
        ),
    ),
    Source(
        "family",
        f"(SELECT {_PLAN}, o.n AS others FROM intent JOIN copied o USING (uid)) x",
        (),
        (
            entry("twofold", 1, _CONTENT, only=f"x.copy <> 0 AND {_VALID}"),
            entry("twofold", -1, _CONTENT, only=_BASE, times="others", once=False),
        ),
    ),
)


def prepare(ledger: Ledger) -> None:
    """The few rows that are not simply one attempt of one event."""
    ledger.run("""CREATE TEMP TABLE odd AS SELECT uid, copy, attempt, outcome, src_offset FROM send
WHERE attempt <> 0 OR outcome <> 'ACK' OR src_offset IS NULL""")
    ledger.run("""CREATE TEMP TABLE peculiar AS SELECT uid, copy, class, body_hash FROM intent
WHERE copy <> 0 OR class <> 'valid'""")
    ledger.run("""CREATE TEMP TABLE resent AS SELECT uid, copy, count(*) AS n FROM odd
WHERE attempt <> 0 AND outcome = 'ACK' AND src_offset IS NOT NULL GROUP BY uid, copy""")
    ledger.run("""CREATE TEMP TABLE copied AS SELECT uid, count(*) AS n FROM peculiar
WHERE copy <> 0 AND class <> 'invalid' GROUP BY uid""")


@dataclass(frozen=True)
class Balance:
    """Makes the books of one recording; `salt` keys the hash."""

    ledger: Ledger
    salt: int

    def astray(self) -> None:
        """Make the tables off_place (partition, src_offset) and off_event (uid): what does not balance."""
        for source in SOURCES:
            key = f"x.partition AS k1, x.src_offset // {PLACES_WIDE} AS k2" if source.by_place else ""
            self._add_up(source, key, (*source.by_place, *source.by_event))
        self.ledger.run(
            "CREATE TEMP TABLE base_group AS SELECT type, currency, hour_us, n_base, sum_base FROM sum_intent"
        )
        self._differing("wide_place", "by_place", ("k1", "k2"))
        off = self._unbalanced_in_all()
        self.ledger.run("CREATE TEMP TABLE off_place (partition INTEGER, src_offset BIGINT)")
        self.ledger.run("CREATE TEMP TABLE off_event (uid BIGINT)")
        if self.ledger.ask("SELECT count(*) FROM wide_place")[0][0]:
            self._drill_places()
        if off:
            self._drill_events(off)

    def _add_up(self, source: Source, key: str, entries: Sequence[Entry], inside: str = "") -> None:
        """One row per window with the sums of its rows; without a key, one row (or one per group) in all."""
        kept = source.kept if not key else ""
        times = {e.times: f"x.{e.times} AS {e.times}" for e in entries if e.times}
        inner = ", ".join(filter(None, (key, kept, *times.values(), *(e.hashed(self.salt) for e in entries))))
        names = "k1, k2" if key else source.groups
        outer = ", ".join(filter(None, (names, source.sums if kept else "", *(e.summed() for e in entries))))
        rows = source.rows
        if inside:
            rows += f" {'AND' if ' WHERE ' in rows.rsplit(')', 1)[-1] else 'WHERE'} {inside}"
        self.ledger.run(
            f"CREATE OR REPLACE TEMP TABLE sum_{source.name} AS SELECT {outer} "
            f"FROM (SELECT {inner} FROM {rows}) u" + (f" GROUP BY {names}" if names else "")
        )

    def _differing(self, into: str, kind: str, keys: tuple[str, ...], books: Sequence[str] = ()) -> None:
        names = sorted({e.book for s in SOURCES for e in getattr(s, kind) if not books or e.book in books})
        union = "\nUNION ALL BY NAME\n".join(
            f"SELECT {', '.join((*keys, *_columns(entries)))} FROM sum_{source.name}"
            for source in SOURCES
            if (entries := [e for e in getattr(source, kind) if e.book in names])
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
            union = " UNION ALL ".join(
                f"SELECT {', '.join(_columns(entries))} FROM sum_{source.name}"
                for source in SOURCES
                if (entries := [e for e in source.by_event if e.book == name])
            )
            ((h, n),) = self.ledger.ask(
                f"SELECT coalesce(sum({name}), 0), coalesce(sum(n_{name}), 0) FROM ({union}) u"
            )
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


def _columns(entries: Sequence[Entry]) -> list[str]:
    """Both sides of each book, where a source is on both, as one."""
    found: dict[str, list[str]] = {}
    for one in entries:
        found.setdefault(one.book, []).append(one.column)
    return [
        f"{' + '.join(mark + column for column in columns)} AS {mark}{book}"
        for book, columns in found.items()
        for mark in ("", "n_")
    ]
