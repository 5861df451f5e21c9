"""LG: anomalies of one log, from the operations of its clients (AN1, AN2, AN3, AN5, AN8, AN18 where noted).

What is allowed by design is counted in the figure and offends nowhere.
"""

from __future__ import annotations

from gameday.kernel.verdict import MEASURE, SAFETY
from invariants.chain import target
from invariants.declare import invariant
from invariants.oplog import KEY, key, same_key

_POLLS = "SELECT count(*) FROM op_item WHERE kind = 'poll'"
_SENDS = "SELECT count(*) FROM op_item WHERE kind = 'send'"
_HOP = "'broker' AS hop"

LG1 = invariant(
    "LG1",
    "inconsistent offsets: one position of a log holds one value, whoever reads it",
    SAFETY,
    judged="SELECT count(*) FROM log_entry",
    at_least=1,
    offenders=f"""
SELECT {_HOP}, topic, partition AS at_partition, src_offset AS at_offset, count(*) AS n,
       min(content) AS content, max(content) AS another
FROM log_entry GROUP BY {KEY}, src_offset HAVING count(*) > 1""",
    order_by="at_partition, at_offset",
    unit="positions",
    implies=("LG2", "LG3", "LG7", "LG8"),
    hint="two logs under one name: a replica that kept what the others cut off",
)

LG2 = invariant(
    "LG2",
    "duplicate: a value lies at no more positions than it was sent times",
    SAFETY,
    judged="SELECT count(*) FROM log_value",
    at_least=1,
    offenders=f"""
SELECT {_HOP}, v.topic, v.partition AS at_partition, v.content, v.n, coalesce(s.n, 0) AS sent
FROM log_value v
LEFT JOIN (SELECT {KEY}, content, count(*) AS n FROM op_item
           WHERE kind = 'send' AND outcome <> 'FAIL' GROUP BY {KEY}, content) s
  ON {same_key("s", "v")} AND s.content = v.content
WHERE v.n > 1 AND v.n > coalesce(s.n, 0)""",
    order_by="at_partition, content",
    unit="values",
    hint="a retry without idempotence, or a transaction that was written again",
)

# Whatever lies before a value that an acknowledged poll returned had to be returned to somebody as well.
LG3 = invariant(
    "LG3",
    "lost write: no value that surely was written is jumped over by all who read further",
    SAFETY,
    judged="SELECT count(*) FROM log_value",
    at_least=1,
    offenders=f"""
SELECT {_HOP}, v.topic, v.partition AS at_partition, v.content, v.last_idx, b.bound
FROM log_value v
JOIN (SELECT r.cluster, r.topic, r.partition, max(f.first_idx) AS bound
      FROM op_item r JOIN log_value f ON {same_key("f", "r")} AND f.content = r.content
      WHERE r.kind = 'poll' AND r.outcome = 'ACK' GROUP BY {key("r")}) b ON {same_key("b", "v")}
JOIN (SELECT {key("s")}, s.content FROM op_item s JOIN op_written w ON w.op = s.op
      WHERE s.kind = 'send' GROUP BY {key("s")}, s.content) m
  ON {same_key("m", "v")} AND m.content = v.content
LEFT JOIN (SELECT {KEY}, content FROM op_item WHERE kind = 'poll' AND outcome = 'ACK'
           GROUP BY {KEY}, content) o ON {same_key("o", "v")} AND o.content = v.content
WHERE v.last_idx <= b.bound AND o.content IS NULL""",
    order_by="at_partition, last_idx",
    unit="writes lost",
    implies=("LG4", "LG8", "LG7"),
    hint="acknowledged before it was replicated, or an aborted transaction that was no abort",
)

