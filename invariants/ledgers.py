"""Plan, sends and broker, each read once as numbers: their sides of the books, and what sums cannot tell of them.

Whatever does not fit into these numbers (an offset beyond 2^54, a negative uid) is left to the shared views.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from invariants.balance import CLASSES, INVALID, OTHER, TYPE, VALID, marked
from invariants.order import PLACES, Met, disordered, met, repeated
from invariants.shelf import Column, Ints, Shelf, portions_for

COPIES = 8  # bits of a copy in an id
SPARSE = 64  # uids are looked up in a bit map where it has no more bits than that per row

_CODE = " ".join(f"WHEN '{name}' THEN {code}" for code, name in enumerate(CLASSES))
_FIRST_LOOK = "(x.outcome = 'ACK' AND x.src_offset IS NOT NULL)::UTINYINT AS there"
SPOT = "hash(x.h_where, x.src_offset)"


class Columns(Protocol):
    """What is needed of an engine: columns as arrays, in portions."""

    def arrays(self, sql: str) -> Iterator[tuple[Column, ...]]: ...


@dataclass
class Read:
    """What one reading of the three tables tells."""

    books: Counter[str] = field(default_factory=Counter)  # what they add to each book
    open: list[Ints] = field(default_factory=list)  # uids that the views have to look at
    doubtful: list[Ints] = field(default_factory=list)  # hashes of keys that may be out of order
    bodies: list[Ints] = field(default_factory=list)  # bytes that were planned more than once
    spots: list[Ints] = field(default_factory=list)  # hashes of places that the broker has more than once
    resent: list[tuple[Ints, Ints, Ints]] = field(default_factory=list)  # uid, copy, how often beside once
    peculiar: list[tuple[Column, ...]] = field(default_factory=list)  # uid, copy, class, body of unusual plans


def total(hashes: Column) -> int:
    """The exact sum of 64-bit hashes."""
    halves = hashes.view(np.uint32)
    return int(halves[0::2].sum(dtype=np.uint64)) + (int(halves[1::2].sum(dtype=np.uint64)) << 32)


def read(engine: Columns, folder: Path, salt: int, planned: int, sent: int, at_broker: int) -> Read:
    """Read send, intent and broker_scan once each; `folder` takes what is too much for memory."""
    return _Reading(engine, folder, salt, planned, sent, at_broker).all()


class _Reading:
    def __init__(
        self, engine: Columns, folder: Path, salt: int, planned: int, sent: int, at_broker: int
    ) -> None:
        self.engine, self.folder, self.salt = engine, folder, salt
        self.rows = {"intent": planned, "send": sent, "broker_scan": at_broker}
        self.portions = portions_for(max(planned, sent))
        self.found = Read()

    def all(self) -> Read:
        self._bodies()
        self._broker()
        plan, first = self._shelf("plan", 3, self.rows["intent"]), self._shelf("first", 2, self.rows["send"])
        again, member = self._shelf("again", 2, 0), self._shelf("member", 4, 0)
        self._sends(first, again)
        self._plan(plan, member, _Followed(self._follow, self.rows["intent"]))
        del self._follow
        for number in range(self.portions):
            self._families(*again.take(number), *member.take(number))
        self._order(plan, first)
        return self.found

    def _shelf(self, name: str, columns: int, rows: int) -> Shelf:
        return Shelf(self.folder, name, [np.int64] * columns, rows=rows, portions=self.portions)

    # -- bytes and places must be unique by themselves: sums agree where a row is twice on both sides --------

    def _bodies(self) -> None:
        self.found.bodies += self._twice("SELECT body_hash FROM intent", "intent")

    def _broker(self) -> None:
        rows = marked("broker_scan x", ("landed",), self.salt)
        sql = f"""SELECT {SPOT} AS spot, CASE WHEN x.uid IS NULL THEN 0 ELSE x.h_placed END AS sent,
       x.h_landed AS landed FROM {rows}"""
        self.found.spots += self._twice(sql, "broker_scan", (("sent", -1), ("landed", 1)))

    def _twice(self, sql: str, table: str, books: tuple[tuple[str, int], ...] = ()) -> list[Ints]:
        rows = self.rows[table]
        shelf = Shelf(self.folder, table, [np.int64], rows=rows, portions=portions_for(rows))
        for values, *hashes in self.engine.arrays(sql):
            shelf.put(values, values.view(np.int64))
            for (book, side), column in zip(books, hashes, strict=True):
                self.found.books[book] += side * total(column)
        return [repeated(shelf.take(number)[0]) for number in range(portions_for(rows))]

    # -- sends ---------------------------------------------------------------------------------------------

    def _sends(self, first: Shelf, again: Shelf) -> None:
        self._follow: list[Ints] = []  # uids of which more than the ids is needed of the plan
        sql = f"""SELECT x.uid, x.copy::BIGINT AS copy, x.attempt::BIGINT AS attempt, {_FIRST_LOOK},
       (x.h_where & 255)::BIGINT AS place, coalesce(x.src_offset, 0) AS src_offset, x.h_placed
