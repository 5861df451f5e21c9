"""One clock for a run: wall time anchored once, then advanced by the monotonic clock alone."""

from __future__ import annotations

import time
from dataclasses import dataclass

SECONDS = 1.0
MINUTES = 60.0
US = 1_000_000


@dataclass(frozen=True)
class Anchor:
    """A wall instant and the monotonic instant at which it was read, shared by all processes of a run."""

    wall_us: int
    monotonic_us: int

    def now_us(self) -> int:
        return self.wall_us + time.monotonic_ns() // 1_000 - self.monotonic_us

    def wall_of(self, monotonic: float) -> int:
        return int(monotonic * US) - self.monotonic_us + self.wall_us

    def to_json(self) -> dict[str, int]:
        return {"wall_us": self.wall_us, "monotonic_us": self.monotonic_us}

    @staticmethod
    def from_json(data: dict[str, int]) -> Anchor:
        return Anchor(int(data["wall_us"]), int(data["monotonic_us"]))


def anchor() -> Anchor:
    """Read both clocks back to back; the one place where the wall clock is believed."""
    return Anchor(time.time_ns() // 1_000, time.monotonic_ns() // 1_000)


def utc_stamp(wall_us: int) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(wall_us // US))
