"""What the bytes at the broker show: the same figures as a declaration, and the distributions behind them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loadgen.measures import (
    ADDITIVE,
    BYTES_AGAIN,
    CORRECTS,
    HOTTEST,
    INVALID,
    LATE,
    LATE_S,
    OUT_OF_ORDER,
    REPEATED,
    SEVERAL_IDS,
    TWINS,
)

Row = Mapping[str, Any]
_US = 1_000_000

# Bounds of the lateness histogram, in seconds.
LATENESS_BOUNDS = (0.1, 1, 10, 60, 600, 3_600, 6 * 3_600, 86_400, 7 * 86_400, 30 * 86_400, 365 * 86_400)
LATENESS_NAMES = (
    "≤ 0.1 s", "≤ 1 s", "≤ 10 s", "≤ 1 min", "≤ 10 min", "≤ 1 h", "≤ 6 h", "≤ 1 d", "≤ 7 d", "≤ 30 d",
    "≤ 1 y", "more",
)  # fmt: skip


@dataclass(frozen=True)
class Share:
    part: int
    whole: int

    @property
    def value(self) -> float:
        return self.part / self.whole if self.whole else 0.0


@dataclass(frozen=True)
class Measured:
    rows: int
    events: int  # distinct bytes
    facts: int
    shares: Mapping[str, Share]
    dialects: Mapping[str, Share]
    kinds: Mapping[str, Share]
    sizes: Mapping[str, float]  # mean in bytes by dialect, of events that keep the contract
    size_counts: Mapping[str, Counter[int]]  # by dialect, in steps of 50 bytes
    lz4_ratio: float
    factor: tuple[int, float, int]  # how often a repeated fact occurs: least, mean, most
    ach: Share
    merchants: int
    lateness: Sequence[int]  # per bucket of LATENESS_NAMES
    per_second: Sequence[int]


def measured(rows: Sequence[Row]) -> Measured:
    """Of rows of the table `broker_bytes`."""
    events = list({row["body_hash"]: row for row in rows}.values())
    first: dict[int, Row] = {}
    for row in sorted(rows, key=lambda r: (r["partition"], r["src_offset"])):
        if row["fact_hash"] is not None:
            first.setdefault(row["fact_hash"], row)
    facts = list(first.values())
    plain = [row for row in facts if not row["corrects"]]
    kept = [row for row in events if row["reason"] is None]
    sizes = defaultdict(list)
    for row in kept:
        sizes[row["dialect"]].append(row["size"])
    occurs = Counter(row["fact_hash"] for row in rows if row["fact_hash"] is not None)
    repeated = [n for n in occurs.values() if n > 1] or [0]
    merchants = Counter(row["merchant_id"] for row in facts)
    rails = Counter(row["rail"] for row in facts if row["rail"])
    packed = sum(row["packed"] for row in rows)
    return Measured(
        rows=len(rows),
        events=len(events),
        facts=len(facts),
        shares=_shares(rows, events, facts, plain, merchants),
        dialects=_of(Counter(row["dialect"] for row in facts)),
        kinds=_of(Counter(row["event_type"] for row in plain)),
        sizes={name: sum(found) / len(found) for name, found in sorted(sizes.items())},
        size_counts={name: Counter(n // 50 * 50 for n in found) for name, found in sorted(sizes.items())},
        lz4_ratio=sum(row["size"] for row in rows) / packed if packed else 0.0,
        factor=(min(repeated), sum(repeated) / len(repeated), max(repeated)),
        ach=Share(rails["ACH"], rails.total()),
        merchants=len(merchants),
        lateness=_lateness(facts),
        per_second=_per_second(rows),
    )


def _of(counts: Counter[str]) -> dict[str, Share]:
    return {name: Share(n, counts.total()) for name, n in sorted(counts.items())}


def _shares(
    rows: Sequence[Row],
    events: Sequence[Row],
    facts: Sequence[Row],
    plain: Sequence[Row],
    merchants: Counter[str],
) -> dict[str, Share]:
    copies = Counter(row["body_hash"] for row in rows)
    again = {row["fact_hash"] for row in rows if copies[row["body_hash"]] > 1} - {None}
    ids = defaultdict(set)
    for row in rows:
        if row["fact_hash"] is not None:
            ids[row["fact_hash"]].add(row["event_id_hash"])
    occurs = Counter(row["fact_hash"] for row in rows if row["fact_hash"] is not None)
    likenesses = {row["likeness_hash"] for row in plain}
    late = sum(row["sent_ts"] - row["event_ts"] > LATE_S * _US for row in facts)
    hottest = merchants.most_common(1)[0][1] if merchants else 0
    kept = [row for row in events if row["dialect"] and row["reason"] is None]
    return {
        REPEATED: Share(sum(times > 1 for times in occurs.values()), len(facts)),
        BYTES_AGAIN: Share(len(again), len(facts)),
        SEVERAL_IDS: Share(sum(len(found) > 1 for found in ids.values()), len(facts)),
        TWINS: Share(len(plain) - len(likenesses), len(plain)),
        INVALID: Share(sum(row["reason"] is not None for row in events), len(events)),
        OUT_OF_ORDER: _out_of_order(plain),
        LATE: Share(late, len(facts)),
        ADDITIVE: Share(sum(row["additive"] for row in kept), len(kept)),
        CORRECTS: Share(sum(row["corrects"] for row in facts), len(facts)),
        HOTTEST: Share(hottest, len(facts)),
    }


def _out_of_order(plain: Sequence[Row]) -> Share:
    """Payments of which both events lie in one partition: the capture before its authorisation."""
    seen: dict[tuple[int, int], dict[str, int]] = defaultdict(dict)
    for row in plain:
        kind = {"AUTHORIZATION": "auth", "CAPTURE": "capture", "CLEARING": "capture"}.get(row["event_type"])
        if kind:
            steps = seen[row["payment_hash"], row["partition"]]
            steps[kind] = min(steps.get(kind, row["src_offset"]), row["src_offset"])
    both = [steps for steps in seen.values() if len(steps) == 2]
    return Share(sum(steps["capture"] < steps["auth"] for steps in both), len(both))


def _lateness(facts: Sequence[Row]) -> list[int]:
    counts = [0] * len(LATENESS_NAMES)
    for row in facts:
        seconds = (row["sent_ts"] - row["event_ts"]) / _US
        counts[sum(seconds > bound for bound in LATENESS_BOUNDS)] += 1
    return counts


def _per_second(rows: Sequence[Row]) -> list[int]:
    if not rows:
        return []
    start = min(row["sent_ts"] for row in rows)
    counts = Counter((row["sent_ts"] - start) // _US for row in rows)
    return [counts[second] for second in range(max(counts) + 1)]
