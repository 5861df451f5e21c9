"""B: business totals. Count and money are conserved from the truth through raw to curated."""

from __future__ import annotations

from gameday.kernel.verdict import SAFETY
from invariants.declare import invariant

HOUR_US = 3_600_000_000

_FACTS = """SELECT '{tier}' AS tier, y.event_type, y.currency, y.event_ts, y.amount_minor
      FROM {source} s JOIN identity y ON y.uid = s.uid
      LEFT JOIN (SELECT uid FROM expected_event WHERE pending_all = 1) p ON p.uid = s.uid
      WHERE p.uid IS NULL"""

_SUMS = ",\n             ".join(
    f"sum(CASE WHEN f.tier = '{tier}' THEN 1 ELSE 0 END) AS n_{tier},\n"
    f"             sum(CASE WHEN f.tier = '{tier}' THEN cast(f.amount_minor AS decimal(38,0)) "
    f"ELSE cast(0 AS decimal(38,0)) END) AS sum_{tier}"
    for tier in ("truth", "raw", "curated")
)

GROUPS = f"""SELECT f.event_type, f.currency, f.event_ts - f.event_ts % {HOUR_US} AS hour_us,
             {_SUMS}
FROM ({_FACTS.format(tier="truth", source="expected_event")}
      UNION ALL
      {_FACTS.format(tier="raw", source="raw_identity")}
      UNION ALL
      SELECT 'curated' AS tier, c.event_type, c.currency, c.event_ts, c.amount_minor FROM curated_scan c) f
GROUP BY f.event_type, f.currency, f.event_ts - f.event_ts % {HOUR_US}"""

B1 = invariant(
    "B1",
    "count and money by type, currency and event hour: effective raw = curated = truth, to the minor unit",
    SAFETY,
    judged=f"SELECT count(*) FROM ({GROUPS}) g",
    at_least=1,
    offenders=f"""
SELECT CASE WHEN g.n_raw <> g.n_truth OR g.sum_raw <> g.sum_truth THEN 'raw' ELSE 'curated' END AS hop,
       g.event_type, g.currency, g.hour_us, g.n_truth, g.n_raw, g.n_curated,
       g.sum_truth, g.sum_raw, g.sum_curated
FROM ({GROUPS}) g
WHERE g.n_raw <> g.n_truth OR g.sum_raw <> g.sum_truth OR g.n_curated <> g.n_truth
   OR g.sum_curated <> g.sum_truth""",
    order_by="hour_us, event_type, currency",
    unit="groups that differ",
    hint="the Z and U families name the events behind a difference",
)
