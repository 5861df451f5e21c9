"""AN: anomalies hop by hop. Positions, content and places that contradict each other."""

from __future__ import annotations

from gameday.kernel.verdict import SAFETY
from invariants.chain import columns, same
from invariants.declare import invariant

_HERE = "x.partition AS at_partition, x.src_offset AS at_offset"
_WITH_BYTES = ("broker", "raw", "dlq", "load")

_TWICE = "\nUNION ALL\n".join(
    f"""
SELECT min(x.uid) AS uid, min(x.copy) AS copy, '{hop}' AS hop, 'one coordinate more than once' AS what,
       {_HERE}
FROM {hop}_scan x GROUP BY {columns("x")} HAVING count(*) > 1"""
    for hop in ("broker", "raw")
)

AN2 = invariant(
    "AN2",
    "one send is at one offset of the broker, and one coordinate is once at the broker and once in raw",
    SAFETY,
    judged="SELECT count(*) FROM broker_scan",
    at_least=1,
    offenders=f"""
SELECT s.uid, s.copy, 'broker' AS hop, 'one send at two offsets' AS what, s.partition AS at_partition,
       s.src_offset AS at_offset
FROM surplus s WHERE s.kind = 'duplicate'
UNION ALL
{_TWICE}""",
    order_by="at_partition, at_offset",
    unit="rows too many",
    implies=("U3", "AN3", "P1"),
    hint="at the broker: retries without idempotence; in raw: a batch replayed under another name",
)

_OTHER_BYTES = "\nUNION ALL\n".join(
    f"""
SELECT min(x.uid) AS uid, min(x.copy) AS copy, '{hop}' AS hop, 'two records at one coordinate' AS what,
       {_HERE}
FROM {hop}_scan x GROUP BY {columns("x")}
HAVING min(x.body_hash) <> max(x.body_hash) OR min(x.uid) <> max(x.uid) OR min(x.copy) <> max(x.copy)"""
    for hop in _WITH_BYTES
)

AN3 = invariant(
    "AN3",
    "one coordinate holds one record at each hop, and stands for one event in curated",
    SAFETY,
    judged="SELECT count(*) FROM broker_scan",
    at_least=1,
    offenders=f"""{_OTHER_BYTES}
UNION ALL
SELECT min(x.uid) AS uid, min(x.copy) AS copy, 'broker' AS hop, 'two sends were told one coordinate' AS what,
       {_HERE}
FROM named x GROUP BY {columns("x")} HAVING min(x.body_hash) <> max(x.body_hash)
UNION ALL
SELECT min(x.uid) AS uid, min(x.copy) AS copy, 'curated' AS hop, 'two events from one coordinate' AS what,
       {_HERE}
FROM (SELECT c.uid, c.copy, {columns("c")} FROM curated_scan c
      UNION ALL
      SELECT s.uid, s.copy, {columns("s")} FROM suppressed_scan s) x
GROUP BY {columns("x")} HAVING min(x.uid) <> max(x.uid) OR min(x.copy) <> max(x.copy)""",
    order_by="at_partition, at_offset, hop",
    unit="coordinates",
    implies=("AN2", "U4", "Z7", "Z8", "AN6"),
    hint="two logs under one name: an unclean election, a topic made anew, a file registered twice",
)

_FAILED = """SELECT p.{key}, min(p.uid) AS sent_uid, min(p.copy) AS sent_copy FROM planned p
      WHERE p.body_hash IS NOT NULL
      GROUP BY p.{key} HAVING max(CASE WHEN p.outcome = 'FAIL' THEN 0 ELSE 1 END) = 0"""
_FAILED_YET_HERE = "\nUNION ALL\n".join(
    f"""
SELECT f.sent_uid AS uid, f.sent_copy AS copy, '{hop}' AS hop, {_HERE}
FROM ({_FAILED.format(key="body_hash")}) f JOIN {hop}_scan x ON x.body_hash = f.body_hash"""
    for hop in _WITH_BYTES
)

AN5 = invariant(
    "AN5",
    "what surely failed is visible at no hop",
    SAFETY,
    judged="SELECT count(*) FROM send WHERE outcome = 'FAIL'",
    offenders=f"""{_FAILED_YET_HERE}
UNION ALL
SELECT x.uid, x.copy, 'curated' AS hop, {_HERE}
FROM (SELECT p.uid, p.copy FROM planned p GROUP BY p.uid, p.copy
      HAVING max(CASE WHEN p.outcome = 'FAIL' THEN 0 ELSE 1 END) = 0) f
JOIN curated_scan x ON x.uid = f.uid AND x.copy = f.copy""",
    order_by="at_partition, at_offset, hop",
    unit="failed sends seen",
    implies=("Z7", "B1", "U3", "Z4"),
    hint="an aborted transaction that a reader saw, or a failure that was none: it must be UNKNOWN",
)

# What a hop hands on, against what it was given: the first hop that differs is the one that changed it.
_HANDED_ON = "\nUNION ALL\n".join(
    f"""
SELECT x.uid, x.copy, '{hop}' AS hop, 'bytes' AS what, {_HERE}
FROM {before}_scan g JOIN {hop}_scan x ON {same("g", "x")}
WHERE x.body_hash IS NULL OR x.body_hash <> g.body_hash"""
    for before, hop in (("broker", "raw"), ("raw", "dlq"), ("raw", "load"))
)

