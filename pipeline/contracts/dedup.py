"""The dialect DEDUP, version 1: payment events with amounts in cents, as JSON."""

from typing import Final

from pipeline.contracts import fields
from pipeline.contracts.event import Event
from pipeline.contracts.money import AMOUNT_MAX, EXPONENT

CANONICAL_TYPE: Final = {
    "payment_authorized": "AUTHORIZATION",
    "payment_captured": "CAPTURE",
    "refund_issued": "REFUND",
    "chargeback_created": "CHARGEBACK",
}

FIELDS: Final = (
    "event_id", "event_type", "payment_id", "merchant_id", "account_id", "card_token",
    "amount_cents", "currency", "event_ts",
    "lifecycle_ref", "corrects_ref", "correction_seq", "trace_id", "payload",
)  # fmt: skip


def event(record: fields.JsonObject) -> Event:
    """The canonical event; raises :class:`fields.BrokenContract` with the first error."""
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
    corrects_ref, correction_seq = fields.correction(record)
    trace_id = fields.optional_text(record, "trace_id")
    payload = fields.optional_object(record, "payload")
    attributes, n_attributes = fields.attributes(record, (*FIELDS, "source_system"), payload)
    return Event(
        event_id=event_id, event_type=CANONICAL_TYPE[source_type], source_event_type=source_type,
        payment_id=payment_id, merchant_id=merchant_id, account_id=account_id, card_token=card_token,
        lifecycle_ref=lifecycle_ref, corrects_ref=corrects_ref, correction_seq=correction_seq,
        amount_minor=amount, currency=currency, exponent=EXPONENT[currency], event_ts_us=event_ts_us,
        trace_id=trace_id, attributes=attributes, n_attributes=n_attributes,
    )  # fmt: skip