LG4 = invariant(
    "LG4",
    "unseen: at the end, every acknowledged value was polled by somebody",
    SAFETY,
    judged=f"{_SENDS} AND outcome = 'ACK'",
    at_least=1,
    offenders=f"""
SELECT {_HOP}, s.uid, s.copy, s.topic, s.partition AS at_partition, s.src_offset AS at_offset, s.t_done
FROM op_item s
LEFT JOIN (SELECT {KEY}, content FROM op_item WHERE kind = 'poll' GROUP BY {KEY}, content) r
  ON {same_key("r", "s")} AND r.content = s.content
WHERE s.kind = 'send' AND s.outcome = 'ACK' AND r.content IS NULL""",
    order_by="t_done, at_partition, uid",
    unit="values unseen",
    implies=("LG3",),
    hint="lost, or the last polls ended too early: read to the highest position ever seen",
)

LG5 = invariant(
    "LG5",
    "aborted read (G1a): no acknowledged poll returns a value whose writer failed",
    SAFETY,
    judged=f"{_POLLS} AND outcome = 'ACK'",
    at_least=1,
    offenders=f"""
SELECT {_HOP}, r.uid, r.copy, r.process, r.topic, r.partition AS at_partition, r.src_offset AS at_offset
FROM op_item r
JOIN (SELECT {KEY}, content FROM op_item WHERE kind = 'send' GROUP BY {KEY}, content
      HAVING max(CASE WHEN outcome = 'FAIL' THEN 0 ELSE 1 END) = 0) f
  ON {same_key("f", "r")} AND f.content = r.content
WHERE r.kind = 'poll' AND r.outcome = 'ACK'""",
    order_by="at_partition, at_offset, process",
    unit="reads",
    hint="a reader without read_committed, or a failure that was none",
)

LG6 = invariant(
    "LG6",
    "precommitted read: no operation polls a value that it sends itself",
    SAFETY,
    judged=_POLLS,
    at_least=1,
    offenders=f"""
SELECT {_HOP}, r.uid, r.copy, r.process, r.op, r.topic, r.partition AS at_partition,
       r.src_offset AS at_offset
FROM op_item r JOIN op_item s
  ON s.kind = 'send' AND s.op = r.op AND {same_key("s", "r")} AND s.content = r.content
WHERE r.kind = 'poll'""",
    order_by="op, at_partition, at_offset",
    unit="reads",
    hint="the log shows what is not committed yet",
)

LG7 = invariant(
    "LG7",
    "inside one operation, polls of a partition neither skip nor step back, unless it was rebalanced",
    SAFETY,
    judged="SELECT count(*) FROM log_inside WHERE kind = 'poll'",
    at_least=1,
    offenders=f"""
SELECT {_HOP}, CASE WHEN d.delta > 1 THEN 'skip' ELSE 'non-monotonic' END AS what, d.uid, d.copy,
       d.process, d.op, d.topic, d.partition AS at_partition, d.src_offset AS at_offset, d.delta
FROM log_inside d WHERE d.kind = 'poll' AND d.delta <> 1 AND NOT d.rebalanced""",
    order_by="op, at_partition, at_offset",
    unit="jumps",
    implies=("LG3", "LG8"),
    hint="records that were fetched and dropped, or handed out twice",
)

LG8 = invariant(
    "LG8",
    "from poll to poll of a process with assigned partitions, reading neither skips nor steps back",
    SAFETY,
    judged="SELECT count(*) FROM log_across WHERE kind = 'poll' AND mode = 'assign'",
    at_least=1,
    offenders=f"""
SELECT {_HOP}, CASE WHEN d.delta > 1 THEN 'skip' ELSE 'non-monotonic' END AS what, d.uid, d.copy,
       d.process, d.op, d.topic, d.partition AS at_partition, d.src_offset AS at_offset, d.delta
FROM log_across d WHERE d.kind = 'poll' AND d.mode = 'assign' AND d.delta <> 1 AND d.rebalanced = 0""",
    order_by="op, at_partition",
    figure="""SELECT count(*) FROM log_across
WHERE kind = 'poll' AND mode = 'subscribe' AND delta <> 1 AND rebalanced = 0""",
    unit="jumps of subscribers, which are allowed",
    implies=("LG3",),
    hint="a position that was reset, or committed ahead of what was handed out",
)

