"""Plan and sends, each read once as numbers: their side of the books, and what sums cannot tell of them.

Whatever does not fit into these numbers (an offset beyond 2^54, a negative uid) is left to the shared views.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from invariants.balance import CLASSES, DUPLICATE, INVALID, OTHER, TWIN, TYPE, VALID, marked
from invariants.order import PLACES, disordered, met
from invariants.shelf import Column, Ints, Shelf

COPIES = 8  # bits of a copy in an id
SPARSE = 64  # uids are looked up in a map where it has no more entries than that per row

_CODE = " ".join(f"WHEN '{name}' THEN {code}" for code, name in enumerate(CLASSES))


class Columns(Protocol):
    """What is needed of an engine: columns as arrays, in portions."""

    def arrays(self, sql: str) -> Iterator[tuple[Column, ...]]: ...


@dataclass
class Read:
    """What one reading of both tables tells."""

    books: Counter[str] = field(default_factory=Counter)  # what they add to each book
    open: list[Ints] = field(default_factory=list)  # uids that the views have to look at
    doubtful: list[Ints] = field(default_factory=list)  # hashes of keys that may be out of order
    invalid: list[tuple[Ints, Column, Ints]] = field(default_factory=list)  # uid, copy, body of such plans
    copied: int = 0  # planned events of which there are business duplicates
    twins: int = 0
    strange: bool = False  # a plan has an id that is no such number: these two do not count it


def total(hashes: Column) -> int:
    """The exact sum of 64-bit hashes."""
    halves = hashes.view(np.uint32)
    return int(halves[0::2].sum(dtype=np.uint64)) + (int(halves[1::2].sum(dtype=np.uint64)) << 32)


def read(engine: Columns, folder: Path, salt: int, planned: int, sent: int) -> Read:
    """Read send and intent once each; `folder` takes what is too much for memory."""
    return _Reading(engine, folder, salt, max(planned, sent)).all()


class _Reading:
    def __init__(self, engine: Columns, folder: Path, salt: int, rows: int) -> None:
        self.engine, self.folder, self.salt = engine, folder, salt
        self.rows = rows
        self.found = Read()

    def all(self) -> Read:
        first, again = self._shelf("first", 2), self._shelf("again", 2, few=True)
        plan, member = self._shelf("plan", 3), self._shelf("member", 4, few=True)
        self._plan(plan, member, _Followed(self._sends(first, again)))
        for resends, families in zip(again.take(), member.take(), strict=True):
            self._families(*resends, *families)
        by_key = self._shelf("key", 3)
        for planned, sent in zip(plan.take(), first.take(), strict=True):
            pair = met(planned, sent)
            self.found.open.append(pair.apart >> COPIES)
            by_key.put(pair.key, pair.key, pair.seq, pair.spot)
        for columns in by_key.take():
            self.found.doubtful.append(disordered(*columns))
        return self.found

    def _shelf(self, name: str, columns: int, few: bool = False) -> Shelf:
        return Shelf(self.folder, name, columns, rows=self.rows, low=COPIES, few=few)

    # -- sends ---------------------------------------------------------------------------------------------

    def _sends(self, first: Shelf, again: Shelf) -> list[Ints]:
        """The uids of which more than the ids is needed of the plan."""
        follow = []
        sql = f"""SELECT x.uid, x.copy, x.attempt,
       (x.outcome = 'ACK' AND x.src_offset IS NOT NULL)::UTINYINT AS there,
       x.h_where, coalesce(x.src_offset, 0) AS src_offset, x.h_placed
