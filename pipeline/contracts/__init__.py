"""Contracts of the producers: one file per dialect, each a pure function from a JSON object to an event.

A dialect file offers ``event(record) -> Event``, which raises :class:`BrokenContract`, and nothing
in it does I/O, so the same function runs in a Spark worker, in a test and in a recomputation.
"""

from collections.abc import Callable
from typing import Final

from pipeline.contracts import dedup, dr, fields, ha
from pipeline.contracts.event import Event, Invalid

CONTRACT_VERSION: Final = 1

Decoder = Callable[[fields.JsonObject], Event]

DECODERS: Final[dict[str, Decoder]] = {"DEDUP": dedup.event, "DR": dr.event, "HA": ha.event}
SILENT: Final = "DEDUP"
"""The dialect of a record that does not say where it comes from."""


def decode(value: bytes | None) -> tuple[str | None, Event | Invalid]:
    """The dialect of these bytes if they tell it; the canonical event in them, or why there is none."""
    dialect = None
    try:
        record = fields.json_object(value)
        dialect = _dialect(record)
        return dialect, DECODERS[dialect](record)
    except fields.BrokenContract as error:
        return dialect, Invalid(str(error))


def _dialect(record: fields.JsonObject) -> str:
    if record.get("source_system") is None:
        return SILENT
    return fields.one_of(record, "source_system", DECODERS)


__all__ = ["CONTRACT_VERSION", "DECODERS", "Decoder", "Event", "Invalid", "decode"]
