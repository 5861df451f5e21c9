"""Clean but chaotic histories: resends, open outcomes, late events, pauses and faults, all of them legal."""

from __future__ import annotations

from random import Random

from invariants.bank.sheet import Sheet
from invariants.bank.told import sheet_of
from invariants.bank.traffic import Spec
from invariants.bank.world import World

# While the warehouse or the loader is away, landing has to keep its pace (V2): nothing else is hurt then.
_FAULTS = (
    (),
    ("broker",),
    ("landing",),
    ("loader",),
    ("warehouse",),
    ("broker", "broker"),
    ("broker", "landing"),
    ("loader", "loader"),
    ("warehouse", "warehouse"),
    ("broker", "broker", "landing"),
)


def chaotic(seed: int) -> Spec:
    """A legal history that no two seeds share: calm ones, stormy ones, and such of a single kind of noise."""
    draw = Random(f"chaos {seed}")
    wild = draw.choice((0.3, 1.0, 1.0, 3.0))

    def share(usual: float) -> float:
        return draw.choice((0.0, usual * wild, usual * wild * draw.random()))

    return Spec(
        seed=seed,
        events=draw.choice((1, 7, 40, 90, 160, 300)),
        keys=draw.choice((1, 3, 24, 200)),
        places=draw.choice((1, 2, 3, 6)),
        clusters=draw.choice((1, 1, 2)),
        duplicates=share(0.06),
        twins=share(0.04),
        invalid=share(0.06),
        late=share(0.1),
        resent=share(0.1),
        unknown=share(0.1),
        failed=share(0.05),
        untold=share(0.05),
        unsent=share(0.02),
        gaps=share(0.1),
        faults=draw.choice(_FAULTS),
        pauses=draw.choice((0, 1, 2, 5)),
        trigger_ms=draw.choice((200, 1000, 1000, 2000)),
    )


def history(seed: int) -> Sheet:
    return sheet_of(World(chaotic(seed)))
