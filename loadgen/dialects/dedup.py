"""The dialect DEDUP: amounts in cents, one reference field, no word about where it comes from."""

from __future__ import annotations

from loadgen.dialects.layout import Parts, Shape, choice, decimal, hexadecimal, joined, text, together
from loadgen.rows import AUTHORIZED, CAPTURED, CHARGED_BACK, CURRENCIES, REFUNDED

NAME = "DEDUP"
SIZES = (1_080, 1_320)
PAYLOAD = "payload"
TYPES = {
    AUTHORIZED: "payment_authorized",
    CAPTURED: "payment_captured",
    REFUNDED: "refund_issued",
    CHARGED_BACK: "chargeback_created",
}
KEY: Parts = (b"p", hexadecimal("payment"))


_OF_WHOM = together(
    "whom of DEDUP", b'","payment_id":"p', hexadecimal("payment"),
    b'","merchant_id":"m', decimal("merchant", 6),
    b'","account_id":"a', decimal("account", 8),
    b'","card_token":"tok_', hexadecimal("card", 12),
)  # fmt: skip
_WHEN = together("when of DEDUP", choice("currency", CURRENCIES), b'","event_ts":"', text("event_ts", 27))


def head(shape: Shape) -> Parts:
    """Everything before the payload, in the order of the contract."""
    reference = (b"null",) if shape.bare else (b'"lr', hexadecimal("lifecycle"), b'"')
    correction = joined(
        b'"corrects_ref":"', text("corrects_ref", 32), b'","correction_seq":', decimal("sequence", 1), b","
    )
    return joined(
        b'{"event_id":"', text("event_id", 32),
        b'","event_type":"', TYPES[shape.kind].encode(),
        _OF_WHOM,
        b'","amount_cents":', decimal("amount", shape.digits),
        b',"currency":"', _WHEN,
        b'","lifecycle_ref":', reference, b",",
        correction if shape.correcting else (),
        b'"trace_id":"', hexadecimal("trace"), b'",',
    )  # fmt: skip
