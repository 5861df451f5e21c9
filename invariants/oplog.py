"""Views of an operation log: which values lie where, at which dense index, and who must have written them.

An operation is a poll, a send, or a transaction of both; its elements are the rows of the table `operation`.
The index of a position counts the positions known in its partition, so that holes do not look like skips.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from invariants.chain import Chain

KEY = "cluster, topic, partition"


def key(alias: str) -> str:
    return f"{alias}.cluster, {alias}.topic, {alias}.partition"


def same_key(left: str, right: str) -> str:
    return " AND ".join(f"{left}.{c} = {right}.{c}" for c in ("cluster", "topic", "partition"))


OP_ITEM = f"""
SELECT o.op, o.process, o.kind, o.mode, o.nth, {key("o")}, o.src_offset, o.outcome, o.rebalanced,
       o.t_invoke, o.t_done, o.uid, o.copy,
       concat(coalesce(cast(o.uid AS string), '?'), '/', coalesce(cast(o.copy AS string), '0')) AS content
FROM operation o WHERE o.kind IN ('send', 'poll')
"""

# Surely written: acknowledged, or unknown with at least one of its values read by somebody.
OP_WRITTEN = f"""
SELECT s.op FROM op_item s
LEFT JOIN (SELECT {KEY}, content FROM op_item WHERE kind = 'poll' GROUP BY {KEY}, content) r
  ON {same_key("r", "s")} AND r.content = s.content
WHERE s.kind = 'send' AND (s.outcome = 'ACK' OR (s.outcome = 'UNKNOWN' AND r.content IS NOT NULL))
GROUP BY s.op
"""

# The log as it was seen: from every poll, whatever became of it, and from every send that surely happened.
LOG_ENTRY = f"""
SELECT e.cluster, e.topic, e.partition, e.src_offset, e.content,
       dense_rank() OVER (PARTITION BY {key("e")} ORDER BY e.src_offset) AS idx
FROM (SELECT {key("i")}, i.src_offset, i.content
      FROM op_item i LEFT JOIN op_written w ON w.op = i.op
      WHERE i.src_offset IS NOT NULL AND (i.kind = 'poll' OR w.op IS NOT NULL)
      GROUP BY {key("i")}, i.src_offset, i.content) e
"""

# First and last index of each value: with positions that contradict each other they differ.
LOG_VALUE = f"""
SELECT {KEY}, content, min(idx) AS first_idx, max(idx) AS last_idx, count(*) AS n
FROM log_entry GROUP BY {KEY}, content
"""

# Elements with their index, and the session of their process in that partition: an assignment that does not
# keep the partition begins another.
OP_STEP = f"""
SELECT i.*, e.idx, coalesce(s.session_nr, 0) AS session_nr
FROM op_item i
LEFT JOIN (SELECT {KEY}, src_offset, min(idx) AS idx FROM log_entry GROUP BY {KEY}, src_offset) e
  ON {same_key("e", "i")} AND e.src_offset = i.src_offset
LEFT JOIN (
  SELECT x.op, x.process, {key("x")}, count(a.op) AS session_nr
  FROM (SELECT op, process, {KEY} FROM op_item GROUP BY op, process, {KEY}) x
  JOIN (SELECT op, process FROM operation WHERE kind IN ('assign', 'subscribe') GROUP BY op, process) a
    ON a.process = x.process AND a.op < x.op
  LEFT JOIN operation k ON k.op = a.op AND k.kind IN ('assign', 'subscribe') AND {same_key("k", "x")}
  WHERE k.op IS NULL
  GROUP BY x.op, x.process, {key("x")}) s
  ON s.op = i.op AND s.process = i.process AND {same_key("s", "i")}
"""

# From element to element of one operation in one partition. An unknown index counts as the next.
LOG_INSIDE = f"""
SELECT x.op, x.process, x.kind, {key("x")}, x.uid, x.copy, x.src_offset, x.outcome, x.rebalanced, x.t_invoke,
       coalesce(x.idx - x.before, 1) AS delta
