"""The dialect DEDUP, version 1: payment events with amounts in cents, as JSON."""

import json
from typing import Final

from pipeline.contracts import fields
from pipeline.contracts.event import Event, Invalid

AMOUNT_MAX: Final = 10**12

CANONICAL_TYPE: Final = {
    "payment_authorized": "AUTHORIZATION",
    "payment_captured": "CAPTURE",
    "refund_issued": "REFUND",
    "chargeback_created": "CHARGEBACK",
}

EXPONENT: Final = {"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0, "CHF": 2, "SEK": 2, "BRL": 2, "INR": 2}

FIELDS: Final = (
    "event_id", "event_type", "payment_id", "merchant_id", "account_id", "card_token",
    "amount_cents", "currency", "event_ts",
    "lifecycle_ref", "corrects_ref", "correction_seq", "trace_id", "payload",
)  # fmt: skip


def decode(value: bytes | None) -> Event | Invalid:
    """The canonical event in these bytes, or why there is none."""
    try:
        return _event(fields.json_object(value))
    except fields.BrokenContract as error:
        return Invalid(str(error))


def _event(record: fields.JsonObject) -> Event:
    # The order of these lines is the order in which errors are reported.
    event_id = fields.text(record, "event_id", length_max=128)
    source_type = fields.one_of(record, "event_type", CANONICAL_TYPE)
    payment_id = fields.text(record, "payment_id")
    merchant_id = fields.text(record, "merchant_id")
    account_id = fields.text(record, "account_id")
    card_token = fields.text(record, "card_token")
    amount = fields.integer(record, "amount_cents", 0, AMOUNT_MAX)
    currency = fields.one_of(record, "currency", EXPONENT)
    event_ts_us = fields.timestamp_us(record, "event_ts")
    lifecycle_ref = fields.optional_text(record, "lifecycle_ref")
    corrects_ref = fields.optional_text(record, "corrects_ref")
    correction_seq = fields.optional_integer(
        record, "correction_seq", -fields.INT32_MAX - 1, fields.INT32_MAX
    )
    trace_id = fields.optional_text(record, "trace_id")
    payload = fields.optional_object(record, "payload")
    attributes, n_attributes = _attributes(record, payload)
    return Event(
        event_id=event_id, event_type=CANONICAL_TYPE[source_type], source_event_type=source_type,
        payment_id=payment_id, merchant_id=merchant_id, account_id=account_id, card_token=card_token,
        lifecycle_ref=lifecycle_ref, corrects_ref=corrects_ref, correction_seq=correction_seq,
        amount_minor=amount, currency=currency, exponent=EXPONENT[currency], event_ts_us=event_ts_us,
        trace_id=trace_id, attributes=attributes, n_attributes=n_attributes,
    )  # fmt: skip


def _attributes(record: fields.JsonObject, payload: dict[str, object]) -> tuple[str, int]:
    """The payload and every unknown field as JSON, and how many of them are not null.

    The payload keeps a level of its own, so that a key in it cannot meet an unknown field.
    """
    unknown = {name: value for name, value in record.items() if name not in FIELDS}
    known = {"payload": payload} if payload else {}
    filled = sum(value is not None for group in (payload, unknown) for value in group.values())
    return json.dumps({**unknown, **known}, sort_keys=True, separators=(",", ":")), filled
