"""Deliberate weakenings, for drills that must show the damage; off unless allowed and asked for."""

import os
from collections.abc import Iterable
from typing import Final

NO_LOAD_LEDGER: Final = "no_load_ledger"
"""The loader trusts a local file instead of the ledger, and raw.events has no primary key."""

KNOWN: Final = frozenset({NO_LOAD_LEDGER})
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
