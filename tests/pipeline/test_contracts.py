"""Every reason for which a record is refused, and the first one if there are several."""

import json

import pytest

from pipeline import contracts
from pipeline.contracts import Event, Invalid
from pipeline.contracts.dedup import FIELDS


def decode(value: bytes | None) -> Event | Invalid:
    return contracts.decode(value)[1]


GOOD: dict[str, object] = {
    "event_id": "e1",
    "event_type": "payment_captured",
    "payment_id": "p1",
    "merchant_id": "m1",
    "account_id": "a1",
    "card_token": "c1",
    "amount_cents": 1250,
    "currency": "EUR",
    "event_ts": "2026-01-02T03:04:05.000006Z",
}
ABSENT = object()


def record(**changes: object) -> bytes:
    fields = {name: value for name, value in (GOOD | changes).items() if value is not ABSENT}
    return json.dumps(fields).encode()


def event(**changes: object) -> Event:
    found = decode(record(**changes))
    assert isinstance(found, Event), found
    return found


def test_a_good_record_becomes_canonical() -> None:
    found = event(payload={"note": "x", "none": None}, new_field=3, trace_id="t")
    assert found.event_type == "CAPTURE"
    assert found.source_event_type == "payment_captured"
    assert (found.amount_minor, found.currency, found.exponent) == (1250, "EUR", 2)
    assert found.event_ts_us == 1767323045000006
    assert json.loads(found.attributes) == {"new_field": 3, "payload": {"none": None, "note": "x"}}
    assert found.n_attributes == 2


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\xff\xfe",
        b'{"a":',
        b"[]",
        b"5",
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b"[" * 100_000,
        b'{"a":' + b"9" * 5000 + b"}",
        b"\xef\xbb\xbf{}",
    ],
)
def test_undecodable(value: bytes | None) -> None:
    assert decode(value) == Invalid("undecodable")


REQUIRED = FIELDS[:9]


@pytest.mark.parametrize("field", REQUIRED)
@pytest.mark.parametrize("value", [ABSENT, None])
def test_a_required_field_is_missing(field: str, value: object) -> None:
    assert decode(record(**{field: value})) == Invalid(f"missing_field:{field}")


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_has_the_wrong_type(field: str) -> None:
    assert decode(record(**{field: [1]})) == Invalid(f"wrong_type:{field}")


@pytest.mark.parametrize("amount", [True, 1.0, "1"])
def test_an_amount_is_an_integer_and_nothing_like_it(amount: object) -> None:
    assert decode(record(amount_cents=amount)) == Invalid("wrong_type:amount_cents")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((field, "") for field in REQUIRED if field != "amount_cents"),
        ("event_id", "e" * 129),
        ("event_type", "payment_lost"),
        ("payment_id", "\ud800"),
        ("trace_id", "\ud800"),
        ("amount_cents", -1),
        ("amount_cents", 10**12 + 1),
        ("currency", "eur"),
        ("event_ts", "2026-01-02T03:04:05Z"),
        ("event_ts", "2026-01-02T03:04:05.000006+00:00"),
        ("event_ts", "2026-13-02T03:04:05.000006Z"),
        ("event_ts", "0000-01-02T03:04:05.000006Z"),
        ("event_ts", "٢026-01-02T03:04:05.000006Z"),
        ("correction_seq", 2**31),
    ],
)
def test_a_value_is_outside_its_domain(field: str, value: object) -> None:
    assert decode(record(**{field: value})) == Invalid(f"bad_value:{field}")


@pytest.mark.parametrize(
    "changes",
    [
        {"event_id": "e" * 128},
        {"amount_cents": 0},
        {"amount_cents": 10**12},
        {"correction_seq": -(2**31)},
        {"lifecycle_ref": None, "payload": None},
        {"payment_id": "zero\x00byte"},
        {"payload": {"half": "\ud800"}},
    ],
)
def test_the_edge_of_a_domain_belongs_to_it(changes: dict[str, object]) -> None:
    event(**changes)


def test_the_first_error_in_contract_order_is_the_reason() -> None:
    assert decode(record(payload=1, currency="x", merchant_id=ABSENT)) == Invalid("missing_field:merchant_id")
    assert decode(record(payload=1, currency="x", event_type="")) == Invalid("bad_value:event_type")


IDENTITY = {
    "payment_id": "p2",
    "event_type": "refund_issued",
    "lifecycle_ref": "l",
    "amount_cents": 1,
    "currency": "USD",
    "event_ts": "2026-01-02T03:04:05.000007Z",
    "corrects_ref": "e0",
    "correction_seq": 1,
}


@pytest.mark.parametrize(("field", "value"), IDENTITY.items())
def test_identity_hangs_on_each_of_its_fields(field: str, value: object) -> None:
    assert event(**{field: value}).bk_hash != event().bk_hash


@pytest.mark.parametrize("field", ["event_id", "merchant_id", "account_id", "card_token", "trace_id"])
def test_identity_hangs_on_nothing_else(field: str) -> None:
    assert event(**{field: "other"}).bk_hash == event().bk_hash


def test_the_canonical_hash_covers_business_fields_only() -> None:
    assert event(merchant_id="m2").canonical_hash != event().canonical_hash
    same = event(event_id="e2", trace_id="t", payload={"retry": 1})
    assert same.canonical_hash == event().canonical_hash


def test_the_bk_hash_is_the_published_one() -> None:
    from hashlib import sha256

    text = "p1|CAPTURE||1250|EUR|1767323045000006||"
    assert event().bk_hash == sha256(text.encode()).hexdigest()
