"""Names that mean another invariant: anomaly definitions that the catalogue judges under an id of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Alias:
    """What a definition is called, and the invariants that judge it."""

    says: str
    same_as: tuple[str, ...]


ALIASES: Mapping[str, Alias] = {
    "AN1": Alias("stage lost: committed at the hop before, overtaken or drained, and not here", ("Z2", "Z1")),
    "AN4": Alias("phantom: an id that was never attempted", ("Z7",)),
    "AN9": Alias("order per key, where it is claimed", ("O3",)),
    "AN10": Alias("torn batch: a reader sees a part of what is atomic", ("A1",)),
    "AN13": Alias("unaccounted late: nothing is dropped as late, and the books balance", ("Z6", "P1")),
    "AN15": Alias("stale: from when an event is known to when every read sees it", ("F1", "F2", "F3", "O2")),
    "AN16": Alias("recovery time, by four clocks", ("R1", "L1")),
    "AN17": Alias("recovery point, finally and at its worst instant", ("R2",)),
    "AN20": Alias("vacuity: faults confirmed, tags and operations tried often enough", ("H0", "H1", "LG12")),
}
