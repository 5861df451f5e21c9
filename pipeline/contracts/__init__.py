"""Contracts of the producers: one file per dialect, each a pure function from wire bytes to an event.

A dialect file offers ``decode(value) -> Event | Invalid`` and nothing in it does I/O, so the
same function runs in a Spark worker, in a test and in a recomputation.
"""

from collections.abc import Callable
from typing import Final

from pipeline.contracts import dedup
from pipeline.contracts.event import Event, Invalid

CONTRACT_VERSION: Final = 1

Decoder = Callable[[bytes | None], Event | Invalid]

DECODERS: Final[dict[str, Decoder]] = {"DEDUP": dedup.decode}

__all__ = ["CONTRACT_VERSION", "DECODERS", "Decoder", "Event", "Invalid"]
