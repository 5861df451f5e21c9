"""Deliberate weakenings, for drills that must show the damage; off unless allowed and asked for."""

import os
from collections.abc import Iterable
from typing import Final

NO_LOAD_LEDGER: Final = "no_load_ledger"
"""The loader trusts a local file instead of the ledger, and raw.events has no primary key."""

COMMIT_BEFORE_WRITE: Final = "commit_before_write"
"""The landing writes a batch only once Spark has committed its offsets."""

SKIP_VANISHED: Final = "skip_vanished"
"""The landing goes on where offsets have vanished from the topic, as if nothing had been there."""

NEW_BATCH_IDS: Final = "new_batch_ids"
"""The landing names batches after its own life, so a batch that is replayed gets another name."""

TIGHT_WATERMARK: Final = "tight_watermark"
"""The landing drops rows whose event time is more than ten seconds behind, and writes nothing down."""

MERGE_ON_EVENT_ID: Final = "merge_on_event_id"
"""The curator merges raw rows on their event id, which repeats; curated has no primary key."""

KNOWN: Final = frozenset(
    {NO_LOAD_LEDGER, COMMIT_BEFORE_WRITE, SKIP_VANISHED, NEW_BATCH_IDS, TIGHT_WATERMARK, MERGE_ON_EVENT_ID}
)
PERMISSION: Final = "PIPELINE_ALLOW_WEAKNESSES"


class WeaknessRefused(Exception):
    """A weakness was asked for that is unknown or not allowed here."""


def checked(asked: Iterable[str]) -> frozenset[str]:
    """The weaknesses to apply, or :class:`WeaknessRefused`."""
    names = frozenset(asked)
    unknown = sorted(names - KNOWN)
    if unknown:
        raise WeaknessRefused(f"unknown weaknesses {unknown}; known are {sorted(KNOWN)}")
    if names and os.environ.get(PERMISSION) != "1":
        raise WeaknessRefused(
            f"weaknesses {sorted(names)} are asked for in the config but not allowed here; "
            f"set {PERMISSION}=1 if losing or doubling data is what you want"
        )
    return names
