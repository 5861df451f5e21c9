"""Two questions that sums cannot answer, by sorting numbers: what occurs twice, and what is out of order."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

AT_ONCE = 24_000_000  # numbers sorted at a time: 0.2 GB

Ints = npt.NDArray[np.int64]


class Columns(Protocol):
    """What is needed of an engine: columns as arrays, in portions."""

    def arrays(self, sql: str) -> Iterator[tuple[npt.NDArray[Any], ...]]: ...
    def ask(self, sql: str) -> list[tuple[Any, ...]]: ...


def repeated(engine: Columns, value: str, rows: str, count: int) -> Ints:
    """The values (64-bit integers, spread evenly) that more than one of the rows has."""
    passes = -(-count // AT_ONCE) or 1
    found = []
    for number in range(passes):
        only = "" if passes == 1 else f" WHERE ({value}) & 1023 % {passes} = {number}"
        parts = [part[0] for part in engine.arrays(f"SELECT {value} AS v FROM {rows}{only}")]
        values = np.concatenate([_signed(part) for part in parts]) if parts else np.zeros(0, np.int64)
        del parts
        values.sort()
        found.append(np.unique(values[1:][values[1:] == values[:-1]]))
    return np.concatenate(found)


# Places are told apart by eight bits: two that share them are compared as one, which can only add a doubt.
_PLACE = "(hash(s.cluster, s.topic, s.partition) & 255)::UTINYINT AS place"
_FIRST = "s.attempt = 0 AND s.outcome = 'ACK' AND s.src_offset IS NOT NULL"
_PLANNED = "SELECT {id} AS id, hash(i.key) AS key, i.seq FROM intent i"
_SENT = f"SELECT {{id}} AS id, {_PLACE}, s.src_offset FROM send s WHERE {_FIRST}"
_BOTH = f"""SELECT hash(i.key) AS key, {_PLACE}, i.seq, s.src_offset
FROM send s JOIN intent i ON i.uid = s.uid AND i.copy = s.copy WHERE {_FIRST}"""
_EXTENT = """SELECT min(uid), max(uid), min(copy), max(copy) FROM (
  SELECT uid, copy FROM intent UNION ALL SELECT uid, copy FROM send) e"""


def disordered(engine: Columns, planned: int, sent: int) -> Ints:
    """Hashes of the keys whose offsets may not follow their sequence.

    Every key that offends is among them; a key that shares its hash with another may be among them too.
    """
    if min(planned, sent) == 0:
        return np.zeros(0, np.int64)
    if max(planned, sent) <= AT_ONCE:
        low, high, least, most = engine.ask(_EXTENT)[0]
        bits = max(planned, sent).bit_length()
        if least >= 0 and ((high - low + 1) * (most + 1)).bit_length() + bits <= 62:
            id = f"({{0}}.uid - {low}) * {most + 1} + {{0}}.copy"
            return _inverted(*_joined(engine, id, bits, planned, sent))
        return _inverted(*_whole(engine.arrays(_BOTH), sent, _FOUR))
    return _by_buckets(engine, -(-max(planned, sent) // AT_ONCE))


def _by_buckets(engine: Columns, buckets: int) -> Ints:
    """The same through files, a share of the keys at a time."""
    with tempfile.TemporaryDirectory(prefix="gameday-judge-") as folder:
        files = [Path(folder) / str(number) for number in range(buckets)]
        for file in files:
            file.touch()
        for part in engine.arrays(_BOTH):
            columns = np.stack([_signed(column) for column in part], axis=1)
            bucket = (columns[:, 0] & 1023) % buckets
            for number, file in enumerate(files):
                with file.open("ab") as out:
                    columns[bucket == number].tofile(out)
        found = [_inverted(*_of(file)) for file in files]
    return np.concatenate(found)


_FOUR = (np.int64, np.uint8, np.int64, np.int64)


def _signed(column: npt.NDArray[Any]) -> Ints:
    return column.view(np.int64) if column.dtype == np.uint64 else column.astype(np.int64)


def _whole(
    parts: Iterator[tuple[npt.NDArray[Any], ...]], at_most: int, types: tuple[Any, ...]
) -> tuple[npt.NDArray[Any], ...]:
    """One array per column, filled portion by portion: a join may bring more rows than were counted."""
    whole = [np.empty(at_most, kind) for kind in types]
    end = 0
    for part in parts:
        begin, end = end, end + len(part[0])
        for number, piece in enumerate(part):
            if end > len(whole[number]):
                whole[number] = np.concatenate([whole[number][:begin], np.empty(end, types[number])])
            whole[number][begin:end] = piece.view(np.int64) if piece.dtype == np.uint64 else piece
    return tuple(column[:end] for column in whole)


def _joined(engine: Columns, id: str, bits: int, planned: int, sent: int) -> tuple[npt.NDArray[Any], ...]:
    """Key, place, sequence and offset of each attempt, in the order of sending."""
    ids, key, seq = _whole(engine.arrays(_PLANNED.format(id=id.format("i"))), planned, _FOUR[:1] * 3)
    ids, at = _sorted_with_places(ids, bits)
    key, seq = key[at], seq[at]
    sent_ids, place, offset = _whole(
        engine.arrays(_SENT.format(id=id.format("s"))), sent, (np.int64, np.uint8, np.int64)
    )
    sent_ids, at = _sorted_with_places(sent_ids, bits)
    if not np.array_equal(ids, sent_ids):
        known = np.minimum(np.searchsorted(ids, sent_ids), len(ids) - 1)
        met = ids[known] == sent_ids
        key, seq, at = key[known[met]], seq[known[met]], at[met]
    del ids, sent_ids
    order = np.argsort(at, kind="stable") if len(at) < len(offset) else None
    if order is not None:
        at = at[order]
        return key[order], place[at], seq[order], offset[at]
    return _scattered(key, at), place, _scattered(seq, at), offset


def _scattered(values: Ints, at: Ints) -> Ints:
    placed = np.empty_like(values)
    placed[at] = values
    return placed


def _sorted_with_places(ids: Ints, bits: int) -> tuple[Ints, Ints]:
    """The ids in order, and where each of them stood: one sort of bare numbers, in place."""
    ids <<= bits
    ids |= np.arange(len(ids), dtype=np.int64)
    ids.sort()
    at = ids & ((1 << bits) - 1)
    ids >>= bits
    return ids, at


def _of(file: Path) -> tuple[Ints, ...]:
    table = np.fromfile(file, dtype=np.int64).reshape(-1, 4)
    return tuple(np.ascontiguousarray(table[:, number]) for number in range(4))


def _inverted(key: Ints, place: npt.NDArray[Any], seq: Ints, offset: Ints) -> Ints:
    """Rows side by side by key, in the order in which they came: almost always that order is a witness."""
    if len(key) < 2:
        return key[:0]
    bits = len(key).bit_length()
    low = np.int64((1 << bits) - 1)
    packed = (key & ~low) | np.arange(len(key), dtype=np.int64)
    packed.sort()
    group, order = packed & ~low, packed & low
    del packed
    same = group[1:] == group[:-1]
    rising = np.ones(len(same), dtype=np.bool_)
    for column in (seq, offset):
        column = column[order]
        rising &= column[1:] > column[:-1]
    moved = place[order]
    rising &= moved[1:] == moved[:-1]
    doubtful = np.unique(group[1:][same & ~rising])
    if not len(doubtful):
        return key[:0]
    here = np.isin(key & ~low, doubtful)
    return _checked(key[here], place[here], seq[here], offset[here])


def _checked(key: Ints, place: npt.NDArray[Any], seq: Ints, offset: Ints) -> Ints:
    """The same for the few rows that no order of arrival vouches for."""
    order = np.lexsort((offset, seq, place, key))
    key, place, seq, offset = key[order], place[order], seq[order], offset[order]
    same = (key[1:] == key[:-1]) & (place[1:] == place[:-1])
    falling = (offset[1:] <= offset[:-1]) | (seq[1:] == seq[:-1])
    return np.unique(key[1:][same & falling])
