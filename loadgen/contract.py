"""The producers' contracts as the harness knows them: wire bytes to a fact, or the first reason against.

Read by the oracle and by the scans. It shares nothing with what makes the bytes, nor with the pipeline.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from loadgen.hashes import canonical_hash

Body = Mapping[str, Any]

_EXPONENTS = {"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0, "CHF": 2, "SEK": 2, "BRL": 2, "INR": 2}
_MINOR_MAX = 10**12
_EVENT_ID_MAX = 128
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_DECIMAL = re.compile(r"\d{1,13}(\.\d{1,6})?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_REFERENCES = ("network_ref", "capture_id", "refund_id", "case_id")

# Name, sort, required; in the order of the contract. A sort with a colon lists the words that may occur.
Field = tuple[str, str, bool]
_LAST: tuple[Field, ...] = (
    ("corrects_ref", "text", False),
    ("correction_seq", "integer", False),
    ("trace_id", "text", False),
)
_CURRENCY: Field = ("currency", "word:" + " ".join(_EXPONENTS), True)
# Only behind the currency is it known how many decimals an amount may have.
_MONEY: tuple[Field, ...] = (_CURRENCY, ("amount", "exact", True), ("event_ts", "time", True))
_STEPS: tuple[Field, ...] = tuple((name, "text", False) for name in _REFERENCES)

_CONTRACTS: Mapping[str, tuple[Field, ...]] = {
    "DEDUP": (
        ("event_id", "id", True),
        ("event_type", "word:payment_authorized payment_captured refund_issued chargeback_created", True),
        *((name, "text", True) for name in ("payment_id", "merchant_id", "account_id", "card_token")),
        ("amount_cents", "cents", True),
        _CURRENCY,
        ("event_ts", "time", True),
        ("lifecycle_ref", "text", False),
        *_LAST,
        ("payload", "object", False),
    ),
    "DR": (
        ("event_id", "id", True),
        ("event_type", "word:authorization clearing refund chargeback", True),
        ("schema_version", "integer", False),
        ("rail", "word:CARD ACH", True),
        *(
            (name, "text", True)
            for name in ("payment_id", "merchant_id", "account_id", "wallet_id", "card_token")
        ),
        ("amount", "decimal text", True),
        *_MONEY,
        ("produced_ts", "time", False),
        *_STEPS,
        *_LAST,
        ("details", "object", False),
    ),
    "HA": (
        ("event_id", "id", True),
        ("event_type", "word:AUTH CAPTURE REFUND CHARGEBACK", True),
        ("status", "word:APPROVED DECLINED PENDING SETTLED REVERSED", True),
        ("network", "word:VISA MAST AMEX DISC", True),
        *((name, "key part", True) for name in ("network_trace", "merchant_id", "account_id", "card_id")),
        ("wallet_id", "text", True),
        ("amount", "decimal number", True),
        *_MONEY,
        *_STEPS,
        *_LAST,
        ("attributes", "object", False),
    ),
}
KNOWN: Mapping[str, frozenset[str]] = {
    name: frozenset(("source_system", *(field for field, _, _ in fields)))
    for name, fields in _CONTRACTS.items()
}

_CANONICAL = {
    **{"payment_authorized": "AUTHORIZATION", "authorization": "AUTHORIZATION", "AUTH": "AUTHORIZATION"},
    **{"payment_captured": "CAPTURE", "CAPTURE": "CAPTURE", "clearing": "CLEARING"},
    **{"refund_issued": "REFUND", "refund": "REFUND", "REFUND": "REFUND"},
    **{"chargeback_created": "CHARGEBACK", "chargeback": "CHARGEBACK", "CHARGEBACK": "CHARGEBACK"},
}
_REFERENCE_OF = {
    **{"authorization": "network_ref", "AUTH": "network_ref"},
    **{"clearing": "capture_id", "CAPTURE": "capture_id"},
    **{"refund": "refund_id", "REFUND": "refund_id"},
    **{"chargeback": "case_id", "CHARGEBACK": "case_id"},
}


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

    @property
    def corrects(self) -> bool:
        return bool(self.corrects_ref) or self.event_type == "REVERSAL"


class Reading(NamedTuple):
    """All that bytes tell: whose they are, what they say, or why they are refused."""

    dialect: str | None
    fact: Fact | None
    reason: str | None
    body: Body  # empty where the bytes are no JSON object


class _Refused(ValueError):
    """`str()` of it is the reason."""


def read(wire: bytes) -> Fact | str:
    """The fact, or the reason why the contract refuses these bytes: its first error."""
    found = reading(wire)
    if found.fact is not None:
        return found.fact
    assert found.reason is not None
    return found.reason


def reading(wire: bytes) -> Reading:
    dialect, body = None, {}
    try:
        body = _json_object(wire)
        dialect = _dialect(body)
        for check in _CHECKS[dialect]:
            check(body)
        return Reading(dialect, _fact(dialect, body), None, body)
    except _Refused as refused:
        return Reading(dialect, None, str(refused), body)


def _json_object(wire: bytes) -> dict[str, Any]:
    try:
        body = json.loads(wire.decode("utf-8"), parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, too deep, or no number within
        raise _Refused("undecodable") from error
    if not isinstance(body, dict):
        raise _Refused("undecodable")
    return body


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _finite(digits: str) -> Decimal:
    if abs(float(digits)) == float("inf"):
        raise ValueError(f"{digits} is infinite")
    return Decimal(digits)


def _dialect(body: Body) -> str:
    """DR and HA say who they are; whoever says nothing speaks DEDUP."""
    source = body.get("source_system")
    if source is None:
        return "DEDUP"
    if not isinstance(source, str):
        raise _Refused("wrong_type:source_system")
    if source not in _CONTRACTS:
        raise _Refused("bad_value:source_system")
    return source


def _check(name: str, sort: str, required: bool) -> Callable[[Body], None]:
    """Of one field: missing, then type, then value."""
    if sort == "exact":
        return _check_exact
    types, fits = _TYPES.get(sort, str), _domain(sort, required)

    def check(body: Body) -> None:
        value = body.get(name)
        if value is None:
            if required:
                raise _Refused(f"missing_field:{name}")
            return
        if not isinstance(value, types) or value is True or value is False:
            raise _Refused(f"wrong_type:{name}")
        if not fits(value):
            raise _Refused(f"bad_value:{name}")

    return check


def _check_exact(body: Body) -> None:
    if _minor(body) is None:
        raise _Refused("bad_value:amount")


_TYPES: Mapping[str, Any] = {"integer": int, "cents": int, "decimal number": (int, Decimal), "object": dict}


def _domain(sort: str, required: bool) -> Callable[[Any], bool]:
    if sort.startswith("word:"):
        return frozenset(sort.removeprefix("word:").split()).__contains__
    if sort in _DOMAINS:
        return _DOMAINS[sort]
    return (lambda value: value != "") if required else (lambda value: True)


_DOMAINS: Mapping[str, Callable[[Any], bool]] = {
    "cents": lambda value: 0 <= value <= _MINOR_MAX,
    "decimal text": lambda value: _DECIMAL.fullmatch(value) is not None,
    "decimal number": lambda value: bool(value >= 0),
    "time": lambda value: microseconds(value) is not None,
    "id": lambda value: 1 <= len(value) <= _EVENT_ID_MAX,
    "key part": lambda value: value != "" and ":" not in value,
}


def _minor(body: Body) -> int | None:
    """The amount in minor units, if it is one exactly and not too large."""
    scaled = Decimal(body["amount"]).scaleb(_EXPONENTS[body["currency"]])
    if scaled > _MINOR_MAX or scaled != scaled.to_integral_value():
        return None
    return int(scaled)


def microseconds(stamp: str) -> int | None:
    """Since 1970, of a time in exactly the contract's form."""
    if not _STAMP.fullmatch(stamp):
        return None
    try:
        return (datetime.fromisoformat(stamp) - _EPOCH) // _MICROSECOND
    except ValueError:  # no such day or hour
        return None


