"""F: freshness and deadlines, outside faults and their grace, judged by how many events exceed the target."""

from __future__ import annotations

from gameday.kernel.verdict import MEASURE, SAFETY, Invariant
from invariants.chain import target
from invariants.declare import invariant

AT_LEAST = 1_000  # a 95th percentile of fewer says nothing

# One-sided binomial bound at 95 %: 38 of 1,000 may be beyond a P95 target, and none of 50. Late events are
# few by design: they are judged whatever their number.
ALLOWED = "greatest(floor(0.05e0 * count(*) - 1.645e0 * sqrt(0.0475e0 * count(*))), 0)"


def _fresh(
    id: str, says: str, hop: str, ages: str, seconds: int, parts: tuple[str, ...] = (), *, hint: str
) -> Invariant:
    """P95 of the age at which events became visible at a hop, on time and late ones apart.

    `ages` is a source of lane, uid, copy, attempt, t_due, is_open and age_us.
    """
    beyond = f"a.is_open = 1 OR a.age_us > {target(id, 'fresh_us')}"
    lanes = f"""SELECT a.lane, count(*) AS n, {ALLOWED} AS allowed,
             sum(CASE WHEN {beyond} THEN 1 ELSE 0 END) AS beyond
      FROM {ages} a GROUP BY a.lane"""
    return invariant(
        id,
        says,
        MEASURE,
        judged=f"SELECT count(*) FROM {ages} a WHERE a.lane = 'on time'",
        at_least=AT_LEAST,
        offenders=f"""
SELECT a.uid, a.copy, a.attempt, '{hop}' AS hop, a.lane, a.age_us, a.t_due, l.n AS of_events, l.beyond,
       l.allowed
FROM {ages} a
JOIN ({lanes}) l ON l.lane = a.lane AND l.beyond > l.allowed AND (l.n >= {AT_LEAST} OR l.lane = 'late')
WHERE {beyond}""",
        order_by="age_us DESC, uid, copy, attempt",
        figure=f"""SELECT min(p.age_us) / 1e6 FROM (
  SELECT a.age_us, row_number() OVER (ORDER BY a.age_us) AS nth, count(*) OVER () AS n
  FROM {ages} a WHERE a.lane = 'on time') p
WHERE p.nth >= 0.95e0 * p.n""",
        unit="s P95",
        aim=f"{target(id, 'fresh_us')} / 1e6",
        targets={"fresh_us": seconds * 1_000_000, "grace_us": 30_000_000},
        implies=("L1", "R1", "V4", "O2"),
        parts=parts,
        hint=hint,
    )


F1 = _fresh(
    "F1",
    "fraud features are fresh: P95 within the target, on-time events from due, late ones from the broker",
    "features",
    "(SELECT * FROM mart_freshness WHERE hop = 'features')",
    60,
    parts=("features",),
    hint="compare the latency of curated with that of the features: the difference is their own",
)

F2 = _fresh(
    "F2",
    "analytics are fresh: P95 within the target, on-time events from when due, late ones from the broker",
    "analytics",
    "(SELECT * FROM mart_freshness WHERE hop = 'analytics')",
    300,
    parts=("analytics",),
    hint="compare the latency of curated with that of the marts: the difference is their own",
)

F3 = _fresh(
    "F3",
    "curated is fresh: P95 within the target, on-time events from when due, late ones from the broker",
    "curated",
    "freshness",
    120,
    hint="compare the latency per hop: the first that grows is the bottleneck",
)

_READ_STALE = """SELECT 'features' AS hop, f.feature AS what, f.subject, f.t_read AS t, f.as_of, f.stale
  FROM feature_scan f
  UNION ALL
  SELECT 'reader' AS hop, r.query AS what, r.relation AS subject, r.t, r.as_of, r.stale
  FROM reader r WHERE r.error IS NULL AND r.as_of IS NOT NULL"""

F4 = invariant(
    "F4",
    "stale is marked: whoever reads a value older than the target sees that it is stale",
    SAFETY,
    judged=f"SELECT count(*) FROM ({_READ_STALE}) x",
    at_least=1,
    offenders=f"""
SELECT x.hop, x.what, x.subject, x.t - x.as_of AS age_us, x.t
FROM ({_READ_STALE}) x
WHERE x.t - x.as_of > {target("F4", "stale_us")} AND NOT coalesce(x.stale, false)""",
    order_by="t, what, subject",
    unit="stale reads unmarked",
    targets={"stale_us": 60_000_000},
    hint="staleness must be computed when the value is read, not when it is written",
)

