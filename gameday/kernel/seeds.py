"""One seed, one stream per purpose: a draw for lateness never shifts a draw for duplicates."""

from __future__ import annotations

import hashlib
import random


def stream_key(seed: int, purpose: str) -> int:
    """A 64-bit number that only this seed and this purpose give, on any machine."""
    digest = hashlib.blake2b(purpose.encode(), key=seed.to_bytes(16, "big", signed=True), digest_size=8)
    return int.from_bytes(digest.digest(), "big")


def stream(seed: int, purpose: str) -> random.Random:
    return random.Random(stream_key(seed, purpose))
