"""AN: anomalies of one log. One send at two offsets, one coordinate twice."""

from __future__ import annotations

from gameday.kernel.verdict import SAFETY
from invariants.chain import columns
from invariants.declare import invariant

_TWICE = "\nUNION ALL\n".join(
    f"""
SELECT min(x.uid) AS uid, min(x.copy) AS copy, '{hop}' AS hop, 'one coordinate more than once' AS what,
       min(x.partition) AS at_partition, min(x.src_offset) AS at_offset
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
    implies=("U3",),
    hint="at the broker: retries without idempotence; in raw: a batch replayed under another name",
)
