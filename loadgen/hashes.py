"""The harness's own hashes of an event: of its bytes, and of its business fields."""

from __future__ import annotations

import xxhash


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def body_hash(wire: bytes) -> int:
    """Of the bytes on the wire, as a signed 64-bit number."""
    return _signed(xxhash.xxh3_64_intdigest(wire))


def canonical_hash(
    event_type: str,
    payment_id: str,
    merchant_id: str,
    account_id: str,
    card_token: str,
    lifecycle_ref: str | None,
    corrects_ref: str | None,
    correction_seq: int | None,
    amount_minor: int,
    currency: str,
    event_ts_us: int,
) -> int:
    """Of the business fields, `event_type` being the canonical one; never of what the pipeline stamped."""
    sequence = "" if correction_seq is None else correction_seq
    text = (
        f"{event_type}|{payment_id}|{merchant_id}|{account_id}|{card_token}|{lifecycle_ref or ''}|"
        f"{corrects_ref or ''}|{sequence}|{amount_minor}|{currency}|{event_ts_us}"
    )
    return _signed(xxhash.xxh3_64_intdigest(text.encode()))