def _fact(dialect: str, body: Body) -> Fact:
    source_type = body["event_type"]
    reversal = body.get("status") == "REVERSED" and dialect == "HA"
    card = body["card_id" if dialect == "HA" else "card_token"]
    amount = body["amount_cents"] if dialect == "DEDUP" else _minor(body)
    stamp = microseconds(body["event_ts"])
    assert stamp is not None and amount is not None  # their domains were tested
    return Fact(
        "REVERSAL" if reversal else _CANONICAL[source_type],
        _payment(dialect, body),
        body["merchant_id"],
        body["account_id"],
        card,
        body.get("lifecycle_ref" if dialect == "DEDUP" else _REFERENCE_OF[source_type]),
        body.get("corrects_ref"),
        body.get("correction_seq"),
        amount,
        body["currency"],
        stamp,
    )


def _payment(dialect: str, body: Body) -> str:
    """HA has no id of the payment: account, card, merchant and trace name it together."""
    if dialect != "HA":
        return str(body["payment_id"])
    return ":".join(body[name] for name in ("account_id", "card_id", "merchant_id", "network_trace"))


_CHECKS: Mapping[str, tuple[Callable[[Body], None], ...]] = {
    dialect: tuple(_check(*field) for field in fields) for dialect, fields in _CONTRACTS.items()
}