FROM {marked("send x", ("placed",), self.salt)}"""
        for uid, copy, attempt, there, place, offset, placed in self.engine.arrays(sql):
            there = there != 0
            fits, beyond = _fit(uid, copy), (offset < 0) | (offset >> PLACES != 0)
            self.found.books["sent"] += total(placed if there.all() else placed[there])
            self.found.open.append(uid[~there | ~fits | beyond | (attempt < 0)])
            id, spot = (uid << COPIES) | copy, (place << PLACES) | np.where(beyond, 0, offset)
            then = there & fits & (attempt == 0)
            first.put(uid[then], id[then], spot[then])
            then = there & fits & (attempt != 0)
            again.put(uid[then], id[then], attempt[then])
            self._follow.append(uid[then | (fits & (copy != 0))])

    # -- the plan ------------------------------------------------------------------------------------------

    def _plan(self, plan: Shelf, member: Shelf, followed: _Followed) -> None:
        rows = f"(SELECT *, {TYPE} AS type FROM intent) x"
        sql = f"""SELECT x.uid, x.copy::BIGINT AS copy, hash(x.key) AS key, x.seq, x.body_hash,
       (CASE x.class {_CODE} ELSE {OTHER} END)::UTINYINT AS code,
       CASE WHEN x.class = 'invalid' THEN x.h_buried ELSE x.h_carried END AS told, x.h_content,
       (x.canonical_hash IS NULL)::UTINYINT AS blank
FROM {marked(rows, ("carried", "buried", "content"), self.salt)}"""
        for uid, copy, key, seq, body, code, told, content, blank in self.engine.arrays(sql):
            fits = _fit(uid, copy)
            self.found.open.append(uid[~fits | ((blank != 0) & (code != INVALID))])
            id = (uid << COPIES) | copy
            plan.put(uid[fits], id[fits], key.view(np.int64)[fits], seq[fits])
            unusual = (code != VALID) | (copy != 0)
            self.found.peculiar.append((uid[unusual], copy[unusual], code[unusual], body[unusual]))
            base, invalid = total(content) - total(content[unusual]), total(told[code == INVALID])
            self.found.books["content"] -= base + total(content[unusual & (code != INVALID) & (copy == 0)])
            self.found.books["buried"] -= invalid
            self.found.books["carried"] -= total(told) - invalid
            here = fits & (unusual | followed.has(uid))
            member.put(
                uid[here], id[here], code[here].astype(np.int64), told.view(np.int64)[here],
                content.view(np.int64)[here],
            )

    # -- resends and copies ----------------------------------------------------------------------------------

    def _families(self, again: Ints, attempt: Ints, id: Ints, code: Ints, told: Ints, content: Ints) -> None:
        """Rows of the plan once more for each resend; and copies have the content of their first."""
        order = np.lexsort((attempt, again))
        again, attempt = again[order], attempt[order]
        twice = (again[1:] == again[:-1]) & (attempt[1:] == attempt[:-1])
        self.found.open.append(again[1:][twice] >> COPIES)
        order = np.argsort(id, kind="stable")
        id, code, told, content = id[order], code[order], told[order], content[order]
        ids, times = np.unique(again, return_counts=True)
        self.found.resent.append((ids >> COPIES, ids & ((1 << COPIES) - 1), times))
        for number in range(1, int(times.max(initial=0)) + 1):
            at, known = _found(id, ids[times >= number])
            at = at[known]
            for book, here in (("carried", code[at] != INVALID), ("buried", code[at] == INVALID)):
                self.found.books[book] -= total(np.ascontiguousarray(told[at[here]]).view(np.uint64))
        copies = np.flatnonzero(((id & ((1 << COPIES) - 1)) != 0) & (code != INVALID))
        base, known = _found(id, (id[copies] >> COPIES) << COPIES)
        like = known & (content[base] == content[copies]) & (code[base] != INVALID) if len(id) else known
        self.found.open.append(id[copies][~like] >> COPIES)

    # -- who met whom, and in which order ----------------------------------------------------------------------

    def _order(self, plan: Shelf, first: Shelf) -> None:
        if self.portions == 1:
            pair = self._met(plan, first, 0)
            self.found.doubtful.append(disordered(pair.key, pair.seq, pair.spot))
            return
        by_key = self._shelf("key", 3, self.rows["send"])
        for number in range(self.portions):
            pair = self._met(plan, first, number)
            by_key.put(pair.key, pair.key, pair.seq, pair.spot)
        for number in range(self.portions):
            self.found.doubtful.append(disordered(*by_key.take(number)))

    def _met(self, plan: Shelf, first: Shelf, number: int) -> Met:
        pair = met(*plan.take(number), *first.take(number))
        self.found.open.append(pair.apart >> COPIES)
        return pair


def _fit(uid: Ints, copy: Ints) -> Column:
    fits: Column = (uid >= 0) & (uid >> PLACES == 0) & (copy >= 0) & (copy >> COPIES == 0)
    return fits


def _found(ids: Ints, wanted: Ints) -> tuple[Ints, Column]:
    """Where each wanted id is in the sorted ids, and whether it is there at all."""
    if not len(ids):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    at = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return at, ids[at] == wanted


class _Followed:
    """A set of uids that is asked about many at a time."""

    def __init__(self, uids: list[Ints], rows: int) -> None:
        self._uids = np.unique(np.concatenate([*uids, np.empty(0, np.int64)]))
        self._low = int(self._uids.min(initial=0))
        self._wide = int(self._uids.max(initial=0)) - self._low + 1
        self._bits = np.zeros(0, np.uint8)
        if len(self._uids) and self._wide <= SPARSE * rows + (1 << 20):
            self._bits = np.zeros((self._wide >> 3) + 1, np.uint8)
            at = self._uids - self._low
            octet = at >> 3
            begin = np.flatnonzero(np.concatenate([[True], octet[1:] != octet[:-1]]))
            self._bits[octet[begin]] = np.bitwise_or.reduceat(_bit(at), begin)

    def has(self, uid: Ints) -> Column:
        if not len(self._bits):
            return _found(self._uids, uid)[1]
        at = uid - self._low
        inside = (at >= 0) & (at < self._wide)
        at = np.where(inside, at, 0)
        found: Column = inside & ((self._bits[at >> 3] & _bit(at)) != 0)
        return found


def _bit(at: Ints) -> Column:
    return np.left_shift(np.uint8(1), (at & 7).astype(np.uint8))
