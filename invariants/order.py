"""Two questions that sums cannot answer, by sorting bare numbers: what occurs twice, and what is out of order."""

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


def repeated(engine: Columns, value: str, rows: str, count: int) -> Ints:
    """The values (64-bit integers, spread evenly) that more than one of the rows has."""
    passes = -(-count // AT_ONCE) or 1
    found = []
    for number in range(passes):
        only = "" if passes == 1 else f" WHERE ({value}) & 1023 % {passes} = {number}"
        parts = [part[0] for part in engine.arrays(f"SELECT {value} AS v FROM {rows}{only}")]
        values = np.concatenate(parts).view(np.int64) if parts else np.zeros(0, np.int64)
        del parts
        values.sort()
        found.append(np.unique(values[1:][values[1:] == values[:-1]]))
    return np.concatenate(found)


def disordered(engine: Columns, rows: str, count: int) -> Ints:
    """Keys whose offsets may not follow their sequence; `rows` yields key, place (hashes), seq, src_offset.

    Every key that offends is among them; a key that shares its hash with another may be among them too.
    """
    buckets = -(-count // AT_ONCE) or 1
    if buckets == 1:
        return _inverted(*_whole(engine.arrays(rows)))
    with tempfile.TemporaryDirectory(prefix="gameday-judge-") as folder:
        files = [Path(folder) / str(number) for number in range(buckets)]
        for part in engine.arrays(rows):
            columns = np.stack([column.view(np.int64) for column in part], axis=1)
            bucket = (columns[:, 0] & 1023) % buckets
            for number, file in enumerate(files):
                with file.open("ab") as out:
                    columns[bucket == number].tofile(out)
        return np.concatenate([_inverted(*_of(file)) for file in files])


def _whole(parts: Iterator[tuple[Ints, ...]]) -> tuple[Ints, ...]:
    """One array per column; the portions are let go as soon as they are copied."""
    kept = [tuple(column.view(np.int64) for column in part) for part in parts]
    if not kept:
        return tuple(np.zeros(0, np.int64) for _ in range(4))
    return tuple(np.concatenate(column) for column in zip(*kept, strict=True))


def _of(file: Path) -> tuple[Ints, ...]:
    table = np.fromfile(file, dtype=np.int64).reshape(-1, 4)
    return tuple(np.ascontiguousarray(table[:, number]) for number in range(4))


def _inverted(key: Ints, place: Ints, seq: Ints, offset: Ints) -> Ints:
    """Rows side by side by key, in the order in which they came: almost always that order is a witness."""
    if len(key) < 2:
        return key[:0]
    bits = int(len(key)).bit_length()
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


def _checked(key: Ints, place: Ints, seq: Ints, offset: Ints) -> Ints:
    """The same for the few rows that no order of arrival vouches for."""
    order = np.lexsort((offset, seq, place, key))
    key, place, seq, offset = key[order], place[order], seq[order], offset[order]
    same = (key[1:] == key[:-1]) & (place[1:] == place[:-1])
    falling = (offset[1:] <= offset[:-1]) | (seq[1:] == seq[:-1])
    return np.unique(key[1:][same & falling])
