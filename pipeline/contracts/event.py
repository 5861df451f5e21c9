"""The canonical event, its two content hashes, and what an invalid record becomes."""

from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Invalid:
    """A record that breaks its contract; ``reason`` names the first error in contract order."""

    reason: str


@dataclass(frozen=True, slots=True)
class Event:
    """One event in canonical form. ``event_id`` is a claim of the producer, not the identity."""

    event_id: str
    event_type: str
    source_event_type: str
    payment_id: str
    merchant_id: str
    account_id: str
    card_token: str
    lifecycle_ref: str | None
    corrects_ref: str | None
    correction_seq: int | None
    amount_minor: int
    currency: str
    exponent: int
    event_ts_us: int
    trace_id: str | None
    attributes: str
    n_attributes: int
    schema_ref: str | None = None
    rail: str | None = None
    wallet_id: str | None = None
    network: str | None = None
    status: str | None = None
    lifecycle_kind: str | None = None
    payment_derived: int = 0
    """1: the dialect has no id of the payment, so it was put together from other fields."""
    produced_ts_us: int | None = None

    @property
    def bk_hash(self) -> str:
        """The identity: events that agree in it are one business fact, whatever their ids."""
        return _digest(
            self.payment_id, self.event_type, self.lifecycle_ref, self.amount_minor,
            self.currency, self.event_ts_us, self.corrects_ref, self.correction_seq,
        )  # fmt: skip

    @property
    def canonical_hash(self) -> str:
        """All business fields; excludes ids, trace and attributes, which may differ between resends."""
        return _digest(
            self.event_type, self.payment_id, self.merchant_id, self.account_id, self.card_token,
            self.lifecycle_ref, self.corrects_ref, self.correction_seq,
            self.amount_minor, self.currency, self.event_ts_us,
        )  # fmt: skip


def _digest(*parts: str | int | None) -> str:
    text = "|".join("" if part is None else str(part) for part in parts)
    return sha256(text.encode()).hexdigest()
