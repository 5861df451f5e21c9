"""The dialect HA: decimal amounts as numbers, a status beside the type, and no id of the payment."""

from __future__ import annotations

from loadgen.dialects.dr import amount
from loadgen.dialects.layout import Parts, Shape, choice, decimal, hexadecimal, joined, text, together
from loadgen.rows import AUTHORIZED, CAPTURED, CHARGED_BACK, CURRENCIES, REFUNDED, REVERSED

NAME = "HA"
SIZES = (1_080, 1_320)
PAYLOAD = "attributes"
TYPES = {
    AUTHORIZED: "AUTH",
    CAPTURED: "CAPTURE",
    REFUNDED: "REFUND",
    CHARGED_BACK: "CHARGEBACK",
    REVERSED: "AUTH",
}
REFERENCES = {
    AUTHORIZED: "network_ref",
    CAPTURED: "capture_id",
    REFUNDED: "refund_id",
    CHARGED_BACK: "case_id",
    REVERSED: "network_ref",
}
NETWORKS = ("VISA", "MAST", "AMEX", "DISC")
# Whoever lacks an id of the payment names it by account, card, merchant and network trace.
KEY: Parts = (
    b"a", decimal("account", 8), b":tok_", hexadecimal("card", 12), b":m", decimal("merchant", 6),
    b":t", hexadecimal("payment"),
)  # fmt: skip
_OF_WHOM = together(
    "whom of HA", choice("network", NETWORKS),
    b'","network_trace":"t', hexadecimal("payment"),
    b'","merchant_id":"m', decimal("merchant", 6),
    b'","account_id":"a', decimal("account", 8),
    b'","card_id":"tok_', hexadecimal("card", 12),
    b'","wallet_id":"w', decimal("account", 8),
)  # fmt: skip
_WHEN = together("when of HA", choice("currency", CURRENCIES), b'","event_ts":"', text("event_ts", 27))


def head(shape: Shape) -> Parts:
    """Everything before the payload, in the order of the contract."""
    name = REFERENCES[shape.kind].encode()
    reference = joined(b'"', name, b'":"lr', hexadecimal("lifecycle"), b'",')
    correction = joined(
        b'"corrects_ref":"', text("corrects_ref", 32), b'","correction_seq":', decimal("sequence", 1), b","
    )
    return joined(
        b'{"source_system":"HA","event_id":"', text("event_id", 32),
        b'","event_type":"', TYPES[shape.kind].encode(),
        b'","status":"', b"REVERSED" if shape.kind == REVERSED else b"APPROVED",
        b'","network":"', _OF_WHOM,
        b'","amount":', amount(shape),
        b',"currency":"', _WHEN, b'",',
        () if shape.bare else reference,
        correction if shape.correcting else (),
        b'"trace_id":"', hexadecimal("trace"), b'",',
    )  # fmt: skip