AN6 = invariant(
    "AN6",
    "each hop hands on what it was given at that coordinate: same bytes, then the same business content",
    SAFETY,
    judged="SELECT count(*) FROM raw_scan",
    at_least=1,
    offenders=f"""
SELECT s.uid, s.copy, 'broker' AS hop, 'bytes' AS what, s.partition AS at_partition,
       s.src_offset AS at_offset
FROM surplus s WHERE s.kind = 'changed'
UNION ALL
{_HANDED_ON}
UNION ALL
SELECT x.uid, x.copy, 'curated' AS hop, 'business columns' AS what, {_HERE}
FROM load_scan g JOIN curated_scan x ON {same("g", "x")}
WHERE g.canonical_hash IS NOT NULL AND (x.canonical_hash IS NULL OR x.canonical_hash <> g.canonical_hash)
UNION ALL
SELECT x.uid, x.copy, 'curated' AS hop, 'suppressed as another event' AS what, {_HERE}
FROM load_scan g JOIN suppressed_scan x ON {same("g", "x")}
WHERE g.uid <> x.uid OR g.copy <> x.copy""",
    order_by="at_partition, at_offset, hop",
    unit="events changed",
    implies=("Z8", "Z4", "B1", "AN14", "AN7", "P1"),
    hint="only the hop that is named changed it: what came before is as it was sent",
)

AN7 = invariant(
    "AN7",
    "everything is where it belongs: a key in one partition, an event on its date and with its merchant",
    SAFETY,
    judged="SELECT count(*) FROM attempts WHERE src_offset IS NOT NULL",
    at_least=1,
    offenders=f"""
SELECT x.uid, x.copy, 'broker' AS hop, 'another partition of its key' AS what, {_HERE}
FROM (SELECT a.uid, a.copy, a.partition, a.src_offset,
             first_value(a.partition) OVER (PARTITION BY a.cluster, a.topic, a.key
                                            ORDER BY a.seq, a.copy, a.attempt, a.uid) AS home
      FROM attempts a WHERE a.src_offset IS NOT NULL AND a.key IS NOT NULL) x
WHERE x.partition <> x.home
UNION ALL
SELECT x.uid, x.copy, 'load' AS hop, 'another date' AS what, {_HERE}
FROM load_scan x JOIN attempts a ON {same("a", "x")}
WHERE a.class <> 'invalid' AND (x.event_ts IS NULL OR x.event_ts <> a.event_ts)
UNION ALL
SELECT x.uid, x.copy, 'curated' AS hop,
       CASE WHEN x.merchant_id <> i.merchant_id THEN 'another merchant'
            WHEN x.payment_id <> i.payment_id THEN 'another payment' ELSE 'another date' END AS what, {_HERE}
FROM curated_scan x JOIN intent i ON i.uid = x.uid AND i.copy = x.copy
WHERE x.merchant_id <> i.merchant_id OR x.payment_id <> i.payment_id
   OR x.event_ts IS NULL OR x.event_ts <> i.event_ts""",
    order_by="at_partition, at_offset, hop",
    unit="misplaced",
    implies=("B1", "Z8", "O3", "AN14", "U3"),
    hint="a partitioner that is not a function of the key, a time zone, a join on the wrong column",
)

# Per key, as a driver of transactions would recount it: number, sum, least and greatest amount.
_PER_KEY = """
SELECT k.payment_id, max(k.uid) AS uid,
       sum(CASE WHEN k.side = 'truth' THEN 1 ELSE 0 END) AS n_truth,
       sum(CASE WHEN k.side = 'curated' THEN 1 ELSE 0 END) AS n_curated,
       sum(CASE WHEN k.side = 'truth' THEN k.amount ELSE cast(0 AS decimal(38,0)) END) AS sum_truth,
       sum(CASE WHEN k.side = 'curated' THEN k.amount ELSE cast(0 AS decimal(38,0)) END) AS sum_curated,
       min(CASE WHEN k.side = 'truth' THEN k.amount END) AS min_truth,
       min(CASE WHEN k.side = 'curated' THEN k.amount END) AS min_curated,
       max(CASE WHEN k.side = 'truth' THEN k.amount END) AS max_truth,
       max(CASE WHEN k.side = 'curated' THEN k.amount END) AS max_curated
FROM (SELECT 'truth' AS side, i.payment_id, e.uid, cast(i.amount_minor AS decimal(38,0)) AS amount
      FROM expected_event e
      JOIN (SELECT uid, min(payment_id) AS payment_id, min(amount_minor) AS amount_minor FROM intent
            WHERE class <> 'invalid' GROUP BY uid) i ON i.uid = e.uid
      WHERE e.pending_all = 0
      UNION ALL
      SELECT 'curated' AS side, c.payment_id, c.uid, cast(c.amount_minor AS decimal(38,0)) AS amount
      FROM curated_scan c LEFT JOIN expected_event p ON p.uid = c.uid AND p.pending_all = 1
      WHERE p.uid IS NULL) k
GROUP BY k.payment_id"""

AN14 = invariant(
    "AN14",
    "per key, number, sum, least and greatest amount of curated are those recounted from the ledger",
    SAFETY,
    judged=f"SELECT count(*) FROM ({_PER_KEY}) g",
    at_least=1,
    offenders=f"""
SELECT 'curated' AS hop, g.uid, g.payment_id, g.n_truth, g.n_curated, g.sum_truth, g.sum_curated,
       g.min_truth, g.min_curated, g.max_truth, g.max_curated
FROM ({_PER_KEY}) g
WHERE g.n_truth <> g.n_curated OR g.sum_truth <> g.sum_curated
   OR coalesce(g.min_truth, -1) <> coalesce(g.min_curated, -1)
   OR coalesce(g.max_truth, -1) <> coalesce(g.max_curated, -1)""",
    order_by="payment_id",
    unit="keys that differ",
    implies=("B1",),
    hint="B1 says in which hour, the Z and U families which event; what cancels out there shows here",
)
