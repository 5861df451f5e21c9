"""The dialect DR: decimal amounts as text, the rail, a reference named after the step of the life."""

from __future__ import annotations

from loadgen.dialects.layout import Parts, Shape, choice, decimal, hexadecimal, joined, text, together
from loadgen.rows import AUTHORIZED, CHARGED_BACK, CLEARED, CURRENCIES, REFUNDED

NAME = "DR"
SIZES = (1_350, 1_650)
PAYLOAD = "details"
TYPES = {
    AUTHORIZED: "authorization",
    CLEARED: "clearing",
    REFUNDED: "refund",
    CHARGED_BACK: "chargeback",
}
REFERENCES = {
    AUTHORIZED: "network_ref",
    CLEARED: "capture_id",
    REFUNDED: "refund_id",
    CHARGED_BACK: "case_id",
}
KEY: Parts = (b"p", hexadecimal("payment"))
RAILS = ('"CARD"', '"ACH" ')  # of one length: JSON lets a space follow
_OF_WHOM = together(
    "whom of DR", b'","schema_version":3,"rail":', choice("rail", RAILS),
    b',"payment_id":"p', hexadecimal("payment"),
    b'","merchant_id":"m', decimal("merchant", 6),
    b'","account_id":"a', decimal("account", 8),
    b'","wallet_id":"w', decimal("account", 8),
    b'","card_token":"tok_', hexadecimal("card", 12),
)  # fmt: skip
_WHEN = together(
    "when of DR", choice("currency", CURRENCIES),
    b'","event_ts":"', text("event_ts", 27),
    b'","produced_ts":"', text("produced_ts", 27),
)  # fmt: skip


def head(shape: Shape) -> Parts:
    """Everything before the payload, in the order of the contract."""
    name = REFERENCES[shape.kind].encode()
    reference = joined(b'"', name, b'":"lr', hexadecimal("lifecycle"), b'",')
    correction = joined(
        b'"corrects_ref":"', text("corrects_ref", 32), b'","correction_seq":', decimal("sequence", 1), b","
    )
    return joined(
        b'{"source_system":"DR","event_id":"', text("event_id", 32),
        b'","event_type":"', TYPES[shape.kind].encode(),
        _OF_WHOM,
        b'","amount":"', amount(shape),
        b'","currency":"', _WHEN, b'",',
        () if shape.bare else reference,
        correction if shape.correcting else (),
        b'"trace_id":"', hexadecimal("trace"), b'",',
    )  # fmt: skip


def amount(shape: Shape) -> Parts:
    """In major units, with as many decimals as the currency has."""
    if shape.without_cents:
        return (decimal("amount", shape.digits),)
    return (decimal("major", max(1, shape.digits - 2)), b".", decimal("minor", 2))
