"""Books that have to balance: hop against hop and plan, as keyed sums; what balances is whole.

Each table is read once. A book that balances holds the same rows on both sides (a sum of 64-bit hashes, never
a XOR: two equal rows do not cancel). One that does not is drawn up again, by window and then by row, and only
rows that differ go on to the shared views. README.md of this folder says why nothing can hide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

PLACES_WIDE = 1 << 10  # offsets of one partition in a window
EVENTS_WIDE = 1 << 14  # uids in a window
HOUR_US = 3_600_000_000

CLASSES = ("valid", "invalid", "dup_of", "twin_of")  # of planned events; any other is OTHER
VALID, INVALID, DUPLICATE, TWIN, OTHER = range(5)
TYPE = """CASE event_type WHEN 'payment_authorized' THEN 'AUTHORIZATION'
         WHEN 'payment_captured' THEN 'CAPTURE' WHEN 'refund_issued' THEN 'REFUND'
         WHEN 'chargeback_created' THEN 'CHARGEBACK' ELSE event_type END"""
# Mixed twice: once is a XOR of mixed fields, in which exchanged values could cancel.
_AT = "{salt}, x.cluster, x.topic, x.partition"
_CONTENT = "{salt}, x.uid, x.canonical_hash, x.type, x.currency, x.amount_minor, x.event_ts"
_MARKS = {
    "where": (f"hash({_AT})", ""),
    "carried": ("hash(hash({salt}, x.uid, x.copy, x.body_hash, x.canonical_hash))", ""),
    "buried": ("hash(hash({salt}, x.uid, x.copy, x.body_hash, x.reason))", ""),
    "content": (f"hash(hash({_CONTENT}))", ""),
    "placed": ("hash(hash(x.h_where, x.src_offset, x.uid, x.copy))", "where"),
    "landed": ("hash(hash(x.h_placed, x.body_hash))", "placed"),
    "passed": ("hash(hash(x.h_landed, x.canonical_hash))", "landed"),
}
# Rows whose id was destroyed are known by their bytes, as the planned invalid event that carries these.
_GRAVES = """(SELECT d.* REPLACE (coalesce(d.uid, i.uid) AS uid, coalesce(d.copy, i.copy) AS copy),
         d.uid AS own_uid
  FROM dlq_scan d LEFT JOIN planned_invalid i
    ON i.body_hash = CASE WHEN d.uid IS NULL THEN d.body_hash END) x"""


class Ledger(Protocol):
    """What the books need of an engine: statements, and answers as rows."""

    def run(self, sql: str) -> None: ...
    def ask(self, sql: str) -> list[tuple[Any, ...]]: ...


def marked(rows: str, marks: Iterable[str], salt: int) -> str:
    """Rows under the alias x, with a column h_<mark> for each mark and for those that it rests on."""
    wanted = set(marks)
    for name, (_, rests_on) in reversed(_MARKS.items()):
        if name in wanted and rests_on:
            wanted.add(rests_on)
    levels: dict[int, list[str]] = {}
    for name, (text, rests_on) in _MARKS.items():
        if name in wanted:
            level = _level(rests_on) if rests_on else 0
            levels.setdefault(level, []).append(f"{text.format(salt=salt)} AS h_{name}")
    for _, columns in sorted(levels.items()):
        rows = f"(SELECT x.*, {', '.join(columns)} FROM {rows}) x"
    return rows


def _level(name: str) -> int:
    rests_on = _MARKS[name][1]
    return 1 + (_level(rests_on) if rests_on else 0)


@dataclass(frozen=True)
class Entry:
    """What a source adds to one side of a book, per row: a mark of it."""

    book: str
    side: int
    mark: str
    only: str = "true"
    times: str = "1"  # how often

    def summed(self) -> str:
        h = f"x.h_{self.mark}" if self.times == "1" else f"x.h_{self.mark}::HUGEINT * x.{self.times}"
        only = "" if self.only == "true" else f" FILTER ({self.only})"
        return f"{self.side} * coalesce(sum({h}){only}, 0)::HUGEINT AS {self.book}"


@dataclass(frozen=True)
class Source:
    """Rows under the alias x, and what they add to books by place and to books by event."""

    name: str
    rows: str
    by_place: tuple[Entry, ...] = ()
    by_event: tuple[Entry, ...] = ()

    def entries(self, books: Collection[str]) -> list[Entry]:
        return [one for one in (*self.by_place, *self.by_event) if one.book in books]


_VALID, _INVALID = "x.class <> 'invalid'", "x.class = 'invalid'"
SOURCES = {
    one.name: one
    for one in (
        Source(
            "sent",
            "send x WHERE x.outcome = 'ACK' AND x.src_offset IS NOT NULL",
            (Entry("sent", 1, "placed"),),
        ),
        Source(
            "broker",
            "broker_scan x",
            (Entry("sent", -1, "placed", only="x.uid IS NOT NULL"), Entry("landed", 1, "landed")),
        ),
        Source("raw", "raw_scan x", (Entry("landed", -1, "landed"), Entry("passed", 1, "passed"))),
        Source(
            "load",
            "load_scan x",
            (Entry("passed", -1, "passed"), Entry("curated", 1, "placed")),
            (Entry("carried", 1, "carried"),),
        ),
        Source("dlq", "dlq_scan x", (Entry("passed", -1, "passed"),)),
        # A row without id that arrived is among these, or its place does not balance.
        Source("nameless", f"{_GRAVES} WHERE x.own_uid IS NULL", (Entry("sent", -1, "placed"),)),
        Source("graves", _GRAVES, (), (Entry("buried", 1, "buried"),)),
        Source(
            "curated",
            f"(SELECT *, {TYPE} AS type FROM curated_scan) x",
            (Entry("curated", -1, "placed"),),
            (Entry("content", 1, "content"),),
        ),
        Source("suppressed", "suppressed_scan x", (Entry("curated", -1, "placed"),)),
        Source(
            "intent",
            f"(SELECT *, {TYPE} AS type FROM intent) x",
            (),
            (
                Entry("carried", -1, "carried", only=_VALID),
                Entry("buried", -1, "buried", only=_INVALID),
                Entry("content", -1, "content", only=f"x.copy = 0 AND {_VALID}"),
            ),
        ),
        Source(
            "again",
            "(SELECT i.*, a.n FROM intent i JOIN resent a ON a.uid = i.uid AND a.copy = i.copy) x",
            (),
            (
                Entry("carried", -1, "carried", only=_VALID, times="n"),
                Entry("buried", -1, "buried", only=_INVALID, times="n"),
            ),
        ),
    )
}
AT_ONCE = ("raw", "load", "dlq", "suppressed")  # read by a statement each; with curated, which has groups
BY_BYTES = ("nameless", "graves")  # these rest on the table planned_invalid
_MONEY = "count(*) AS n_base, coalesce(sum(x.amount_minor), 0) AS sum_base"
_GROUP = f"x.type, x.currency, x.event_ts - x.event_ts % {HOUR_US} AS hour_us"


@dataclass
class Balance:
    """Makes the books of one recording; `salt` keys the hash."""

    ledger: Ledger
    salt: int
    books: Counter[str] = field(default_factory=Counter)  # by how much each is off
    nameless: dict[str, int] = field(default_factory=dict)  # rows without id, per source

    def add(self, *names: str) -> None:
        """Read these sources into the books."""
        for name in names:
            source = SOURCES[name]
            entries = (*source.by_place, *source.by_event)
            rows = marked(source.rows, (one.mark for one in entries), self.salt)
            sums = ", ".join(one.summed() for one in entries)
            ((without, *found),) = self.ledger.ask(f"SELECT count(*) - count(x.uid), {sums} FROM {rows}")
            self._entered(name, entries, without, found)

    def add_curated(self) -> None:
        """Curated too, and in passing its groups: count and money by type, currency and hour."""
        source = SOURCES["curated"]
        entries = (*source.by_place, *source.by_event)
        rows = marked(source.rows, (one.mark for one in entries), self.salt)
        sums = ", ".join(one.summed() for one in entries)
        self.ledger.run(f"""CREATE OR REPLACE TEMP TABLE curated_group AS
