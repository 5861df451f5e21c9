"""Decode in the Python workers of Spark: the bytes of one Kafka record in, the decoded columns out."""

from hashlib import sha256
from typing import Final

from pipeline import raw_schema
from pipeline.contracts import CONTRACT_VERSION, Event, decode

Row = tuple[str | int | None, ...]

_STAMPS: Final = ("payload_sha256", "dialect", "contract_version")
_FROM_EVENT: Final = tuple(
    column.name for column in raw_schema.DECODED if column.name not in (*_STAMPS, "reason")
)
_NOTHING: Final = (None,) * len(_FROM_EVENT)


def decoded_row(value: bytes | None) -> Row:
    """``raw_schema.DECODED`` for one record."""
    dialect, found = decode(None if value is None else bytes(value))
    stamps = (sha256(value or b"").hexdigest(), dialect, CONTRACT_VERSION)
    if isinstance(found, Event):
        return (*stamps, *(getattr(found, name) for name in _FROM_EVENT), None)
    return (*stamps, *_NOTHING, found.reason)