# When each pointer first moved to the version that was promised for a deadline.
_PUBLISHED = """SELECT d.pointer, d.version, d.t_due, min(p.t) AS t_published
FROM deadline_truth d
LEFT JOIN publish_scan p ON p.pointer = d.pointer AND p.version = d.version AND p.moved
GROUP BY d.pointer, d.version, d.t_due"""

F5 = invariant(
    "F5",
    "every version is published by its deadline, in the zone of its entity",
    MEASURE,
    judged="SELECT count(*) FROM deadline_truth",
    at_least=1,
    offenders=f"""
SELECT 'publish' AS hop, x.pointer, x.version, x.t_due, x.t_published
FROM ({_PUBLISHED}) x WHERE x.t_published IS NULL OR x.t_published > x.t_due""",
    order_by="t_due, pointer, version",
    figure=f"""SELECT max(coalesce(x.t_published, w.t_end) - x.t_due) / 1e6
FROM ({_PUBLISHED}) x CROSS JOIN span w""",
    unit="s after the deadline",
    aim="0",
    implies=("R1",),
    hint="what it waited for: completeness, a gate, a lease; or the zone is not that of the entity",
)

F6 = invariant(
    "F6",
    "an audit extract is delivered within its target, per million events",
    MEASURE,
    judged="SELECT count(*) FROM extract_scan",
    at_least=1,
    offenders=f"""
SELECT 'extract' AS hop, x.extract_id, x.row_count, x.t_asked, x.t_delivered
FROM extract_scan x
WHERE x.t_delivered IS NULL
   OR x.t_delivered - x.t_asked > {target("F6", "within_us")} * greatest(x.row_count / 1e6, 1e0)""",
    order_by="t_asked, extract_id",
    figure="""SELECT max(coalesce(x.t_delivered, w.t_end) - x.t_asked) / 1e6
FROM extract_scan x CROSS JOIN span w""",
    unit="s",
    aim=f"{target('F6', 'within_us')} / 1e6",
    targets={"within_us": 120_000_000},
    hint="which part is slow: the scan of the journal, the proofs, or the delivery",
)

# What waited for the load, in the order in which it came; a gap counts only while something waited.
_GAPS = f"""SELECT g.t_seen, g.is_open, g.waiting_since,
       greatest(coalesce(g.before, g.waiting_since), g.waiting_since) AS t_from,
       g.t_seen - greatest(coalesce(g.before, g.waiting_since), g.waiting_since) AS gap_us
FROM (SELECT l.t_seen, l.is_open, lag(l.t_seen) OVER (ORDER BY l.t_seen) AS before,
             min(l.t_ready) OVER (ORDER BY l.t_seen
                                  ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS waiting_since
      FROM (SELECT v.t_visible AS t_seen, max(v.is_open) AS is_open, min(r.t_visible) AS t_ready
            FROM visible v
            JOIN visible r ON r.hop = 'raw' AND r.uid = v.uid AND r.copy = v.copy AND r.attempt = v.attempt
              AND r.is_open = 0
            WHERE v.hop = 'load' GROUP BY v.t_visible) l) g
LEFT JOIN fault_window w ON g.t_seen >= w.t_from
  AND greatest(coalesce(g.before, g.waiting_since), g.waiting_since)
      <= w.t_to + coalesce({target("F7", "grace_us")}, 0)
WHERE w.nr IS NULL"""

F7 = invariant(
    "F7",
    "the longest time without a load, while something waits for it, stays within its bound outside faults",
    MEASURE,
    judged=f"SELECT count(*) FROM ({_GAPS}) x",
    at_least=1,
    offenders=f"""
SELECT 'load' AS hop, x.t_from, x.t_seen, x.gap_us, x.is_open
FROM ({_GAPS}) x WHERE x.gap_us > {target("F7", "gap_us")}""",
    order_by="t_from",
    figure=f"SELECT max(x.gap_us) / 1e6 FROM ({_GAPS}) x",
    unit="s without a load",
    aim=f"{target('F7', 'gap_us')} / 1e6",
    targets={"gap_us": 30_000_000, "grace_us": 30_000_000},
    implies=("L1", "F3", "R1", "V4"),
    hint="a loader that waits for something it need not: a full batch, a poll interval, a breaker left open",
)
