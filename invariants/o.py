"""O: order does not matter, except where it is promised; what comes late is included in time."""

from __future__ import annotations

from gameday.kernel.verdict import MEASURE, SAFETY
from invariants.chain import target
from invariants.declare import invariant, tried

O1 = tried(
    "O1",
    "curated is a function of the set of raw facts: recomputed in any order and any pieces, it is the same",
    what="recomputations that differ",
    implies=("U6",),
    hint="compare the first row that differs: which column was decided by what came first?",
)

# One-sided binomial bound at 95 % on the share beyond the target; few late events allow none.
_ALLOWED = "greatest(floor(0.05e0 * count(*) - 1.645e0 * sqrt(0.0475e0 * count(*))), 0)"
_LATE = f"a.is_open = 1 OR a.age_us > {target('O2', 'within_us')}"

O2 = invariant(
    "O2",
    "late events are included in time: P95 from their arrival at the broker to curated within the target",
    MEASURE,
    judged="SELECT count(*) FROM freshness WHERE lane = 'late'",
    at_least=1,
    offenders=f"""
SELECT a.uid, a.copy, a.attempt, 'curated' AS hop, a.age_us, a.t_due, l.n AS of_events, l.beyond, l.allowed
FROM freshness a
JOIN (SELECT a.lane, count(*) AS n, {_ALLOWED} AS allowed,
             sum(CASE WHEN {_LATE} THEN 1 ELSE 0 END) AS beyond
      FROM freshness a GROUP BY a.lane) l ON l.lane = a.lane AND l.beyond > l.allowed
WHERE a.lane = 'late' AND ({_LATE})""",
    order_by="age_us DESC, uid, copy, attempt",
    figure="""SELECT min(p.age_us) / 1e6 FROM (
  SELECT a.age_us, row_number() OVER (ORDER BY a.age_us) AS nth, count(*) OVER () AS n
  FROM freshness a WHERE a.lane = 'late') p
WHERE p.nth >= 0.95e0 * p.n""",
    unit="s P95",
    aim=f"{target('O2', 'within_us')} / 1e6",
    targets={"within_us": 120_000_000},
    implies=("F3", "L1", "R1"),
    hint="late events take the way of all others: a lane of their own that is served last?",
)

O3 = invariant(
    "O3",
    "per key in one partition, the offsets of acknowledged first attempts follow the order of sending",
    SAFETY,
    judged="SELECT count(*) FROM attempts WHERE outcome = 'ACK' AND attempt = 0 AND src_offset IS NOT NULL",
    at_least=1,
    offenders="""
SELECT x.uid, x.copy, 'broker' AS hop, x.key, x.seq, x.src_offset AS at_offset, x.partition AS at_partition,
       x.earlier_uid, x.earlier_offset
FROM (SELECT a.uid, a.copy, a.key, a.seq, a.partition, a.src_offset,
             lag(a.uid) OVER (PARTITION BY a.cluster, a.topic, a.partition, a.key
                              ORDER BY a.seq, a.copy) AS earlier_uid,
             lag(a.src_offset) OVER (PARTITION BY a.cluster, a.topic, a.partition, a.key
                                     ORDER BY a.seq, a.copy) AS earlier_offset
      FROM attempts a WHERE a.outcome = 'ACK' AND a.attempt = 0) x
WHERE x.earlier_offset > x.src_offset""",
    order_by="at_partition, at_offset",
    unit="inversions",
    hint="more than one request in flight without idempotence, or a key that moved between producers",
)
