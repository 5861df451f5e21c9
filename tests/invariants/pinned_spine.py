"""Histories of the spine of which everything is known."""

from __future__ import annotations

from tests.invariants.pinned import Pinned

PINNED: tuple[Pinned, ...] = ()
