"""What may be wrong with an event's bytes: a flaw for every reason that the contract knows."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]

REQUIRED_TEXTS = ("event_id", "event_type", "payment_id", "merchant_id", "account_id", "card_token")
REQUIRED = (*REQUIRED_TEXTS, "amount_cents", "currency", "event_ts")


@dataclass(frozen=True)
class Flaw:
    """Exactly one violation; everything else about the event stays as it was."""

    name: str
    spoil: Callable[[bytes], bytes]


def compact(body: Body) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _change(name: str, field: str, value: Any) -> Flaw:
    """The field holds `value`, or what `value` makes of it."""

    def spoil(wire: bytes) -> bytes:
        body: Body = json.loads(wire)
        body[field] = value(body.get(field)) if callable(value) else value
        return compact(body)

    return Flaw(f"{name} {field}", spoil)


def _absent(field: str) -> Flaw:
    def spoil(wire: bytes) -> bytes:
        body: Body = json.loads(wire)
        del body[field]
        return compact(body)

    return Flaw(f"absent {field}", spoil)


def _renamed(field: str, other: str) -> Flaw:
    def spoil(wire: bytes) -> bytes:
        body: Body = json.loads(wire)
        return compact({other if name == field else name: value for name, value in body.items()})

    return Flaw(f"renamed {field}", spoil)


def _truncated(wire: bytes) -> bytes:
    return wire[: len(wire) * 7 // 8]


def _not_utf8(wire: bytes) -> bytes:
    middle = wire.index(b'"memo":"') + len(b'"memo":"')
    return wire[:middle] + b"\xc3\x28\xff" + wire[middle:]


def _not_a_number(wire: bytes) -> bytes:
    return wire.replace(b'"payload":{', b'"payload":{"score":NaN,', 1)


def _infinite(wire: bytes) -> bytes:
    return wire.replace(b'"payload":{', b'"payload":{"score":-Infinity,', 1)


def _in_a_list(wire: bytes) -> bytes:
    return b"[" + wire + b"]"


def _catalogue() -> tuple[Flaw, ...]:
    flaws = [
        Flaw("none", lambda wire: wire),
        Flaw("truncated", _truncated),
        Flaw("invalid UTF-8", _not_utf8),
        Flaw("NaN", _not_a_number),
        Flaw("Infinity", _infinite),
        Flaw("not an object", _in_a_list),
    ]
    flaws += [_absent(field) for field in REQUIRED]
    flaws += [_change("null", field, None) for field in REQUIRED]
    flaws += [_change("number in", field, 4711) for field in REQUIRED if field != "amount_cents"]
    flaws += [_change("number in", field, 4711) for field in ("lifecycle_ref", "corrects_ref", "trace_id")]
    flaws += [
        _change("text in", "amount_cents", str),
        _change("float in", "amount_cents", float),
        _change("truth in", "amount_cents", True),
        _change("text in", "correction_seq", "1"),
        _change("truth in", "correction_seq", False),
        _change("list in", "payload", ["payload"]),
    ]
    flaws += [_change("empty", field, "") for field in REQUIRED if field != "amount_cents"]
    flaws += [
        _change("too long", "event_id", lambda text: text * 5),
        _change("unheard-of", "event_type", "payment_teleported"),
        _change("negative", "amount_cents", lambda amount: -1 - amount),
        _change("too large", "amount_cents", lambda amount: 10**12 + 1 + amount),
        _change("unheard-of", "currency", "XTS"),
        _change("lower case", "currency", str.lower),
        _change("no such day", "event_ts", lambda text: "2025-02-30" + text[10:]),
        _change("without zone", "event_ts", lambda text: text[:-1]),
        _change("milliseconds only", "event_ts", lambda text: text[:23] + "Z"),
        _renamed("amount_cents", "amount"),
    ]
    return tuple(flaws)


# A plan names flaws by their place: add new ones at the end only, or recorded plans change their meaning.
FLAWS: tuple[Flaw, ...] = _catalogue()

# The three ways in which the breaking producer breaks the contract.
_BREAKING = ("renamed amount_cents", "text in amount_cents", "truncated")
BREAKING_FLAWS: tuple[int, ...] = tuple(n for n, flaw in enumerate(FLAWS) if flaw.name in _BREAKING)
