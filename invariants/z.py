"""Z: loss. Every acknowledged event is accounted for at every hop, nothing appears that was never sent."""

from __future__ import annotations

from gameday.kernel.verdict import SAFETY
from invariants.chain import columns, same
from invariants.declare import invariant

_ACCOUNTED = "t.n_dlq IS NOT NULL OR t.n_curated IS NOT NULL OR t.n_survivors > 0"

Z1 = invariant(
    "Z1",
    "every acknowledged event is in curated, suppressed for a survivor in curated, or a dead letter",
    SAFETY,
    judged="SELECT count(*) FROM (SELECT uid FROM trail WHERE fate = 'demanded' GROUP BY uid, copy) e",
    at_least=1,
    offenders=f"""
SELECT e.uid, e.copy, h.name AS hop, e.t_done
FROM (SELECT t.uid, t.copy, min(t.t_done) AS t_done, min(o.ord) AS ord
      FROM trail t LEFT JOIN hop o ON o.name = t.first_missing_hop
      WHERE t.fate = 'demanded' GROUP BY t.uid, t.copy
      HAVING sum(CASE WHEN {_ACCOUNTED} OR t.pending THEN 1 ELSE 0 END) = 0) e
LEFT JOIN hop h ON h.ord = e.ord""",
    order_by="t_done NULLS LAST, uid, copy",
    unit="events lost",
    implies=("Z2", "B1", "U5"),
    hint="Z2 names the hop that lost it",
)

Z2 = invariant(
    "Z2",
    "every acknowledged attempt is at every hop, or among the dead letters",
    SAFETY,
    judged="SELECT count(*) FROM trail WHERE fate = 'demanded'",
    at_least=1,
    offenders="""
SELECT uid, copy, attempt, first_missing_hop AS hop, outcome,
       coalesce(partition, told_partition) AS at_partition, coalesce(src_offset, told_offset) AS at_offset,
       t_done
FROM trail WHERE lost""",
    order_by="t_done NULLS LAST, uid, copy, attempt",
    unit="attempts lost",
    implies=("Z1", "Z3", "Z4", "U3", "U5", "B1", "W1"),
    hint="at the broker: acks, min.insync.replicas, unclean election; later: a commit ahead of its write",
)

_SEEN_FORBIDDEN = "\nUNION ALL\n".join(
    f"""SELECT a.uid, a.copy, a.attempt, '{hop}' AS hop, 'not at the broker, yet here' AS what, a.t_due
FROM attempts a JOIN {hop}_scan x ON x.body_hash = a.body_hash
WHERE a.outcome = 'UNKNOWN' AND a.fate = 'forbidden'"""
    for hop in ("raw", "dlq", "load")
)

Z3 = invariant(
    "Z3",
    "an unknown send found at the broker is accounted for, and one not found there appears nowhere",
    SAFETY,
    judged="SELECT count(*) FROM trail WHERE outcome = 'UNKNOWN'",
    offenders=f"""
SELECT t.uid, t.copy, t.attempt, t.first_missing_hop AS hop, 'at the broker, then lost' AS what, t.t_due
FROM trail t WHERE t.outcome = 'UNKNOWN' AND t.lost
UNION ALL
{_SEEN_FORBIDDEN}
UNION ALL
SELECT a.uid, a.copy, a.attempt, 'curated' AS hop, 'not at the broker, yet here' AS what, a.t_due
FROM attempts a JOIN curated_scan x ON x.uid = a.uid AND x.copy = a.copy
WHERE a.outcome = 'UNKNOWN' AND a.fate = 'forbidden'""",
    order_by="t_due, uid, copy, attempt",
    unit="unknown sends",
    implies=("Z1", "Z2", "Z7", "B1"),
    hint="an unknown outcome must be looked up, never assumed",
)