SELECT {_GROUP}, {_MONEY}, count(*) - count(x.uid) AS without, {sums} FROM {rows} GROUP BY ALL""")
        books = ", ".join(f"coalesce(sum({one.book}), 0)::HUGEINT" for one in entries)
        ((without, *found),) = self.ledger.ask(
            f"SELECT coalesce(sum(without), 0)::BIGINT, {books} FROM curated_group"
        )
        self._entered("curated", entries, without, found)

    def _entered(self, name: str, entries: Sequence[Entry], without: int, found: Sequence[int]) -> None:
        self.nameless[name] = int(without)
        for one, sum_ in zip(entries, found, strict=True):
            self.books[one.book] += int(sum_)

    def astray(self) -> None:
        """Make the tables off_place (partition, src_offset) and off_event (uid): what does not balance."""
        self.ledger.run("CREATE TEMP TABLE off_place (partition INTEGER, src_offset BIGINT)")
        self.ledger.run("CREATE TEMP TABLE off_event (uid BIGINT)")
        off = {book for book, sum_ in self.books.items() if sum_}
        if off & {"carried", "buried"}:
            self.ledger.run("""CREATE TEMP TABLE resent AS SELECT uid, copy, count(*) AS n FROM send
WHERE attempt <> 0 AND outcome = 'ACK' AND src_offset IS NOT NULL GROUP BY uid, copy""")
        self._drill("by_place", off, "x.partition AS k1, x.src_offset", PLACES_WIDE)
        self.ledger.run("INSERT INTO off_place SELECT k1, k2 FROM narrow_by_place")
        self._drill("by_event", off, "0 AS k1, x.uid", EVENTS_WIDE)
        self.ledger.run("INSERT INTO off_event SELECT k2 FROM narrow_by_event WHERE k2 IS NOT NULL")

    def base_groups(self) -> None:
        """Make the table base_group: of curated where it has the content of the plan, else of the plan."""
        rows = "(SELECT type, currency, hour_us, n_base, sum_base FROM curated_group) x"
        if self.books["content"]:
            rows = f"""(SELECT {_GROUP}, {_MONEY} FROM (SELECT *, {TYPE} AS type FROM intent) x
WHERE x.copy = 0 AND {_VALID} GROUP BY ALL) x"""
        self.ledger.run(f"CREATE TEMP TABLE base_group AS SELECT x.* FROM {rows}")

    def _drill(self, kind: str, off: Collection[str], key: str, width: int) -> None:
        """Make the table narrow_<kind>: by window, and where that differs by row."""
        books = sorted({e.book for s in SOURCES.values() for e in getattr(s, kind) if e.book in off})
        if not books:
            self.ledger.run(f"CREATE TEMP TABLE narrow_{kind} (k1 INTEGER, k2 BIGINT)")
            return
        self._differing(f"wide_{kind}", kind, books, f"{key} // {width} AS k2")
        k1, column = key.split(" AS k1, ")
        inside = f"({k1}, {column} // {width}) IN (SELECT (k1, k2) FROM wide_{kind})"
        self._differing(f"narrow_{kind}", kind, books, f"{key} AS k2", inside)

    def _differing(self, into: str, kind: str, books: Sequence[str], key: str, inside: str = "") -> None:
        """Make a table of the windows in which one of the books does not balance."""
        parts = []
        for source in SOURCES.values():
            entries = [one for one in getattr(source, kind) if one.book in books]
            if not entries:
                continue
            rows = f"(SELECT x.* FROM {source.rows}) x" + (f" WHERE {inside}" if inside else "")
            rows = marked(rows, (one.mark for one in entries), self.salt)
            self.ledger.run(f"""CREATE OR REPLACE TEMP TABLE sum_{source.name} AS
SELECT {key}, {", ".join(one.summed() for one in entries)} FROM {rows} GROUP BY ALL""")
            parts.append(f"SELECT * FROM sum_{source.name}")
        uneven = " OR ".join(f"coalesce(sum({book}), 0) <> 0" for book in books)
        self.ledger.run(f"""CREATE OR REPLACE TEMP TABLE {into} AS
SELECT k1, k2 FROM ({" UNION ALL BY NAME ".join(parts)}) u GROUP BY k1, k2 HAVING {uneven}""")
