"""A: atomicity and fencing. Reads are of one snapshot, deposed writers write nothing, effects happen once."""

from __future__ import annotations

from gameday.kernel.verdict import SAFETY
from invariants.declare import invariant

A1 = invariant(
    "A1",
    "no torn publish: what a reader sees was committed, and one read over several tables is of one snapshot",
    SAFETY,
    judged="SELECT count(*) FROM reader WHERE error IS NULL",
    at_least=1,
    offenders="""
SELECT r.read_no, r.relation, 'reader' AS hop,
       CASE WHEN r.snapshot IS NULL THEN 'of no snapshot'
            WHEN s.snapshot IS NULL THEN 'of a snapshot that was never committed'
            ELSE 'before it was committed' END AS what,
       r.snapshot, r.t
FROM reader r
LEFT JOIN (SELECT snapshot, relation, min(t_commit) AS t_commit FROM snapshot_scan
           GROUP BY snapshot, relation) s
  ON s.snapshot = r.snapshot AND s.relation = r.relation
WHERE r.error IS NULL AND (s.snapshot IS NULL OR s.t_commit > r.t)
UNION ALL
SELECT r.read_no, min(r.relation) AS relation, 'reader' AS hop, 'of several snapshots' AS what,
       max(r.snapshot) AS snapshot, min(r.t) AS t
FROM reader r WHERE r.error IS NULL GROUP BY r.read_no HAVING min(r.snapshot) <> max(r.snapshot)""",
    order_by="t, read_no, relation, what",
    unit="torn reads",
    hint="readers must go through one pointer that moves in one commit",
)

A2 = invariant(
    "A2",
    "every accepted write carries the epoch of the lease, and every stale one is refused and logged",
    SAFETY,
    judged="SELECT count(*) FROM commit_scan",
    at_least=1,
    offenders="""
SELECT c.seq, c.role, c.writer, 'load' AS hop,
       CASE WHEN NOT c.accepted THEN 'refused, and nobody was told'
            WHEN c.epoch < c.lease_epoch THEN 'stale, yet accepted' ELSE 'ahead of its lease' END AS what,
       c.epoch, c.lease_epoch, c.t
FROM commit_scan c
WHERE (c.accepted AND c.epoch <> c.lease_epoch) OR (NOT c.accepted AND NOT c.logged)""",
    order_by="t, seq",
    unit="writes past the fence",
    implies=("U4", "A3"),
    hint="the fence must be written, not only read, in the transaction that it guards",
)

A3 = invariant(
    "A3",
    "every task has its effect once per partition and input, and the same one however often it is tried",
    SAFETY,
    judged="SELECT count(*) FROM task_effect_scan",
    at_least=1,
    offenders="""
SELECT e.task, e.partition_key, e.input_hash, 'curated' AS hop,
       CASE WHEN min(e.output_hash) <> max(e.output_hash) THEN 'another output for the same input'
            ELSE 'more than once' END AS what,
       count(*) AS n, min(e.output_hash) AS output_hash, max(e.output_hash) AS another
FROM task_effect_scan e GROUP BY e.task, e.partition_key, e.input_hash HAVING count(*) > 1""",
    order_by="task, partition_key, input_hash",
    unit="effects too many",
    hint="the note of an effect must be written in the transaction that has it, under its own key",
)
