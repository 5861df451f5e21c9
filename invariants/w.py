"""W: what was written at the brokers, where nothing runs behind them: all that a bare load test can prove."""

from __future__ import annotations

from gameday.kernel.verdict import SAFETY
from invariants.declare import invariant

W1 = invariant(
    "W1",
    "every acknowledged attempt is at the broker, at the coordinates that the acknowledgement named",
    SAFETY,
    judged="SELECT count(*) FROM attempts WHERE outcome = 'ACK'",
    at_least=1,
    offenders="""
SELECT a.uid, a.copy, a.attempt, 'broker' AS hop, a.told_partition AS at_partition,
       a.told_offset AS at_offset, a.t_done
FROM attempts a WHERE a.outcome = 'ACK' AND a.src_offset IS NULL""",
    order_by="t_done NULLS LAST, uid, copy, attempt",
    unit="attempts lost",
    implies=("Z1", "Z2", "W2"),
    hint="acks, min.insync.replicas, unclean election",
)

W2 = invariant(
    "W2",
    "nothing is at the broker that no send explains: no second copy, no other bytes, no failed send",
    SAFETY,
    judged="SELECT count(*) FROM broker_scan",
    at_least=1,
    offenders="""
SELECT s.uid, s.copy, 'broker' AS hop, s.kind AS what, s.partition AS at_partition, s.src_offset AS at_offset
FROM surplus s""",
    order_by="at_partition, at_offset",
    unit="rows too many",
    implies=("W1", "AN2", "Z7", "Z8", "B1", "U3"),
    hint="retries without idempotence, two load processes with the same slice, another run's data",
)
