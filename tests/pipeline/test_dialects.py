"""The dialects DR and HA: exact amounts, references by step, derived payments, whose a record is."""

import json

import pytest

from pipeline.contracts import Event, Invalid, decode

COMMON = {
    "event_id": "e1",
    "merchant_id": "m1",
    "account_id": "a1",
    "wallet_id": "w1",
    "currency": "EUR",
    "event_ts": "2026-01-02T03:04:05.000006Z",
}
DR: dict[str, object] = COMMON | {
    "source_system": "DR",
    "event_type": "clearing",
    "schema_version": 3,
    "rail": "ACH",
    "payment_id": "p1",
    "card_token": "c1",
    "amount": "12.50",
    "produced_ts": "2026-01-02T03:04:06.000000Z",
    "capture_id": "cap1",
    "details": {"x": 1},
}
HA: dict[str, object] = COMMON | {
    "source_system": "HA",
    "event_type": "AUTH",
    "status": "APPROVED",
    "network": "VISA",
    "network_trace": "t1",
    "card_id": "c1",
    "amount": 12.5,
    "network_ref": "n1",
    "attributes": {"x": 1.10},
}


def found(record: dict[str, object], **changes: object) -> Event | Invalid:
    return decode(json.dumps(record | changes).encode())[1]


def event(record: dict[str, object], **changes: object) -> Event:
    one = found(record, **changes)
    assert isinstance(one, Event), one
    return one


def test_a_clearing_of_dr() -> None:
    one = event(DR)
    assert (one.event_type, one.payment_id, one.payment_derived) == ("CLEARING", "p1", 0)
    assert (one.amount_minor, one.exponent, one.rail, one.schema_ref) == (1250, 2, "ACH", "DR/3")
    assert (one.lifecycle_ref, one.lifecycle_kind, one.wallet_id) == ("cap1", "capture_id", "w1")
    assert one.produced_ts_us == one.event_ts_us + 999_994
    assert json.loads(one.attributes) == {"payload": {"x": 1}}


def test_an_authorisation_of_ha_and_its_reversal() -> None:
    one, back = event(HA), event(HA, status="REVERSED", corrects_ref="e1", correction_seq=1)
    assert (one.event_type, back.event_type) == ("AUTHORIZATION", "REVERSAL")
    assert one.payment_id == back.payment_id == "a1:c1:m1:t1" and one.payment_derived == 1
    assert (one.card_token, one.network, one.status) == ("c1", "VISA", "APPROVED")
    assert (one.lifecycle_ref, one.lifecycle_kind) == ("n1", "network_ref")
    assert one.bk_hash != back.bk_hash and one.canonical_hash != back.canonical_hash
    assert json.loads(one.attributes) == {"payload": {"x": 1.1}}


@pytest.mark.parametrize("part", ["network_trace", "merchant_id", "account_id", "card_id"])
def test_parts_of_a_derived_key_cannot_shift_into_each_other(part: str) -> None:
    assert found(HA, **{part: "x:y"}) == Invalid(f"bad_value:{part}")
    assert event(HA, **{part: "x"}).payment_id != event(HA).payment_id


@pytest.mark.parametrize(
    ("currency", "text", "minor"),
    [
        ("EUR", "0.07", 7), ("EUR", "12", 1200), ("EUR", "12.5", 1250), ("EUR", "12.500", 1250),
        ("EUR", "1.10", 110), ("EUR", "4.35", 435), ("EUR", "1234567890.12", 123456789012),
        ("EUR", "10000000000.00", 10**12), ("JPY", "1250", 1250), ("JPY", "1250.0", 1250),
    ],
)  # fmt: skip
def test_amounts_are_converted_exactly(currency: str, text: str, minor: int) -> None:
    assert event(DR, currency=currency, amount=text).amount_minor == minor
    wire = json.dumps(HA | {"currency": currency, "amount": "@"}).replace('"@"', text)
    one = decode(wire.encode())[1]
    assert isinstance(one, Event) and one.amount_minor == minor


@pytest.mark.parametrize(
    ("currency", "text"),
    [("EUR", "12.505"), ("EUR", "10000000000.01"), ("JPY", "12.5"), ("EUR", "-1.00"), ("EUR", "0.001")],
)
def test_or_refused(currency: str, text: str) -> None:
    assert found(DR, currency=currency, amount=text) == Invalid("bad_value:amount")
    assert found(HA, currency=currency, amount=float(text)) == Invalid("bad_value:amount")


@pytest.mark.parametrize(
    ("record", "amount", "reason"),
    [
        (DR, 12.5, "wrong_type:amount"),
        (DR, "1e3", "bad_value:amount"),
        (DR, "", "bad_value:amount"),
        (HA, "12.50", "wrong_type:amount"),
        (HA, True, "wrong_type:amount"),
        (HA, None, "missing_field:amount"),
    ],
)
def test_an_amount_of_another_sort(record: dict[str, object], amount: object, reason: str) -> None:
    assert found(record, amount=amount) == Invalid(reason)


def test_the_currency_is_looked_at_before_the_decimals() -> None:
    assert found(DR, amount="12.505", currency="XTS") == Invalid("bad_value:currency")
    assert found(DR, amount="12.505", event_ts="") == Invalid("bad_value:amount")


def test_a_reference_of_another_step_is_checked_and_kept_as_an_attribute() -> None:
    one = event(DR, case_id="c9")
    assert one.lifecycle_ref == "cap1" and json.loads(one.attributes)["case_id"] == "c9"
    assert found(DR, case_id=9) == Invalid("wrong_type:case_id")


@pytest.mark.parametrize(
    ("source", "dialect", "reason"),
    [
        ("DR", "DR", None),
        ("HA", "HA", "bad_value:event_type"),
        ("DEDUP", "DEDUP", "bad_value:event_type"),
        (None, "DEDUP", "bad_value:event_type"),
        ("SFTP", None, "bad_value:source_system"),
        ("", None, "bad_value:source_system"),
        (7, None, "wrong_type:source_system"),
    ],
)
def test_a_record_says_whose_it_is(source: object, dialect: str | None, reason: str | None) -> None:
    told, one = decode(json.dumps(DR | {"source_system": source}).encode())
    assert told == dialect
    assert (one.reason if isinstance(one, Invalid) else None) == reason


def test_fields_that_nobody_announced_are_kept() -> None:
    for record in (DR, HA):
        one = event(record, loyalty_tier="gold", partner={"id": 7})
        kept = json.loads(one.attributes)
        assert (kept["loyalty_tier"], kept["partner"]) == ("gold", {"id": 7})
        assert one.n_attributes == event(record).n_attributes + 2
        assert one.bk_hash == event(record).bk_hash and one.canonical_hash == event(record).canonical_hash
