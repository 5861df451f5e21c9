"""AN, of reading: batches that jump, positions that step back or run ahead, progress under a fault."""

from __future__ import annotations

from gameday.kernel.verdict import MEASURE, SAFETY
from invariants.chain import target
from invariants.declare import invariant

# Batches of the first hop in the order in which they were first seen, each with where the one before ended.
_BATCHES = """SELECT s.cluster, s.topic, s.partition, s.container, s.from_offset, s.to_offset, s.t_seen,
       coalesce(max(s.to_offset) OVER (PARTITION BY s.cluster, s.topic, s.partition
                                       ORDER BY s.t_seen, s.from_offset, s.container
                                       ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
                b.log_start) AS expected
FROM sighting s
LEFT JOIN (SELECT cluster, topic, partition, min(src_offset) AS log_start FROM broker_scan
           GROUP BY cluster, topic, partition) b
  ON b.cluster = s.cluster AND b.topic = s.topic AND b.partition = s.partition
WHERE s.hop = 'raw'"""

AN8 = invariant(
    "AN8",
    "each batch of raw begins where the one before it ended: nothing is jumped over, nothing read twice",
    SAFETY,
    judged="SELECT count(*) FROM sighting WHERE hop = 'raw'",
    at_least=1,
    offenders=f"""
SELECT 'raw' AS hop, CASE WHEN x.from_offset > x.expected THEN 'skip' ELSE 'step back' END AS what,
       x.container, x.partition AS at_partition, x.expected, x.from_offset AS at_offset, x.t_seen
FROM ({_BATCHES}) x WHERE x.from_offset <> x.expected""",
    order_by="t_seen, at_partition",
    unit="batches",
    implies=("Z2", "AN2", "U3"),
    hint="a checkpoint that was lost, restored from elsewhere, or moved by hand",
)

AN11 = invariant(
    "AN11",
    "the number of the last load never decreases: what becomes visible later has a greater one",
    SAFETY,
    judged="SELECT count(*) FROM load_batch_scan",
    at_least=1,
    offenders="""
SELECT 'load' AS hop, x.container, x.load_seq, x.reached, x.t_seen
FROM (SELECT l.container, l.load_seq, e.t_seen,
             max(l.load_seq) OVER (ORDER BY e.t_seen, l.load_seq
                                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
      FROM load_batch_scan l
      JOIN (SELECT container, min(t_seen) AS t_seen FROM seen_at WHERE hop = 'load' GROUP BY container) e
        ON e.container = l.container
      WHERE l.load_seq IS NOT NULL) x
WHERE x.load_seq < x.reached""",
    order_by="t_seen, container",
    unit="steps back",
    hint="a snapshot that readers used was replaced by an older one: a restore, a second writer",
)

AN11P = invariant(
    "AN11P",
    "no committed position ever decreases",
    SAFETY,
    judged="SELECT count(*) FROM position_scan",
    at_least=1,
    offenders="""
SELECT 'raw' AS hop, x.consumer, x.topic, x.partition AS at_partition, x.committed, x.reached, x.t
FROM (SELECT p.consumer, p.topic, p.partition, p.committed, p.t,
             max(p.committed) OVER (PARTITION BY p.consumer, p.cluster, p.topic, p.partition
                                    ORDER BY p.t, p.committed
                                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
      FROM position_scan p) x
WHERE x.committed < x.reached""",
    order_by="t, consumer, at_partition",
    unit="steps back",
    implies=("AN8", "AN12"),
    hint="offsets that expired or were reset, a checkpoint restored from a copy",
)

# Durable is what the reader of positions saw at the same look; else all that may have been visible by then.
_AHEAD = """SELECT p.consumer, p.cluster, p.topic, p.partition, p.t, p.committed,
       coalesce(max(p.durable), max(s.to_offset), max(b.log_start), 0) AS durable
FROM position_scan p
LEFT JOIN sighting s ON s.hop = 'raw' AND s.cluster = p.cluster AND s.topic = p.topic
  AND s.partition = p.partition AND s.t_prev <= p.t
LEFT JOIN (SELECT cluster, topic, partition, min(src_offset) AS log_start FROM broker_scan
           GROUP BY cluster, topic, partition) b
  ON b.cluster = p.cluster AND b.topic = p.topic AND b.partition = p.partition
GROUP BY p.consumer, p.cluster, p.topic, p.partition, p.t, p.committed"""

AN12 = invariant(
    "AN12",
    "no committed position is ahead of the durable output at any instant, crash or not",
    SAFETY,
    judged="SELECT count(*) FROM position_scan",
    at_least=1,
    offenders=f"""
SELECT 'raw' AS hop, x.consumer, x.topic, x.partition AS at_partition, x.committed, x.durable,
       x.committed - x.durable AS in_danger, x.t
FROM ({_AHEAD}) x WHERE x.committed > x.durable""",
    order_by="t, consumer, at_partition",
    figure=f"SELECT coalesce(max(greatest(x.committed - x.durable, 0)), 0) FROM ({_AHEAD}) x",
    unit="records in danger",
    implies=("R2",),
    hint="the commit happens before the write, or on a timer of its own",
)

# Attempts while a fault was active, and when they succeeded; the first gap begins with the bite,
# the last ends with the last attempt. A fault during which nobody tried is not judged.
_TRIED = """SELECT f.id AS fault, f.victim, f.t_bite, max(s.t_invoke) AS t_to
FROM fault f CROSS JOIN span w
JOIN send s ON s.t_invoke >= f.t_bite AND s.t_invoke <= coalesce(f.t_healed, w.t_end)
WHERE f.t_bite IS NOT NULL GROUP BY f.id, f.victim, f.t_bite"""
_PROGRESS = f"""SELECT g.fault, g.victim, g.t_bite, count(g.t_done) AS n,
       greatest(coalesce(max(g.t_done - g.before), 0),
                max(g.t_to) - coalesce(max(g.t_done), max(g.t_bite))) AS gap_us
FROM (SELECT x.fault, x.victim, x.t_bite, x.t_to, s.t_done,
             coalesce(lag(s.t_done) OVER (PARTITION BY x.fault ORDER BY s.t_done), x.t_bite) AS before
      FROM ({_TRIED}) x
      LEFT JOIN send s ON s.outcome = 'ACK' AND s.t_done > x.t_bite AND s.t_invoke <= x.t_to) g
GROUP BY g.fault, g.victim, g.t_bite"""

AN19 = invariant(
    "AN19",
    "sends go on succeeding while a fault is active, and the longest time without one stays within its bound",
    MEASURE,
    judged=f"SELECT count(*) FROM ({_PROGRESS}) x",
    at_least=1,
    offenders=f"""
SELECT x.fault, 'broker' AS hop, x.victim, x.n, x.gap_us, x.t_bite
FROM ({_PROGRESS}) x
WHERE x.n < {target("AN19", "sends")} OR x.gap_us > {target("AN19", "unavailable_us")}""",
    order_by="t_bite, fault",
    figure=f"SELECT max(x.gap_us) / 1e6 FROM ({_PROGRESS}) x",
    unit="s without a send",
    aim=f"{target('AN19', 'unavailable_us')} / 1e6",
    targets={"unavailable_us": 15_000_000, "sends": 1},
    implies=("R1", "H1"),
    hint="min.insync.replicas with the brokers that are left; metadata and retry backoff of the clients",
)
