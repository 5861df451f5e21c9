"""What scenarios ask for: the invariants that always hold, and those that take a target."""

from __future__ import annotations

from functools import cache

from gameday.kernel.catalog import values_in
from gameday.kernel.clock import US
from gameday.kernel.verdict import Invariant
from invariants.an import AN2
from invariants.b import B1
from invariants.f import F3
from invariants.h import H0, H1, H3, H4
from invariants.l import L1
from invariants.o import O3
from invariants.q import Q4
from invariants.r import R1, R6
from invariants.u import U1, U2, U3, U4, U5
from invariants.v import V2
from invariants.w import W1, W2
from invariants.z import Z1, Z2, Z3, Z4, Z7, Z8

# H2 and M3 are missing on purpose: they are judged after the proof, over rows that the proof writes.
ALWAYS: tuple[Invariant, ...] = (
    *(H0, H1, H3, H4),
    *(Z1, Z2, Z3, Z4, Z7, Z8),
    *(U1, U2, U3, U4, U5),
    *(O3, AN2, B1, Q4),
)

# What can be asked where the broker is the only hop; R6 is shown, since its target is the asker's.
BROKERS_ALONE: tuple[Invariant, ...] = (H0, H1, H3, H4, W1, W2, O3)
ON_BROKERS = frozenset({one.id for one in BROKERS_ALONE} | {"H2", "M3", "R6"})


@cache
def everything() -> dict[str, Invariant]:
    """Every invariant of this package by id, found by looking into its files."""
    found = values_in("invariants", Invariant, key=lambda one: one.id)
    return {id: found[id] for id in sorted(found)}


def behind_brokers() -> tuple[Invariant, ...]:
    """All that can be asked where a pipeline reads the broker: there Z and U say what W says, and more."""
    return tuple(one for one in everything().values() if one not in (W1, W2))


def elected_within(seconds: float) -> Invariant:
    """R6: another leader for every partition of the victim."""
    return R6.at(within_us=seconds * US)


def fresh_within(seconds: float, *, grace: float = 30.0) -> Invariant:
    """F3: P95 of the time to curated, outside faults and `grace` seconds after them."""
    return F3.at(fresh_us=seconds * US, grace_us=grace * US)


def lag_back_within(seconds: float, *, never_above: float = 300.0) -> Invariant:
    """L1: lag back in its band after the last heal."""
    return L1.at(back_us=seconds * US, max_us=never_above * US)


def rto_within(seconds: float, hop: str | None = None) -> Invariant:
    """R1: stable service after the bite, at one hop or at all; without this, each hop's own promise."""
    return R1.at(**{f"rto_us.{hop}" if hop else "rto_us": seconds * US})


def landing_unaffected(good_share: float = 0.9995) -> Invariant:
    """V2: share of good samples of raw while the warehouse or a link to it is hurt."""
    return V2.at(good_share=good_share)
