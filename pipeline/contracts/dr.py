"""The dialect DR, version 1: amounts as decimal text, a rail, references named after the step of the life."""

from typing import Final

from pipeline.contracts import fields, references
from pipeline.contracts.event import Event
from pipeline.contracts.money import AMOUNT_MAX, EXPONENT

CANONICAL_TYPE: Final = {
    "authorization": "AUTHORIZATION",
    "clearing": "CLEARING",
    "refund": "REFUND",
    "chargeback": "CHARGEBACK",
}
REFERENCE: Final = {
    "authorization": "network_ref",
    "clearing": "capture_id",
    "refund": "refund_id",
    "chargeback": "case_id",
}
RAILS: Final = {"CARD": None, "ACH": None}

FIELDS: Final = (
    "source_system", "event_id", "event_type", "schema_version", "rail",
    "payment_id", "merchant_id", "account_id", "wallet_id", "card_token",
    "amount", "currency", "event_ts", "produced_ts",
    "corrects_ref", "correction_seq", "trace_id", "details",
)  # fmt: skip


def event(record: fields.JsonObject) -> Event:
    """The canonical event; raises :class:`fields.BrokenContract` with the first error."""
    # The order of these lines is the order in which errors are reported.
    event_id = fields.text(record, "event_id", length_max=128)
    source_type = fields.one_of(record, "event_type", CANONICAL_TYPE)
    version = fields.optional_integer(record, "schema_version", 0, fields.INT32_MAX)
    rail = fields.one_of(record, "rail", RAILS)
    payment_id = fields.text(record, "payment_id")
    merchant_id = fields.text(record, "merchant_id")
    account_id = fields.text(record, "account_id")
    wallet_id = fields.text(record, "wallet_id")
    card_token = fields.text(record, "card_token")
    amount = fields.decimal_text(record, "amount")
    currency = fields.one_of(record, "currency", EXPONENT)
    amount_minor = fields.minor_units(amount, EXPONENT[currency], "amount", at_most=AMOUNT_MAX)
    event_ts_us = fields.timestamp_us(record, "event_ts")
    produced_ts_us = fields.optional_timestamp_us(record, "produced_ts")
    kind = REFERENCE[source_type]
    lifecycle_ref = references.own(record, kind)
    corrects_ref, correction_seq = fields.correction(record)
    trace_id = fields.optional_text(record, "trace_id")
    details = fields.optional_object(record, "details")
    attributes, n_attributes = fields.attributes(record, (*FIELDS, kind), details)
    return Event(
        event_id=event_id, event_type=CANONICAL_TYPE[source_type], source_event_type=source_type,
        payment_id=payment_id, merchant_id=merchant_id, account_id=account_id, card_token=card_token,
        lifecycle_ref=lifecycle_ref, corrects_ref=corrects_ref, correction_seq=correction_seq,
        amount_minor=amount_minor, currency=currency, exponent=EXPONENT[currency], event_ts_us=event_ts_us,
        trace_id=trace_id, attributes=attributes, n_attributes=n_attributes,
        schema_ref=None if version is None else f"DR/{version}", rail=rail, wallet_id=wallet_id,
        lifecycle_kind=kind if lifecycle_ref else None, produced_ts_us=produced_ts_us,
    )  # fmt: skip
