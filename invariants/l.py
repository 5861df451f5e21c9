"""L: lag, as the age of the oldest event that is not yet visible; lanes that share a loader; poison."""

from __future__ import annotations

from gameday.kernel.verdict import MEASURE
from invariants.chain import same, target
from invariants.declare import invariant

L1 = invariant(
    "L1",
    "lag stays below its maximum, is back in its band in time after the last heal, and every hop drains",
    MEASURE,
    judged="SELECT count(*) FROM backlog",
    at_least=1,
    offenders=f"""
SELECT b.hop, CASE WHEN b.state = 'moving' THEN 'still moving when the drain ended'
                   WHEN b.is_open = 1 THEN 'never back in its band'
                   WHEN b.back_us > {target("L1", "back_us")} THEN 'back in its band too late'
                   ELSE 'lag too great' END AS what,
       b.lag_max_us, b.band_us, b.back_us, b.ord
FROM backlog b
WHERE b.state = 'moving' OR b.is_open = 1 OR b.back_us > {target("L1", "back_us")}
   OR b.lag_max_us > {target("L1", "max_us")}""",
    order_by="ord",
    figure="SELECT max(b.back_us) / 1e6 FROM backlog b",
    unit="s after the last heal",
    aim=f"{target('L1', 'back_us')} / 1e6",
    targets={"back_us": 120_000_000, "max_us": 300_000_000},
    implies=("R1", "F3", "F7", "V4"),
    hint="the hop that lags first is short of throughput, or its retries back off too long",
)

# Samples of the lanes while both have work: the backfill lane's share of the slots, and its backlog.
_SHARED = """SELECT b.t, b.slots AS backfill_slots, l.slots AS live_slots, b.backlog
FROM lane_scan b JOIN lane_scan l ON l.lane = 'live' AND l.t = b.t
WHERE b.lane = 'backfill' AND b.backlog > 0"""
_SHARES = f"""SELECT count(*) AS n, min(x.t) AS t_from, max(x.t) AS t_to,
       sum(x.backfill_slots) AS backfill_slots, sum(x.backfill_slots + x.live_slots) AS slots
FROM ({_SHARED}) x"""
_STALE_LIVE = f"""SELECT count(*) AS n,
       sum(CASE WHEN a.is_open = 1 OR a.age_us > {target("L2", "fresh_us")} THEN 1 ELSE 0 END) AS beyond,
       greatest(floor(0.05e0 * count(*) - 1.645e0 * sqrt(0.0475e0 * count(*))), 0) AS allowed
FROM freshness a JOIN ({_SHARES}) s ON a.t_due >= s.t_from AND a.t_due <= s.t_to
WHERE a.lane = 'on time'"""

L2 = invariant(
    "L2",
    "a backfill does not starve the live lane: bounded share of slots, live freshness holds, backlog shrinks",
    MEASURE,
    judged=f"SELECT count(*) FROM ({_SHARED}) x",
    at_least=1,
    offenders=f"""
SELECT 'load' AS hop, 'backfill took too many slots' AS what, cast(s.backfill_slots AS double) AS seen,
       {target("L2", "share")} * s.slots AS allowed
FROM ({_SHARES}) s WHERE s.slots > 0 AND s.backfill_slots > {target("L2", "share")} * s.slots
UNION ALL
SELECT 'curated' AS hop, 'live events were stale' AS what, cast(a.beyond AS double) AS seen, a.allowed
FROM ({_STALE_LIVE}) a WHERE a.n > 0 AND a.beyond > a.allowed
UNION ALL
SELECT 'load' AS hop, 'the backlog did not shrink' AS what, cast(e.last_backlog AS double) AS seen,
       cast(e.first_backlog AS double) AS allowed
FROM (SELECT min(CASE WHEN z.nth = 1 THEN z.backlog END) AS first_backlog,
             min(CASE WHEN z.nth = z.n THEN z.backlog END) AS last_backlog, max(z.n) AS n
      FROM (SELECT x.backlog, row_number() OVER (ORDER BY x.t) AS nth, count(*) OVER () AS n
            FROM ({_SHARED}) x) z) e
WHERE e.n > 1 AND e.last_backlog >= e.first_backlog""",
    order_by="hop, what",
    figure=f"SELECT cast(s.backfill_slots AS double) / nullif(s.slots, 0) FROM ({_SHARES}) s",
    unit="share of slots",
    aim=target("L2", "share"),
    targets={"share": 0.3, "fresh_us": 120_000_000},
    implies=("F3",),
    hint="the lane must be chosen per transaction, by what waits, not by who came first",
)

