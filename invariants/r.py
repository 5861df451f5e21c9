"""R: recovery. How long each hop was out, what a crash would have cost, and what a promotion kept."""

from __future__ import annotations

from gameday.kernel.verdict import MEASURE, SAFETY
from invariants.chain import target
from invariants.declare import invariant

# A target of its own for a hop (rto_us.<hop>), else one for all (rto_us), else the hop's promise.
AIMED = f"""SELECT c.*, coalesce(t.value, {target("R1", "rto_us")}, cast(c.r1_target_us AS double)) AS aim_us
FROM recovery c
LEFT JOIN (SELECT name, max(value) AS value FROM target WHERE invariant = 'R1' GROUP BY name) t
  ON t.name = concat('rto_us.', c.hop)"""

# The hop that is worst by its own target: never back, else the greatest share of the target.
_WORST = f"""SELECT s.hop, s.took_us, s.aim_us
FROM (SELECT r.hop, r.took_us, r.aim_us,
             row_number() OVER (
               ORDER BY CASE WHEN r.stable_us IS NULL THEN 0 ELSE 1 END,
                        r.took_us / r.aim_us DESC NULLS FIRST, r.aim_us NULLS FIRST, r.t_bite, r.hop) AS nth
      FROM (SELECT x.hop, x.t_bite, x.stable_us, nullif(x.aim_us, 0e0) AS aim_us,
                   cast(coalesce(x.stable_us, w.t_end - x.t_bite) AS double) AS took_us
            FROM ({AIMED}) x CROSS JOIN span w WHERE x.aim_us IS NOT NULL) r) s
WHERE s.nth = 1"""
R1_TARGET = f"SELECT max(w.aim_us) / 1e6 AS v FROM ({_WORST}) w"

R1 = invariant(
    "R1",
    "each hop serves again within its target: bite to the first five good samples after the first bad one",
    MEASURE,
    judged=f"SELECT count(*) FROM ({AIMED}) x WHERE x.aim_us IS NOT NULL",
    at_least=1,
    offenders=f"""
SELECT x.hop, x.fault, d.detection_us, x.first_bad_us, x.first_success_us, x.stable_us,
       b.back_us AS backlog_us, x.error_us, x.aim_us, x.t_bite
FROM ({AIMED}) x LEFT JOIN backlog b ON b.hop = x.hop LEFT JOIN detection d ON d.nr = x.nr
WHERE x.aim_us IS NOT NULL AND (x.stable_us IS NULL OR x.stable_us > x.aim_us)""",
    order_by="t_bite, hop",
    figure=f"SELECT max(w.took_us) / 1e6 FROM ({_WORST}) w",
    aim=f"({R1_TARGET})",
    unit="s",
    implies=("L1", "F3", "F7", "V4", "R2", "AN19"),
    beside=("alarm",),
    hint="see which clock is long: no new sighting at all, or sightings that stay behind",
)

R6 = invariant(
    "R6",
    "every partition that the victim led has another leader within the target",
    MEASURE,
    judged="SELECT count(*) FROM election",
    at_least=1,
    offenders=f"""
SELECT e.at_partition, 'broker' AS hop, e.fault, e.broker AS led_by, e.took_us, e.t_bite
FROM election e WHERE e.took_us IS NULL OR e.took_us > {target("R6", "within_us")}""",
    order_by="t_bite, at_partition",
    figure="""SELECT max(coalesce(e.took_us, w.t_end - e.t_bite)) / 1e6 FROM election e CROSS JOIN span w""",
    unit="s",
    aim=f"{target('R6', 'within_us')} / 1e6",
    targets={"within_us": 10_000_000},
    implies=("R1",),
    hint="session timeout of the brokers, number of controllers alive, partitions below min ISR",
)

# A target for the worst instant counts where a run sets it: in one region the log itself is the copy.
_POINTS = f"""SELECT p.*, {target("R2", "lost_events")} AS may_lose,
       coalesce(e.value, {target("R2", "worst_events")}) AS may_endanger,
       coalesce(a.value, {target("R2", "worst_age_us")}) AS may_age_us
FROM recovery_point p
LEFT JOIN (SELECT name, max(value) AS value FROM target WHERE invariant = 'R2' GROUP BY name) e
  ON e.name = concat('worst_events.', p.hop)
LEFT JOIN (SELECT name, max(value) AS value FROM target WHERE invariant = 'R2' GROUP BY name) a
  ON a.name = concat('worst_age_us.', p.hop)"""

