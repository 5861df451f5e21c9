"""What must be there once, for sums agree where a row is twice on both sides: bytes and places."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from invariants.balance import marked
from invariants.ledgers import Columns, total
from invariants.shelf import AT_ONCE, Ints, Shelf

SPOT = "hash(x.h_where, x.src_offset)"


@dataclass
class Twice:
    """What was found more than once, and what the broker adds to the books."""

    bodies: Ints
    spots: Ints  # hashes of places
    books: Counter[str] = field(default_factory=Counter)


def twice(engine: Columns, folder: Path, salt: int, planned: int, at_broker: int) -> Twice:
    """Read the bytes of the plan, and broker_scan."""
    bodies = Shelf(folder, "bodies", 1, rows=planned, portion=AT_ONCE)
    for (values,) in engine.arrays("SELECT body_hash FROM intent"):
        bodies.put(values, values)
    found = Twice(_repeated(bodies), np.empty(0, np.int64))
    spots = Shelf(folder, "spots", 1, rows=at_broker, portion=AT_ONCE)
    sql = f"""SELECT {SPOT} AS spot, CASE WHEN x.uid IS NULL THEN 0 ELSE x.h_placed END AS sent,
       x.h_landed AS landed FROM {marked("broker_scan x", ("landed",), salt)}"""
    for spot, sent, landed in engine.arrays(sql):
        spots.put(spot.view(np.int64), spot.view(np.int64))
        found.books["sent"] -= total(sent)
        found.books["landed"] += total(landed)
    found.spots = _repeated(spots)
    return found


def _repeated(shelf: Shelf) -> Ints:
    return np.concatenate([_more_than_once(values) for (values,) in shelf.take()])


def _more_than_once(values: Ints) -> Ints:
    values.sort()
    return np.unique(values[1:][values[1:] == values[:-1]])
