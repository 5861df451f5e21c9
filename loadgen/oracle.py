"""What must become of each event, worked out from its bytes: knows the contract, none of the transforms."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from loadgen.hashes import canonical_hash

CANONICAL_TYPES = {
    "payment_authorized": "AUTHORIZATION",
    "payment_captured": "CAPTURE",
    "refund_issued": "REFUND",
    "chargeback_created": "CHARGEBACK",
}
_CURRENCIES = frozenset(("USD", "EUR", "GBP", "JPY", "CHF", "SEK", "BRL", "INR"))
_AMOUNT_MAX = 10**12
_EVENT_ID_MAX = 128
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# Name, type, required; in the order of the contract.
_FIELDS: tuple[tuple[str, type, bool], ...] = (
    ("event_id", str, True),
    ("event_type", str, True),
    ("payment_id", str, True),
    ("merchant_id", str, True),
    ("account_id", str, True),
    ("card_token", str, True),
    ("amount_cents", int, True),
    ("currency", str, True),
    ("event_ts", str, True),
    ("lifecycle_ref", str, False),
    ("corrects_ref", str, False),
    ("correction_seq", int, False),
    ("trace_id", str, False),
    ("payload", dict, False),
)


class Fact(NamedTuple):
    """The business fields of a valid event."""

    event_type: str  # canonical
    payment_id: str
    merchant_id: str
    account_id: str
    card_token: str
    lifecycle_ref: str | None
    corrects_ref: str | None
    correction_seq: int | None
    amount_minor: int
    currency: str
    event_ts_us: int

    @property
    def canonical_hash(self) -> int:
        return canonical_hash(*self)

    @property
    def identity(self) -> tuple[Any, ...]:
        """Two events with the same identity are one fact."""
        lifecycle, corrects = self.lifecycle_ref or "", self.corrects_ref or ""
        return (*self.likeness, lifecycle, self.event_ts_us, corrects, self.correction_seq)

    @property
    def likeness(self) -> tuple[Any, ...]:
        """Two facts that look alike and are two: twins."""
        return (self.payment_id, self.event_type, self.amount_minor, self.currency)


class Judgement(NamedTuple):
    """Of one (uid, copy)."""

    cls: str  # "valid" | "dup_of" | "twin_of" | "invalid"
    reason: str | None
    ref_uid: int | None
    survivor_ref: int | None
    lateness_us: int
    canonical_hash: int | None


def read(wire: bytes) -> Fact | str:
    """The fact, or the reason why the contract refuses these bytes: its first error."""
    try:
        body = json.loads(wire.decode("utf-8"), parse_constant=_no_constant)
    except ValueError:  # not UTF-8, not JSON, or NaN or Infinity within
        return "undecodable"
    if not isinstance(body, dict):
        return "undecodable"
    for name, kind, required in _FIELDS:
        value = body.get(name)
        if value is None:
            if required:
                return f"missing_field:{name}"
            continue
        if not isinstance(value, kind) or isinstance(value, bool):
            return f"wrong_type:{name}"
        if required and not _in_domain(name, value):
            return f"bad_value:{name}"
    stamp = microseconds(body["event_ts"])
    assert stamp is not None  # its domain was tested
    return Fact(
        CANONICAL_TYPES[body["event_type"]],
        body["payment_id"],
        body["merchant_id"],
        body["account_id"],
        body["card_token"],
        body.get("lifecycle_ref"),
        body.get("corrects_ref"),
        body.get("correction_seq"),
        body["amount_cents"],
        body["currency"],
        stamp,
    )


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _in_domain(name: str, value: Any) -> bool:
    if name == "amount_cents":
        return bool(0 <= value <= _AMOUNT_MAX)
    if name == "event_type":
        return value in CANONICAL_TYPES
    if name == "currency":
        return value in _CURRENCIES
    if name == "event_ts":
        return microseconds(value) is not None
    if name == "event_id":
        return 1 <= len(value) <= _EVENT_ID_MAX
    return len(value) > 0


def microseconds(stamp: str) -> int | None:
    """Since 1970, of a time in exactly the contract's form."""
    if not _STAMP.fullmatch(stamp):
        return None
    try:
        return (datetime.fromisoformat(stamp) - _EPOCH) // _MICROSECOND
    except ValueError:  # no such day or hour
        return None


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
            looks_like.setdefault(reading.likeness, uid)
    seen: set[tuple[Any, ...]] = set()
    judgements = []
    for uid, reading, due, planned in zip(uids, readings, dues_us, planned_ts_us, strict=True):
        if isinstance(reading, str):
            judgements.append(Judgement("invalid", reading, None, None, due - planned, None))
            continue
        survivor, twin = first_of[reading.identity], looks_like[reading.likeness]
        cls, ref = "valid", None
        if reading.identity in seen:
            cls, ref = "dup_of", survivor
        elif twin != uid:
            cls, ref = "twin_of", twin
        seen.add(reading.identity)
        lateness = due - reading.event_ts_us
        judgements.append(Judgement(cls, None, ref, survivor, lateness, reading.canonical_hash))
    return judgements
