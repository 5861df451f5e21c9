"""F: freshness of curated, outside faults and their grace, judged by how many events exceed the target."""

from __future__ import annotations

from gameday.kernel.verdict import MEASURE
from invariants.chain import target
from invariants.declare import invariant

AT_LEAST = 1_000  # a 95th percentile of fewer says nothing

# One-sided binomial bound at 95 %: 38 of 1,000 may be beyond a P95 target, and none of 50. Late events are
# few by design: they are judged whatever their number.
_ALLOWED = "greatest(floor(0.05e0 * count(*) - 1.645e0 * sqrt(0.0475e0 * count(*))), 0)"
_BEYOND = f"a.is_open = 1 OR a.age_us > {target('F3', 'fresh_us')}"
_LANES = f"""SELECT a.lane, count(*) AS n, {_ALLOWED} AS allowed,
             sum(CASE WHEN {_BEYOND} THEN 1 ELSE 0 END) AS beyond
      FROM freshness a GROUP BY a.lane"""

F3 = invariant(
    "F3",
    "curated is fresh: P95 within the target, on-time events from when due, late ones from the broker",
    MEASURE,
    judged="SELECT count(*) FROM freshness WHERE lane = 'on time'",
    at_least=AT_LEAST,
    offenders=f"""
SELECT a.uid, a.copy, a.attempt, 'curated' AS hop, a.lane, a.age_us, a.t_due, l.n AS of_events, l.beyond,
       l.allowed
FROM freshness a
JOIN ({_LANES}) l ON l.lane = a.lane AND l.beyond > l.allowed AND (l.n >= {AT_LEAST} OR l.lane = 'late')
WHERE {_BEYOND}""",
    order_by="age_us DESC, uid, copy, attempt",
    figure="""SELECT min(p.age_us) / 1e6 FROM (
  SELECT a.age_us, row_number() OVER (ORDER BY a.age_us) AS nth, count(*) OVER () AS n
  FROM freshness a WHERE a.lane = 'on time') p
WHERE p.nth >= 0.95e0 * p.n""",
    unit="s P95",
    aim=f"{target('F3', 'fresh_us')} / 1e6",
    targets={"fresh_us": 120_000_000, "grace_us": 30_000_000},
    implies=("L1", "R1", "O2"),
    hint="compare the latency per hop: the first that grows is the bottleneck",
)
