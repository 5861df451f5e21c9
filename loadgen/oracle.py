"""What must become of each event, worked out from its bytes: knows the contracts, none of the transforms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from loadgen.contract import Fact, read


class Judgement(NamedTuple):
    """Of one (uid, copy)."""

    cls: str  # "valid" | "dup_of" | "twin_of" | "corrects" | "invalid"
    reason: str | None
    ref_uid: int | None
    survivor_ref: int | None
    lateness_us: int
    canonical_hash: int | None


def judge(
    uids: Sequence[int], wires: Sequence[bytes], dues_us: Sequence[int], planned_ts_us: Sequence[int]
) -> list[Judgement]:
    """Rows of whole payments, in order of (uid, copy) within an event.

    `planned_ts_us` serves only where the bytes hold no readable time, for the lateness of an invalid event.
    """
    readings = [read(wire) for wire in wires]
    first_of: dict[tuple[Any, ...], int] = {}
    looks_like: dict[tuple[Any, ...], int] = {}
    for uid, reading in sorted(zip(uids, readings, strict=True), key=lambda pair: pair[0]):
        if isinstance(reading, Fact):
            first_of.setdefault(reading.identity, uid)
            if not reading.corrects:
                looks_like.setdefault(reading.likeness, uid)
    seen: set[tuple[Any, ...]] = set()
    judgements = []
    for uid, reading, due, planned in zip(uids, readings, dues_us, planned_ts_us, strict=True):
        if isinstance(reading, str):
            judgements.append(Judgement("invalid", reading, None, None, due - planned, None))
            continue
        survivor, twin = first_of[reading.identity], looks_like.get(reading.likeness, uid)
        cls, ref = "valid", None
        if reading.identity in seen:
            cls, ref = "dup_of", survivor
        elif reading.corrects:
            cls = "corrects"
        elif twin != uid:
            cls, ref = "twin_of", twin
        seen.add(reading.identity)
        lateness = due - reading.event_ts_us
        judgements.append(Judgement(cls, None, ref, survivor, lateness, reading.canonical_hash))
    return judgements
