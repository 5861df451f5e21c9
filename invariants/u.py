"""U: duplicates. Each identity once in curated, each suppression justified, each load applied once."""

from __future__ import annotations

from gameday.kernel.verdict import SAFETY
from invariants.chain import columns
from invariants.declare import invariant, tried

U1 = invariant(
    "U1",
    "no event has its effect twice: an id is in curated at most once",
    SAFETY,
    judged="SELECT count(*) FROM curated_scan",
    at_least=1,
    offenders="""
SELECT x.uid, x.copy, 'curated' AS hop, count(*) AS n, min(x.container) AS container,
       max(x.container) AS another
FROM curated_scan x WHERE x.uid IS NOT NULL GROUP BY x.uid, x.copy HAVING count(*) > 1""",
    order_by="uid, copy",
    unit="ids more than once",
    implies=("U2", "B1"),
    hint="look for a merge on a key that is not unique, or a batch curated twice",
)

U2 = invariant(
    "U2",
    "business duplicates under other ids collapse: one row of each identity is in curated",
    SAFETY,
    judged="SELECT count(*) FROM (SELECT uid FROM intent WHERE class = 'dup_of' GROUP BY uid) e",
    at_least=1,
    offenders="""
SELECT x.uid, 'curated' AS hop, count(*) AS n, min(x.copy) AS copy, max(x.copy) AS another_copy
FROM curated_scan x JOIN (SELECT uid FROM intent WHERE class = 'dup_of' GROUP BY uid) e ON e.uid = x.uid
GROUP BY x.uid HAVING count(*) > 1""",
    order_by="uid",
    unit="identities more than once",
    implies=("U1", "U3", "B1"),
    hint="the business key must be a function of content alone",
)

U3 = invariant(
    "U3",
    "exactly the surplus rows of each identity are suppressed, each for a survivor of its own identity",
    SAFETY,
    judged="SELECT coalesce(sum(greatest(n_explained - 1, 0)), 0) FROM raw_identity",
    offenders="""
SELECT x.uid, 'curated' AS hop, 'count' AS what, min(y.event_type) AS event_type,
       min(y.merchant_id) AS merchant_id, sum(x.expected) AS expected, sum(x.suppressed) AS suppressed
FROM (SELECT r.uid, greatest(r.n_explained - 1, 0) AS expected, 0 AS suppressed FROM raw_identity r
      UNION ALL
      SELECT s.uid, 0 AS expected, 1 AS suppressed FROM suppressed_scan s) x
LEFT JOIN identity y ON y.uid = x.uid
LEFT JOIN (SELECT uid FROM expected_event WHERE pending_some = 1) p ON p.uid = x.uid
WHERE p.uid IS NULL
GROUP BY x.uid HAVING sum(x.expected) <> sum(x.suppressed)
UNION ALL
SELECT s.uid, 'curated' AS hop, 'survivor of another identity' AS what, min(y.event_type) AS event_type,
       min(y.merchant_id) AS merchant_id, 0 AS expected, count(*) AS suppressed
FROM suppressed_scan s LEFT JOIN identity y ON y.uid = s.uid
WHERE s.survivor_uid IS NULL OR s.survivor_uid <> s.uid
GROUP BY s.uid""",
    order_by="uid NULLS LAST, what",
    unit="identities",
    implies=("U5", "U2", "B1"),
    hint="compare the suppression ledger with the raw rows of the first offender that the broker explains",
)

U4 = invariant(
    "U4",
    "every load is applied once: ledger rows equal loaded rows per batch, no batch and no coordinate twice",
    SAFETY,
    judged="SELECT count(*) FROM loaded_batch",
    at_least=1,
    offenders=f"""
SELECT min(x.uid) AS uid, min(x.copy) AS copy, 'load' AS hop, 'coordinates more than once' AS what,
       min(x.container) AS container, cast(1 AS bigint) AS expected, count(*) AS seen, 0 AS rank
FROM load_scan x GROUP BY {columns("x")} HAVING count(*) > 1
UNION ALL
SELECT cast(NULL AS bigint) AS uid, cast(NULL AS int) AS copy, 'load' AS hop,
       CASE WHEN y.entries = 0 THEN 'batch without a ledger entry'
            WHEN y.entries > 1 THEN 'batch in the ledger more than once'
            ELSE 'rows differ from the ledger' END AS what,
       y.container, y.promised AS expected, y.loaded AS seen, 1 AS rank
FROM (SELECT b.container, sum(b.entries) AS entries, sum(b.promised) AS promised, sum(b.loaded) AS loaded
      FROM (SELECT l.container, 1 AS entries, l.row_count AS promised, 0 AS loaded FROM load_batch_scan l
            UNION ALL
            SELECT x.container, 0 AS entries, cast(0 AS bigint) AS promised, x.n AS loaded
            FROM loaded_batch x) b
      GROUP BY b.container) y
WHERE y.entries <> 1 OR y.promised <> y.loaded""",
    order_by="rank, container, uid NULLS LAST",
    unit="batches or coordinates",
    implies=("U3", "B1"),
    hint="a lost reply must be looked up in the load ledger inside the transaction",
)

U5 = invariant(
    "U5",
    "twins are not merged: both of two different events that look alike are in curated",
    SAFETY,
    judged="SELECT count(*) FROM intent WHERE class = 'twin_of'",
    at_least=1,
    offenders="""
SELECT t.uid, t.copy, 'curated' AS hop, w.other AS twin, min(t.t_done) AS t_done
FROM trail t
JOIN (SELECT i.uid, i.ref_uid AS other FROM intent i
      WHERE i.class = 'twin_of' AND i.ref_uid IS NOT NULL
      UNION ALL
      SELECT i.ref_uid AS uid, i.uid AS other FROM intent i WHERE i.class = 'twin_of') w
  ON w.uid = t.uid
WHERE t.class <> 'invalid' AND t.n_load IS NOT NULL AND t.n_curated IS NULL AND NOT t.pending
GROUP BY t.uid, t.copy, w.other""",
    order_by="uid, copy",
    unit="twins merged",
    implies=("U3", "B1", "Z1", "Z2"),
    hint="the business key is too coarse: something that tells the twins apart is not part of it",
)

U6 = tried(
    "U6",
    "the survivor of a class does not depend on order: recomputed in other orders and pieces, it is the same",
    what="classes with another survivor",
    implies=("O1",),
    hint="only content may decide: no time of arrival, no region, no position in a batch",
)
