"""What may be wrong with an event's bytes: per dialect, a flaw for every reason that its contract knows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from loadgen.dialects import DIALECTS
from loadgen.draws import Draws, Ints

Body = dict[str, Any]


@dataclass(frozen=True)
class Flaw:
    """Exactly one violation; everything else about the event stays as it was."""

    name: str
    spoil: Callable[[bytes], bytes]


@dataclass(frozen=True)
class Sort:
    """What flaws have to know of a dialect: which fields are of which sort."""

    texts: tuple[str, ...]  # required, any text
    words: tuple[str, ...]  # required, one of few
    amount: str
    optional_texts: tuple[str, ...]
    payload: str


_SORTS = {
    "DEDUP": Sort(
        ("event_id", "payment_id", "merchant_id", "account_id", "card_token"),
        ("event_type", "currency"),
        "amount_cents",
        ("lifecycle_ref", "corrects_ref", "trace_id"),
        "payload",
    ),
    "DR": Sort(
        ("event_id", "payment_id", "merchant_id", "account_id", "wallet_id", "card_token"),
        ("event_type", "rail", "currency"),
        "amount",
        ("network_ref", "case_id", "corrects_ref", "trace_id"),
        "details",
    ),
    "HA": Sort(
        ("event_id", "network_trace", "merchant_id", "account_id", "card_id", "wallet_id"),
        ("event_type", "status", "network", "currency"),
        "amount",
        ("network_ref", "refund_id", "corrects_ref", "trace_id"),
        "attributes",
    ),
}


_PAYLOAD = re.compile(b',"(?:payload|details|attributes)":{')
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def compact(body: Body) -> bytes:
    return _ENCODER.encode(body).encode()


def _edited(wire: bytes, edit: Callable[[Body], Body]) -> bytes:
    """The fields before the payload as `edit` makes them; the payload comes last and is not touched."""
    found = _PAYLOAD.search(wire)
    if found is None:
        raise ValueError(f"an event without a payload cannot be spoiled: {wire[:200]!r}")
    return compact(edit(json.loads(wire[: found.start()] + b"}")))[:-1] + wire[found.start() :]


def _change(name: str, field: str, value: Any) -> Flaw:
    """The field holds `value`, or what `value` makes of it; one that the event lacks comes last."""

    def spoil(wire: bytes) -> bytes:
        missing: Body = {}

        def edit(body: Body) -> Body:
            target = body if field in body else missing
            target[field] = value(body.get(field)) if callable(value) else value
            return body

        edited = _edited(wire, edit)
        return edited[:-1] + b"," + compact(missing)[1:] if missing else edited

    return Flaw(f"{name} {field}", spoil)


def _payload_replaced(field: str, value: Any) -> Flaw:
    def spoil(wire: bytes) -> bytes:
        return compact(json.loads(wire) | {field: value})

    return Flaw(f"list in {field}", spoil)


def _absent(field: str) -> Flaw:
    return Flaw(
        f"absent {field}",
        lambda wire: _edited(wire, lambda body: {n: v for n, v in body.items() if n != field}),
    )


def _renamed(field: str, other: str) -> Flaw:
    return Flaw(
        f"renamed {field}",
        lambda wire: _edited(wire, lambda body: {other if n == field else n: v for n, v in body.items()}),
    )


def _not_utf8(wire: bytes) -> bytes:
    middle = wire.index(b'"memo":"') + len(b'"memo":"')
    return wire[:middle] + b"\xc3\x28\xff" + wire[middle:]


def _in_payload(text: bytes) -> Callable[[bytes], bytes]:
    return lambda wire: wire.replace(b'"device":{', b'"odd":' + text + b',"device":{', 1)


# What is no JSON object at all, whatever the dialect. Each keeps the event's own bytes, so it stays unique.
UNDECODABLE = (
    Flaw("truncated", lambda wire: wire[: len(wire) * 7 // 8]),
    Flaw("invalid UTF-8", _not_utf8),
    Flaw("NaN", _in_payload(b"NaN")),
    Flaw("Infinity", _in_payload(b"-Infinity")),
    Flaw("1e400", _in_payload(b"1e400")),
    Flaw("not an object", lambda wire: b"[" + wire + b"]"),
    Flaw("NUL", lambda wire: wire[:40] + b"\x00" + wire[40:]),
    Flaw("wrong magic", lambda wire: b"\x00\x00\x00\x12\x67" + wire),
    Flaw("byte order mark", lambda wire: b"\xef\xbb\xbf" + wire),
)
BULKY = (
    Flaw("deeply nested", lambda wire: b"[" * 60_000 + wire),
    Flaw("half a megabyte", lambda wire: wire[:-1] + b" " * 500_000),
)
LARGE = Flaw("more than a mebibyte", lambda wire: wire[:-1] + b" " * (1 << 20))


@cache
def flaws_of(dialect: int) -> tuple[Flaw, ...]:
    """The catalogue of a dialect; the first is no flaw. A plan names flaws by their place: add at the end."""
    sort = _SORTS[DIALECTS[dialect].name]
    return (
        Flaw("none", lambda wire: wire),
        *UNDECODABLE,
        *_of_fields(sort),
        *_of_amounts(sort),
        *BULKY,
        LARGE,
    )


def _of_fields(sort: Sort) -> list[Flaw]:
    texts = (*sort.texts, *sort.words, "event_ts")
    required = (*texts, sort.amount)
    flaws = [_absent(field) for field in required]
    flaws += [_change("null", field, None) for field in required]
    flaws += [_change("number in", field, 4711) for field in (*texts, *sort.optional_texts)]
    flaws += [_change("empty", field, "") for field in texts]
    flaws += [_change("unheard-of", field, "XTS_TELEPORTED") for field in sort.words]
    flaws += [
        _change("lower case", "currency", str.lower),
        _change("too long", "event_id", lambda text: text * 5),
        _change("text in", "correction_seq", "1"),
        _change("truth in", "correction_seq", False),
        _payload_replaced(sort.payload, ["payload"]),
        _change("no such day", "event_ts", lambda text: "2025-02-30" + text[10:]),
        _change("without zone", "event_ts", lambda text: text[:-1]),
        _change("milliseconds only", "event_ts", lambda text: text[:23] + "Z"),
    ]
    return flaws


def _of_amounts(sort: Sort) -> list[Flaw]:
    flaws = [_change("truth in", sort.amount, True), _renamed(sort.amount, "value")]
    if sort.amount == "amount_cents":
        flaws += [
            _change("text in", sort.amount, str),
            _change("float in", sort.amount, float),
            _change("negative", sort.amount, lambda amount: -1 - amount),
            _change("too large", sort.amount, lambda amount: 10**12 + 1 + amount),
        ]
        return flaws
    kind: Callable[[Any], Any] = type_of_amount(sort)
    flaws += [
        _change("number in" if kind is str else "text in", sort.amount, 12.5 if kind is str else "12.50"),
        _change("negative", sort.amount, lambda amount: kind(f"-{amount}")),
        _change("too large", sort.amount, lambda amount: kind("10000000000.01")),
        _change("too fine", sort.amount, lambda amount: kind("12.3456")),
    ]
    return flaws


def type_of_amount(sort: Sort) -> Callable[[Any], Any]:
    """DR writes amounts as text, HA as numbers."""
    return str if sort.payload == "details" else float


def _places(dialect: int, wanted: Callable[[Flaw], bool]) -> Ints:
    """The places of some flaws, never that of the first."""
    return np.array([n for n, flaw in enumerate(flaws_of(dialect)) if n and wanted(flaw)], dtype=np.int64)


@cache
def ordinary_flaws(dialect: int) -> Ints:
    """Everything but what would distort sizes."""
    return _places(dialect, lambda flaw: flaw not in BULKY and flaw is not LARGE)


@cache
def breaking_flaws(dialect: int) -> Ints:
    """The ways in which a breaking producer breaks the contract: a rename, another type, corrupt bytes."""
    amount = _SORTS[DIALECTS[dialect].name].amount
    other_type = "number in" if DIALECTS[dialect].name == "DR" else "text in"
    names = (f"renamed {amount}", f"{other_type} {amount}", "truncated")
    return _places(dialect, lambda flaw: flaw.name in names)


@cache
def poison_flaws(dialect: int) -> Ints:
    """What no decoder can make anything of."""
    return _places(dialect, lambda flaw: flaw in UNDECODABLE or flaw in BULKY)


@cache
def large_flaws(dialect: int) -> Ints:
    """What is longer than a consumer fetches at a time by default."""
    return _places(dialect, lambda flaw: flaw is LARGE)


def drawn_flaws(
    places: Callable[[int], Ints], dialect: Ints, purpose: str, index: Ints, draws: Draws
) -> Ints:
    """For each row one of its dialect's flaws, all alike."""
    lists = [places(code) for code in range(len(DIALECTS))]
    table = np.zeros((len(lists), max(map(len, lists))), dtype=np.int64)
    for row, found in zip(table, lists, strict=True):
        row[: len(found)] = found
    counts = np.array([len(found) for found in lists], dtype=np.int64)
    drawn = draws.below(purpose, index, 1 << 31)
    which: Ints = table[dialect, drawn * counts[dialect] >> 31]
    return which
