"""What a load declares about its traffic: shares, sizes and mixes, worked out from the profile alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from loadgen.dialects import DIALECTS
from loadgen.lives import (
    CAPTURED_SHARE,
    CHARGED_BACK_SHARE,
    POPULATIONS,
    REFUNDED_SHARE,
    REVERSED_SHARE,
)
from loadgen.load import Load
from loadgen.measures import CORRECTS, HOTTEST, SHARES
from loadgen.rows import AUTHORIZED, CAPTURED, CHARGED_BACK, CLEARED, KINDS, REFUNDED, REVERSED


@dataclass(frozen=True)
class Declaration:
    """Shares lie between 0 and 1; sizes are means in bytes."""

    shares: Mapping[str, float]  # by names of loadgen.measures
    dialects: Mapping[str, float]
    kinds: Mapping[str, float]  # of facts that correct nothing
    sizes: Mapping[str, float]  # by dialect
    per_second: Sequence[int]  # plain events that are due


def declaration(load: Load) -> Declaration:
    kinds = {name: _kinds(name) for name in load.speaks}
    facts = {name: sum(kinds[name].values()) for name in load.speaks}
    return Declaration(
        _shares(load, facts),
        {name: facts[name] / sum(facts.values()) for name in load.speaks},
        _normal([kinds[name] for name in load.speaks]),
        {d.name: sum(d.sizes) / 2 for d in DIALECTS if d.name in load.speaks},
        np.bincount(load.curve.due(np.arange(load.curve.count, dtype=np.int64)) // 1_000_000).tolist(),
    )


def _kinds(dialect: str) -> dict[str, float]:
    """Facts of each kind for one payment."""
    captured = CLEARED if dialect == "DR" else CAPTURED
    reverses = REVERSED_SHARE if dialect == "HA" else 0.0
    expected = {
        AUTHORIZED: 1.0,
        captured: CAPTURED_SHARE,
        REFUNDED: CAPTURED_SHARE * REFUNDED_SHARE,
        CHARGED_BACK: CAPTURED_SHARE * CHARGED_BACK_SHARE,
        REVERSED: (1 - CAPTURED_SHARE) * reverses,
    }
    return {KINDS[kind]: share for kind, share in expected.items() if share}


def _normal(parts: list[dict[str, float]]) -> dict[str, float]:
    """Shares over all dialects, of what is no reversal."""
    total: dict[str, float] = {}
    for part in parts:
        for name, share in part.items():
            if name != KINDS[REVERSED]:
                total[name] = total.get(name, 0.0) + share
    return {name: share / sum(total.values()) for name, share in total.items()}


def _shares(load: Load, facts: Mapping[str, float]) -> dict[str, float]:
    """Independent causes of one thing add up as probabilities do."""
    misses = dict.fromkeys(SHARES, 1.0)
    merchants = POPULATIONS[load.population].merchants
    misses[HOTTEST] = 1 - 1 / sum(1 / n for n in range(1, merchants + 1))
    reversals = sum(_kinds(name).get(KINDS[REVERSED], 0.0) for name in load.speaks)
    misses[CORRECTS] = 1 - reversals / sum(facts.values())
    for transform in load.transforms:
        for name, share in transform.declares(load.curve).items():
            misses[name] *= 1 - share
    return {name: 1 - miss for name, miss in misses.items()}
