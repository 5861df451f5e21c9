"""References named after the step of a payment's life: each event has its own, any may be there."""

from typing import Final

from pipeline.contracts import fields

NAMES: Final = ("network_ref", "capture_id", "refund_id", "case_id")


def own(record: fields.JsonObject, name: str) -> str | None:
    """The event's own reference. The others are checked as well, and kept among the attributes."""
    return {each: fields.optional_text(record, each) for each in NAMES}[name]
