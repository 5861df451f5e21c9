"""O: order where it is promised."""

from __future__ import annotations

from gameday.kernel.verdict import SAFETY
from invariants.declare import invariant

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
      FROM attempts a WHERE a.outcome = 'ACK' AND a.attempt = 0 AND a.src_offset IS NOT NULL) x
WHERE x.earlier_offset > x.src_offset""",
    order_by="at_partition, at_offset",
    unit="inversions",
    hint="more than one request in flight without idempotence, or a key that moved between producers",
)
