"""The dialect HA, version 1: amounts as decimal numbers, a status beside the type, no id of the payment."""

from typing import Final

from pipeline.contracts import fields, references
from pipeline.contracts.event import Event
from pipeline.contracts.money import AMOUNT_MAX, EXPONENT

CANONICAL_TYPE: Final = {
    "AUTH": "AUTHORIZATION",
    "CAPTURE": "CAPTURE",
    "REFUND": "REFUND",
    "CHARGEBACK": "CHARGEBACK",
}
REFERENCE: Final = {
    "AUTH": "network_ref",
    "CAPTURE": "capture_id",
    "REFUND": "refund_id",
    "CHARGEBACK": "case_id",
}
STATUSES: Final = dict.fromkeys(("APPROVED", "DECLINED", "PENDING", "SETTLED", "REVERSED"))
NETWORKS: Final = dict.fromkeys(("VISA", "MAST", "AMEX", "DISC"))

FIELDS: Final = (
    "source_system", "event_id", "event_type", "status", "network",
    "network_trace", "merchant_id", "account_id", "card_id", "wallet_id",
    "amount", "currency", "event_ts",
    "corrects_ref", "correction_seq", "trace_id", "attributes",
)  # fmt: skip


def event(record: fields.JsonObject) -> Event:
    """The canonical event; raises :class:`fields.BrokenContract` with the first error."""
    # The order of these lines is the order in which errors are reported.
    event_id = fields.text(record, "event_id", length_max=128)
    source_type = fields.one_of(record, "event_type", CANONICAL_TYPE)
    status = fields.one_of(record, "status", STATUSES)
    network = fields.one_of(record, "network", NETWORKS)
    trace = fields.key_part(record, "network_trace")
    merchant_id = fields.key_part(record, "merchant_id")
    account_id = fields.key_part(record, "account_id")
    card_id = fields.key_part(record, "card_id")
    wallet_id = fields.text(record, "wallet_id")
    amount = fields.decimal_number(record, "amount")
    currency = fields.one_of(record, "currency", EXPONENT)
    amount_minor = fields.minor_units(amount, EXPONENT[currency], "amount", at_most=AMOUNT_MAX)
    event_ts_us = fields.timestamp_us(record, "event_ts")
    kind = REFERENCE[source_type]
    lifecycle_ref = references.own(record, kind)
    corrects_ref, correction_seq = fields.correction(record)
    trace_id = fields.optional_text(record, "trace_id")
    payload = fields.optional_object(record, "attributes")
    attributes, n_attributes = fields.attributes(record, (*FIELDS, kind), payload)
    return Event(
        event_id=event_id,
        event_type="REVERSAL" if status == "REVERSED" else CANONICAL_TYPE[source_type],
        source_event_type=source_type,
        payment_id=fields.KEY_SEPARATOR.join((account_id, card_id, merchant_id, trace)), payment_derived=1,
        merchant_id=merchant_id, account_id=account_id, card_token=card_id,
        lifecycle_ref=lifecycle_ref, corrects_ref=corrects_ref, correction_seq=correction_seq,
        amount_minor=amount_minor, currency=currency, exponent=EXPONENT[currency], event_ts_us=event_ts_us,
        trace_id=trace_id, attributes=attributes, n_attributes=n_attributes,
        wallet_id=wallet_id, network=network, status=status,
        lifecycle_kind=kind if lifecycle_ref else None,
    )  # fmt: skip