FROM {marked("send x", ("placed",), self.salt)}"""
        for uid, copy, attempt, there, where, offset, placed in self.engine.arrays(sql):
            fits, near = _fit(uid, copy), _within(offset, PLACES)
            id = (uid << COPIES) | copy
            spot = ((where.view(np.int64) & 255) << PLACES) | offset
            is_first = (there != 0) & (attempt == 0) & fits & near
            first.put(id[is_first], id[is_first], spot[is_first])
            others = np.flatnonzero(~is_first)
            self.found.books["sent"] += total(placed) - total(placed[others[there[others] == 0]])
            strange = (there == 0) | ~(fits & near) | (attempt < 0)
            self.found.open.append(uid[strange])
            others = others[(there[others] != 0) & fits[others] & (attempt[others] != 0)]
            again.put(id[others], id[others], attempt[others])
            follow += [uid[others], uid[copy != 0]]
        return follow

    # -- the plan ------------------------------------------------------------------------------------------

    def _plan(self, plan: Shelf, member: Shelf, followed: _Followed) -> None:
        rows = f"(SELECT *, {TYPE} AS type FROM intent) x"
        sql = f"""SELECT x.uid, x.copy, hash(x.key) AS key, x.seq, x.body_hash,
       CASE WHEN x.class = 'invalid' THEN x.h_buried ELSE x.h_carried END AS told, x.h_content,
       (CASE x.class {_CODE} ELSE {OTHER} END)::UTINYINT AS code,
       (x.canonical_hash IS NULL)::UTINYINT AS blank
FROM {marked(rows, ("carried", "buried", "content"), self.salt)}"""
        for uid, copy, key, seq, body, told, content, code, blank in self.engine.arrays(sql):
            fits = _fit(uid, copy)
            id = (uid << COPIES) | copy
            ids = (id, key.view(np.int64), seq)
            plan.put(*((id, *ids) if fits.all() else (column[fits] for column in (id, *ids))))
            unusual = (code != VALID) | (copy != 0)
            asked = (unusual | followed.has(uid)) & fits
            others = np.flatnonzero(unusual)
            kind = code[others]
            bad = others[kind == INVALID]
            self.found.invalid.append((uid[bad], copy[bad], body[bad]))
            self.found.twins += int((kind == TWIN).sum())
            self.found.open.append(uid[~fits | ((blank != 0) & (code != INVALID))])
            self.found.strange |= not fits.all()
            invalid = total(told[bad])
            no_base = others[(copy[others] != 0) | (kind == INVALID)]
            self.found.books["content"] -= total(content) - total(content[no_base])
            self.found.books["buried"] -= invalid
            self.found.books["carried"] -= total(told) - invalid
            asked = np.flatnonzero(asked)
            signed = (column.view(np.int64)[asked] for column in (told, content))
            member.put(id[asked], id[asked], code[asked], *signed)

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
        self.found.copied += len(np.unique(id[code == DUPLICATE] >> COPIES))
        for number in range(1, int(times.max(initial=0)) + 1):
            at, known = _found(id, ids[times >= number])
            at = at[known]
            for book, here in (("carried", code[at] != INVALID), ("buried", code[at] == INVALID)):
                self.found.books[book] -= total(np.ascontiguousarray(told[at[here]]).view(np.uint64))
        copies = np.flatnonzero(((id & ((1 << COPIES) - 1)) != 0) & (code != INVALID))
        base, known = _found(id, (id[copies] >> COPIES) << COPIES)
        like = known & (content[base] == content[copies]) & (code[base] != INVALID) if len(id) else known
        self.found.open.append(id[copies][~like] >> COPIES)


def _fit(uid: Ints, copy: Column) -> Column:
    """Which ids can be told by one number."""
    fits: Column = _within(uid, PLACES) & _within(copy, COPIES)
    return fits


def _within(values: Column, bits: int) -> Column:
    if values.min(initial=0) >= 0 and int(values.max(initial=0)) >> bits == 0:
        return np.ones(len(values), np.bool_)
    within: Column = (values >= 0) & (values >> bits == 0)
    return within


def _found(ids: Ints, wanted: Ints) -> tuple[Ints, Column]:
    """Where each wanted id is in the sorted ids, and whether it is there at all."""
    if not len(ids):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    at = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return at, ids[at] == wanted


class _Followed:
    """A set of uids that is asked about many at a time."""

    def __init__(self, uids: list[Ints]) -> None:
        self._uids = np.unique(np.concatenate([*uids, np.empty(0, np.int64)]))

    def has(self, uid: Ints) -> Column:
        low, high = int(uid.min(initial=0)), int(uid.max(initial=0))
        begin, end = np.searchsorted(self._uids, (low, high + 1))
        if high - low > SPARSE * len(uid) + (1 << 20):
            return _found(self._uids[begin:end], uid)[1]
        known = np.zeros(high - low + 1, np.bool_)
        known[self._uids[begin:end] - low] = True
        found: Column = known[uid - low]
        return found