R2 = invariant(
    "R2",
    "no acknowledged event is lost for good; at the worst instant no more are in danger than may be",
    MEASURE,
    judged="SELECT coalesce(max(p.n), 0) FROM recovery_point p",
    at_least=1,
    offenders=f"""
SELECT x.hop, CASE WHEN x.lost_events > x.may_lose THEN 'lost for good'
                   WHEN x.worst_events > x.may_endanger THEN 'too many in danger at the worst instant'
                   ELSE 'in danger for too long' END AS what,
       x.lost_events, x.lost_age_us, x.at_bite_events, x.at_bite_age_us, x.worst_events, x.worst_age_us,
       x.t_worst, x.ord
FROM ({_POINTS}) x
WHERE x.lost_events > x.may_lose OR x.worst_events > x.may_endanger OR x.worst_age_us > x.may_age_us""",
    order_by="ord",
    figure="SELECT max(p.lost_events) FROM recovery_point p",
    unit="events lost for good",
    aim=target("R2", "lost_events"),
    targets={"lost_events": 0},
    implies=("Z1", "Z2", "R1", "L1", "P1", "AN14", "F7"),
    hint="the first hop that lost some is the place; the worst instant is what a crash would have cost",
)

_AFTER = """SELECT b.task, min(b.state) AS state, count(a.task) AS n, min(a.state) AS state_after
FROM (SELECT task, min(state) AS state FROM task_state_scan WHERE side = 'before' GROUP BY task) b
LEFT JOIN task_state_scan a ON a.side = 'after' AND a.task = b.task
GROUP BY b.task"""

R3 = invariant(
    "R3",
    "no state of a task is lost, doubled or changed by a promotion, and it is there again in time",
    SAFETY,
    judged="SELECT count(*) FROM task_state_scan WHERE side = 'before'",
    at_least=1,
    offenders=f"""
SELECT 'orchestration' AS hop, x.task,
       CASE WHEN x.n = 0 THEN 'lost' WHEN x.n > 1 THEN 'doubled' ELSE 'changed' END AS what,
       x.state, x.state_after
FROM ({_AFTER}) x WHERE x.n <> 1 OR x.state <> x.state_after
UNION ALL
SELECT 'orchestration' AS hop, f.id AS task, 'back too late' AS what, f.victim AS state,
       cast(min(a.t) - f.t_bite AS string) AS state_after
FROM fault f LEFT JOIN task_state_scan a ON a.side = 'after' AND a.t >= f.t_bite
JOIN (SELECT count(*) AS n FROM task_state_scan) s ON s.n > 0
WHERE f.t_bite IS NOT NULL
GROUP BY f.id, f.victim, f.t_bite
HAVING min(a.t) IS NULL OR min(a.t) - f.t_bite > {target("R3", "back_us")}""",
    order_by="what, task",
    unit="task states",
    targets={"back_us": 300_000_000},
    hint="the standby must be synchronous; a runner that was promoted must ask before it runs a task again",
)

R4 = invariant(
    "R4",
    "a translated offset is never ahead of the true one, and re-reads at most what its distance allows",
    SAFETY,
    judged="SELECT count(*) FROM translation_scan",
    at_least=1,
    offenders=f"""
SELECT 'mirror' AS hop, x.consumer, x.topic, x.partition AS at_partition,
       CASE WHEN x.translated > x.actual THEN 'ahead' ELSE 'too far behind' END AS what,
       x.translated, x.actual, x.head
FROM translation_scan x
WHERE x.translated > x.actual
   OR x.actual - x.translated
      > {target("R4", "reread")} + {target("R4", "per_distance")} * (x.head - x.actual)""",
    order_by="consumer, at_partition",
    figure="SELECT max(x.actual - x.translated) FROM translation_scan x",
    unit="records read again",
    targets={"reread": 1_000, "per_distance": 1.0},
    implies=("Z2",),
    hint="ahead loses records at failover: translate to a synced offset below, never by interpolation",
)

# When the log of the source first began behind what the mirror had: what lies between is gone there.
_MIRROR_GAP = """SELECT m.cluster, m.topic, m.partition, min(m.t) AS t_gap,
       max(m.log_start - m.mirrored) AS missing
FROM mirror_scan m WHERE m.log_start > m.mirrored GROUP BY m.cluster, m.topic, m.partition"""

R5 = invariant(
    "R5",
    "a gap in a mirror is alarmed in time: the source no longer has what was not yet mirrored",
    SAFETY,
    judged="SELECT count(*) FROM mirror_scan",
    at_least=1,
    offenders=f"""
SELECT 'mirror' AS hop, x.topic, x.partition AS at_partition, x.t_gap, x.t_alarm, x.missing
FROM (SELECT g.cluster, g.topic, g.partition, g.t_gap, g.missing, min(a.t) AS t_alarm
      FROM ({_MIRROR_GAP}) g
      LEFT JOIN alarm a ON a.kind = 'mirror gap' AND a.topic = g.topic AND a.partition = g.partition
        AND a.t >= g.t_gap
      GROUP BY g.cluster, g.topic, g.partition, g.t_gap, g.missing) x
WHERE x.t_alarm IS NULL OR x.t_alarm - x.t_gap > {target("R5", "alarm_us")}""",
    order_by="t_gap, at_partition",
    figure=f"SELECT count(*) FROM ({_MIRROR_GAP}) g",
    unit="gaps",
    targets={"alarm_us": 60_000_000},
    implies=("Z2",),
    hint="a mirror that starts again at the new log start looks healthy: compare positions, not errors",
)
