"""Bytes at the broker to the columns of `broker_bytes`: what each event says by itself, without any plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import xxhash

from loadgen.contract import KNOWN, reading
from loadgen.hashes import body_hash

_PACKED_TOGETHER = 100  # about what a producer's batch holds


def facts_of_bodies(bodies: Sequence[bytes]) -> dict[str, list[Any]]:
    """One entry per body and column; NULL where the bytes do not tell."""
    rows = [_facts(body) for body in bodies]
    columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in _facts(b"")}
    return columns | {"size": [len(body) for body in bodies], "packed": _packed(bodies)}


def _facts(wire: bytes) -> dict[str, Any]:
    found = reading(wire)
    body, fact = found.body, found.fact
    known = KNOWN[found.dialect] if found.dialect else frozenset()
    event_id = body.get("event_id")
    return {
        "dialect": found.dialect,
        "event_type": fact.event_type if fact else None,
        "merchant_id": fact.merchant_id if fact else None,
        "rail": body["rail"] if fact and found.dialect == "DR" else None,
        "reason": found.reason,
        "additive": bool(found.dialect and any(name not in known for name in body)),
        "corrects": bool(fact and fact.corrects),
        "body_hash": body_hash(wire),
        "event_id_hash": _hash(event_id) if fact else None,
        "payment_hash": _hash(fact.payment_id) if fact else None,
        "fact_hash": _hash(fact.identity) if fact else None,
        "likeness_hash": _hash(fact.likeness) if fact else None,
        "event_ts": fact.event_ts_us if fact else None,
    }


def _hash(value: Any) -> int:
    return xxhash.xxh3_64_intdigest(repr(value).encode()) - (1 << 63)


def _packed(bodies: Sequence[bytes]) -> list[float]:
    """Each body's part of its batch after lz4."""
    codec = pa.Codec("lz4")
    parts: list[float] = []
    for start in range(0, len(bodies), _PACKED_TOGETHER):
        batch = bodies[start : start + _PACKED_TOGETHER]
        whole = b"".join(batch)
        ratio = len(codec.compress(whole)) / len(whole) if whole else 0.0
        parts += [len(body) * ratio for body in batch]
    return parts