Z4 = invariant(
    "Z4",
    "the dead letters are exactly the invalid events, once per coordinate, same bytes, right reason",
    SAFETY,
    judged="SELECT count(*) FROM expected_dead_letter",
    at_least=1,
    offenders=f"""
SELECT e.uid, e.copy, 'dlq' AS hop, 'missing' AS what, e.reason AS expected, cast(NULL AS string) AS seen,
       coalesce(e.partition, e.told_partition) AS at_partition,
       coalesce(e.src_offset, e.told_offset) AS at_offset
FROM expected_dead_letter e WHERE e.n_dlq IS NULL AND NOT e.pending
UNION ALL
SELECT x.uid, x.copy, 'dlq' AS hop, x.what, x.expected, x.seen, x.at_partition, x.at_offset
FROM (SELECT coalesce(i.uid, d.uid) AS uid, coalesce(i.copy, d.copy) AS copy, i.reason AS expected,
             d.reason AS seen, d.partition AS at_partition, d.src_offset AS at_offset,
             CASE WHEN b.body_hash IS NULL THEN 'no such record at the broker'
                  WHEN d.body_hash IS NULL OR d.body_hash <> b.body_hash THEN 'other bytes'
                  WHEN i.uid IS NULL THEN 'unplanned bytes'
                  WHEN i.class <> 'invalid' THEN 'valid event'
                  WHEN coalesce(d.reason, '') <> coalesce(i.reason, '') THEN 'other reason' END AS what
      FROM dlq_scan d
      LEFT JOIN broker_scan b ON {same("b", "d")}
      LEFT JOIN intent i ON i.body_hash = b.body_hash) x
WHERE x.what IS NOT NULL
UNION ALL
SELECT min(d.uid) AS uid, min(d.copy) AS copy, 'dlq' AS hop, 'more than once' AS what,
       min(d.reason) AS expected, max(d.reason) AS seen, d.partition AS at_partition,
       d.src_offset AS at_offset
FROM dlq_scan d GROUP BY {columns("d")} HAVING count(*) > 1""",
    order_by="at_partition NULLS LAST, at_offset NULLS LAST, what",
    unit="dead letters",
    implies=("Z1", "Z2", "Z7", "Q4", "B1"),
    hint="compare the contract check of the pipeline with the reason that the plan states",
)

Z5 = invariant(
    "Z5",
    "no gap of the source is silent: where raw skips records that existed, an alarm names the stretch",
    SAFETY,
    judged="SELECT count(*) FROM broker_scan",
    at_least=1,
    offenders="""
SELECT g.uid, g.copy, 'raw' AS hop, g.cluster, g.topic, g.partition AS at_partition, g.src_offset AS at_offset
FROM gap g
LEFT JOIN (SELECT a.cluster, a.topic, a.partition, a.from_offset, a.to_offset FROM alarm a
           CROSS JOIN (SELECT max(t_to) AS t_end FROM phase) p
           WHERE a.kind = 'gap' AND (p.t_end IS NULL OR a.t <= p.t_end)) m
  ON m.cluster = g.cluster AND m.topic = g.topic AND m.partition = g.partition
 AND m.from_offset <= g.src_offset AND m.to_offset > g.src_offset
WHERE m.topic IS NULL""",
    order_by="at_partition, at_offset",
    unit="records skipped in silence",
    hint="a reader that starts behind the log start, or skips what it cannot read, has to say so",
)

Z6 = invariant(
    "Z6",
    "no late event is dropped: every late one that was accepted is in curated, or suppressed for a survivor",
    SAFETY,
    judged="""SELECT count(*) FROM trail
WHERE fate = 'demanded' AND lateness_us > 0 AND class <> 'invalid'""",
    at_least=1,
    offenders="""
SELECT t.uid, t.copy, t.attempt, t.first_missing_hop AS hop, t.lateness_us, t.t_done
FROM trail t
WHERE t.lateness_us > 0 AND t.class <> 'invalid' AND t.lost""",
    order_by="lateness_us DESC, uid, copy, attempt",
    unit="late events dropped",
    implies=("Z1", "Z2", "U3", "U5", "B1"),
    hint="a watermark that drops in place of tagging, or a merge that looks at the newest partitions only",
)