LG9 = invariant(
    "LG9",
    "inside one operation, sends to a partition never land before an earlier one; skips are allowed",
    SAFETY,
    judged="SELECT count(*) FROM log_inside WHERE kind = 'send'",
    at_least=1,
    offenders=f"""
SELECT {_HOP}, d.uid, d.copy, d.process, d.op, d.topic, d.partition AS at_partition,
       d.src_offset AS at_offset, d.delta
FROM log_inside d WHERE d.kind = 'send' AND d.delta < 1 AND d.outcome <> 'FAIL'""",
    order_by="op, at_partition, at_offset",
    figure="SELECT count(*) FROM log_inside WHERE kind = 'send' AND delta > 1",
    unit="skips inside operations, which are allowed",
    implies=("LG10",),
    hint="more than one request in flight without idempotence",
)

LG10 = invariant(
    "LG10",
    "from operation to operation of a process, sends to a partition land behind the earlier ones",
    SAFETY,
    judged="SELECT count(*) FROM log_across WHERE kind = 'send'",
    at_least=1,
    offenders=f"""
SELECT {_HOP}, d.uid, d.copy, d.process, d.op, d.topic, d.partition AS at_partition,
       d.src_offset AS at_offset, d.delta
FROM log_across d WHERE d.kind = 'send' AND d.delta < 1""",
    order_by="op, at_partition",
    unit="inversions",
    hint="an earlier request was retried after a later one had been written",
)

# Cycles are found by walking: a trial computes them, with the way around as what was found.
LG11 = invariant(
    "LG11",
    "read cycle (G1c): no operations each saw what the next one wrote, around in a circle",
    SAFETY,
    judged="SELECT coalesce(min(t.n), 0) FROM trial t WHERE t.id = 'LG11' AND t.what = 'read cycles'",
    at_least=1,
    offenders=f"""
SELECT {_HOP}, t.what, t.subject, t.found
FROM trial t WHERE t.id = 'LG11' AND t.what = 'read cycles' AND t.found <> t.expected""",
    order_by="subject",
    figure="""SELECT count(*) FROM trial t
WHERE t.id = 'LG11' AND t.what = 'write cycles' AND t.found <> t.expected""",
    unit="write cycles (G0), which are allowed",
    hint="follow the circle: one of its reads saw a transaction that was not committed",
)

LG12 = invariant(
    "LG12",
    "every kind of operation succeeded at least once: else the log was not tried",
    SAFETY,
    judged="SELECT count(*) FROM operation",
    at_least=1,
    offenders="""
SELECT 'broker' AS hop, o.kind, count(*) AS tried
FROM operation o GROUP BY o.kind
HAVING max(CASE WHEN o.outcome = 'ACK' THEN 1 ELSE 0 END) = 0""",
    order_by="kind",
    unit="kinds that never succeeded",
    implies=("LG4",),
    hint="the client cannot do this at all, or not long enough",
)

AN18 = invariant(
    "AN18",
    "realtime lag: no poll misses a position that had been proven to exist for longer than its limit",
    MEASURE,
    judged="SELECT count(*) FROM log_lag",
    at_least=1,
    offenders=f"""
SELECT {_HOP}, l.process, l.op, l.topic, l.partition AS at_partition, l.lag_us, l.t_invoke
FROM log_lag l WHERE l.lag_us > {target("AN18", "lag_us")}""",
    order_by="lag_us DESC, op, at_partition",
    figure="SELECT max(l.lag_us) / 1e6 FROM log_lag l",
    unit="s behind, at least",
    aim=f"{target('AN18', 'lag_us')} / 1e6",
    targets={"lag_us": 30_000_000},
    implies=("L1",),
    hint="a lower bound: the reader was at least that far behind; see what it waited for",
)
