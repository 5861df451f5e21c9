"""The shares that a traffic profile declares and that the statistics measure, by name."""

from __future__ import annotations

from typing import Final

REPEATED: Final = "facts that occur more than once"
BYTES_AGAIN: Final = "facts of which bytes were sent again"
SEVERAL_IDS: Final = "facts under several ids"
TWINS: Final = "facts that are the twin of an earlier one"
INVALID: Final = "events that break the contract"
OUT_OF_ORDER: Final = "captured payments with the capture first"
LATE: Final = "facts more than a minute old on arrival"
ADDITIVE: Final = "events with fields unknown to the contract"
CORRECTS: Final = "facts that correct or reverse another"
HOTTEST: Final = "facts of the hottest merchant"

SHARES: Final = (
    REPEATED, BYTES_AGAIN, SEVERAL_IDS, TWINS, INVALID, OUT_OF_ORDER, LATE, ADDITIVE, CORRECTS, HOTTEST,
)  # fmt: skip

LATE_S: Final = 55.0
"""What is late is so by a minute at least; the seconds below that are the producer's."""