# A broker may forget what it acknowledged (acks=1): that is a loss there, and no phantom behind it.
_PHANTOM_BY_COORDINATES = "\nUNION ALL\n".join(
    f"""SELECT x.uid, x.copy, '{hop}' AS hop, '{what}' AS what, x.partition AS at_partition,
       x.src_offset AS at_offset
FROM {table} x LEFT JOIN broker_scan b ON {same("b", "x")}
LEFT JOIN named k ON {same("k", "x")} AND {carries}
WHERE b.src_offset IS NULL AND k.src_offset IS NULL"""
    for hop, table, what, carries in (
        *(
            (hop, f"{hop}_scan", "no such record at the broker", "k.body_hash = x.body_hash")
            for hop in ("raw", "dlq", "load")
        ),
        (
            "curated",
            "suppressed_scan",
            "suppressed, no such record at the broker",
            "k.uid = x.uid AND k.copy = x.copy",
        ),
    )
)
_PHANTOM_BY_EVENT = "\nUNION ALL\n".join(
    f"""SELECT x.uid, x.copy, '{hop}' AS hop, '{what}' AS what, x.partition AS at_partition,
       x.src_offset AS at_offset
FROM {table} x
LEFT JOIN (SELECT uid, copy FROM attempts WHERE fate = 'demanded' GROUP BY uid, copy) k
  ON k.uid = x.uid AND k.copy = x.copy
WHERE k.uid IS NULL"""
    for hop, table, what in (
        ("curated", "curated_scan", "never sent"),
        ("curated", "suppressed_scan", "suppressed, never sent"),
    )
)

Z7 = invariant(
    "Z7",
    "nothing appears at any hop that was never sent, or whose send surely failed",
    SAFETY,
    judged="SELECT (SELECT count(*) FROM broker_scan) + (SELECT count(*) FROM curated_scan) AS n",
    at_least=1,
    offenders=f"""
SELECT s.uid, s.copy, 'broker' AS hop, s.kind AS what, s.partition AS at_partition, s.src_offset AS at_offset
FROM surplus s WHERE s.kind IN ('never attempted', 'failed, yet visible')
UNION ALL
{_PHANTOM_BY_COORDINATES}
UNION ALL
{_PHANTOM_BY_EVENT}""",
    order_by="at_partition, at_offset, what",
    unit="phantoms",
    implies=("B1", "U3", "Z4"),
    hint="a row without a send: another run's data, a ledger that lost entries, an aborted write seen",
)

_CHANGED = "\nUNION ALL\n".join(
    f"""SELECT a.uid, a.copy, '{hop}' AS hop,
       CASE WHEN x.body_hash = a.body_hash THEN 'business columns' ELSE 'bytes' END AS what,
       x.partition AS at_partition, x.src_offset AS at_offset
FROM {hop}_scan x JOIN attempts a ON {same("a", "x")}
WHERE x.body_hash IS NULL OR x.body_hash <> a.body_hash
   OR (a.class <> 'invalid' AND (x.canonical_hash IS NULL OR x.canonical_hash <> a.canonical_hash))"""
    for hop in ("raw", "load")
)

Z8 = invariant(
    "Z8",
    "no event changes on its way: same bytes up to the load, same business content in curated",
    SAFETY,
    judged="SELECT count(*) FROM curated_scan",
    at_least=1,
    offenders=f"""
SELECT s.uid, s.copy, 'broker' AS hop, 'bytes' AS what, s.partition AS at_partition, s.src_offset AS at_offset
FROM surplus s WHERE s.kind = 'changed'
UNION ALL
{_CHANGED}
UNION ALL
SELECT x.uid, x.copy, 'curated' AS hop, 'business columns' AS what, x.partition AS at_partition,
       x.src_offset AS at_offset
FROM curated_scan x JOIN intent i ON i.uid = x.uid AND i.copy = x.copy
WHERE i.canonical_hash IS NOT NULL AND (x.canonical_hash IS NULL OR x.canonical_hash <> i.canonical_hash)""",
    order_by="at_partition, at_offset, hop",
    unit="events changed",
    implies=("B1", "Z2", "Z1", "U3"),
    hint="compare the columns of the first offender with its intent: width, rounding and time zone first",
)