FROM (SELECT s.*, lag(s.idx) OVER (PARTITION BY s.op, s.kind, {key("s")} ORDER BY s.nth) AS before,
             lag(s.nth) OVER (PARTITION BY s.op, s.kind, {key("s")} ORDER BY s.nth) AS nth_before
      FROM op_step s) x
WHERE x.nth_before IS NOT NULL
"""


def _across(kind: str, outcomes: str, partition: str) -> str:
    """From the last value of one operation to the first of the next, per process and partition."""
    return f"""
SELECT y.op, y.process, '{kind}' AS kind, y.mode, {key("y")}, y.uid, y.copy, y.src_offset, y.rebalanced,
       y.t_invoke, coalesce(y.first_idx - y.before, 1) AS delta
FROM (SELECT x.*, lag(x.last_idx) OVER (PARTITION BY {partition} ORDER BY x.op) AS before,
             lag(x.op) OVER (PARTITION BY {partition} ORDER BY x.op) AS op_before
      FROM (SELECT f.op, f.process, f.mode, {key("f")}, f.uid, f.copy, f.src_offset, f.session_nr, f.t_invoke,
                   g.rebalanced, f.idx AS first_idx, l.idx AS last_idx
            FROM (SELECT op, {KEY}, min(nth) AS nth_first, max(nth) AS nth_last,
                         max(CASE WHEN rebalanced THEN 1 ELSE 0 END) AS rebalanced
                  FROM op_step WHERE kind = '{kind}' AND outcome IN ({outcomes}) GROUP BY op, {KEY}) g
            JOIN op_step f ON f.op = g.op AND f.kind = '{kind}' AND f.nth = g.nth_first
              AND {same_key("f", "g")}
            JOIN op_step l ON l.op = g.op AND l.kind = '{kind}' AND l.nth = g.nth_last
              AND {same_key("l", "g")}) x) y
WHERE y.op_before IS NOT NULL"""


LOG_ACROSS = (
    _across("poll", "'ACK'", f"x.process, {key('x')}, x.session_nr")
    + "\nUNION ALL"
    + _across("send", "'ACK', 'UNKNOWN'", f"x.process, {key('x')}")
)

# When it was first proven, by whoever finished an operation there, that a position or a later one exists.
LOG_PROVEN = f"""
SELECT p.cluster, p.topic, p.partition, p.idx,
       min(p.t_done) OVER (PARTITION BY {key("p")} ORDER BY p.idx DESC
                           ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS t_proven
FROM (SELECT {key("s")}, s.idx, min(s.t_done) AS t_done FROM op_step s
      LEFT JOIN op_written w ON w.op = s.op
      WHERE s.idx IS NOT NULL AND s.t_done IS NOT NULL AND (s.kind = 'poll' OR w.op IS NOT NULL)
      GROUP BY {key("s")}, s.idx) p
"""

# A conservative lower bound of how far behind a poll was: how long the next position had been there for sure.
LOG_LAG = f"""
SELECT o.op, o.process, {key("o")}, o.t_invoke, greatest(o.t_invoke - n.t_proven, 0) AS lag_us
FROM (SELECT x.op, x.process, {key("x")}, x.t_invoke,
             max(x.idx) OVER (PARTITION BY x.process, {key("x")} ORDER BY x.op
                              ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS seen
      FROM (SELECT op, process, {KEY}, min(t_invoke) AS t_invoke, max(idx) AS idx
            FROM op_step WHERE kind = 'poll' AND idx IS NOT NULL GROUP BY op, process, {KEY}) x) o
JOIN log_proven n ON {same_key("n", "o")} AND n.idx = o.seen + 1
"""


VIEWS: Mapping[str, Callable[[Chain], str]] = {
    "op_item": lambda chain: OP_ITEM,
    "op_written": lambda chain: OP_WRITTEN,
    "log_entry": lambda chain: LOG_ENTRY,
    "log_value": lambda chain: LOG_VALUE,
    "op_step": lambda chain: OP_STEP,
    "log_inside": lambda chain: LOG_INSIDE,
    "log_across": lambda chain: LOG_ACROSS,
    "log_proven": lambda chain: LOG_PROVEN,
    "log_lag": lambda chain: LOG_LAG,
}