# Partitions with a record that breaks its contract, and where the first of them lies.
_POISONED = """SELECT a.cluster, a.topic, a.partition, min(a.src_offset) AS poison_offset, count(*) AS n
FROM attempts a WHERE a.class = 'invalid' AND a.src_offset IS NOT NULL
GROUP BY a.cluster, a.topic, a.partition"""
# Batches of raw from the first such record on, and whether outside faults one was late by the hop's bound,
# which says something only where a control run gave it.
_BATCHES = f"""SELECT a.cluster, a.topic, a.partition, r.container, min(a.uid) AS uid,
       min(a.src_offset) AS from_offset, min(e.t_seen) AS t_seen, max(e.t_seen - a.t_due) AS age_us,
       max(CASE WHEN e.t_seen - a.t_due > h.bound_us AND w.nr IS NULL THEN 1 ELSE 0 END) AS is_late
FROM raw_scan r
JOIN attempts a ON {same("a", "r")}
JOIN ({_POISONED}) q ON q.cluster = a.cluster AND q.topic = a.topic AND q.partition = a.partition
  AND a.src_offset >= q.poison_offset
JOIN hop h ON h.name = 'raw'
JOIN (SELECT hop FROM control WHERE measure = 'latency_p99_us' GROUP BY hop) u ON u.hop = h.name
JOIN seen_at e ON e.hop = 'raw' AND e.container = r.container AND e.cluster = r.cluster AND e.topic = r.topic
LEFT JOIN fault_window w ON a.t_due <= w.t_to + {target("L3", "grace_us")} AND e.t_seen >= w.t_from
GROUP BY a.cluster, a.topic, a.partition, r.container"""
# Late batches in a row.
_BLOCKED = f"""SELECT x.cluster, x.topic, x.partition, x.since, count(*) AS batches, min(x.t_seen) AS t_seen,
       min(x.uid) AS uid, max(x.age_us) AS age_us
FROM (SELECT b.*, sum(CASE WHEN b.is_late = 0 THEN 1 ELSE 0 END)
                    OVER (PARTITION BY b.cluster, b.topic, b.partition ORDER BY b.from_offset
                          ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS since
      FROM ({_BATCHES}) b) x
WHERE x.is_late = 1 GROUP BY x.cluster, x.topic, x.partition, x.since"""

L3 = invariant(
    "L3",
    "poison does not block: from a bad record on, at most one batch of its partition in a row is late",
    MEASURE,
    judged=f"SELECT count(*) FROM ({_BATCHES}) x",
    at_least=1,
    offenders=f"""
SELECT 'raw' AS hop, x.uid, x.batches, x.age_us, x.topic, x.partition AS at_partition, x.t_seen
FROM ({_BLOCKED}) x WHERE x.batches > {target("L3", "batches")}
UNION ALL
SELECT 'raw' AS hop, t.uid, cast(NULL AS bigint) AS batches, cast(NULL AS bigint) AS age_us, t.topic,
       t.partition AS at_partition, t.t_done AS t_seen
FROM trail t
JOIN ({_POISONED}) q ON q.cluster = t.cluster AND q.topic = t.topic AND q.partition = t.partition
WHERE t.first_missing_hop = 'raw' AND t.src_offset >= q.poison_offset AND NOT t.overtaken""",
    order_by="t_seen, at_partition, uid",
    figure=f"SELECT coalesce(max(x.batches), 0) FROM ({_BLOCKED}) x",
    unit="late batches in a row",
    aim=target("L3", "batches"),
    targets={"batches": 1, "grace_us": 30_000_000},
    implies=("L1", "Z2", "F3", "R1", "V4", "F7", "R2", "P1"),
    hint="a bad record must leave its batch, not fail it: see what the retries of a batch wait for",
)
