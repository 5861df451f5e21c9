"""R: recovery. How long each hop was out, and how soon another leader answered."""

from __future__ import annotations

from gameday.kernel.verdict import MEASURE
from invariants.chain import target
from invariants.declare import invariant

# A target of its own for a hop (rto_us.<hop>), else one for all (rto_us), else the hop's promise.
_AIMED = f"""SELECT c.*, coalesce(t.value, {target("R1", "rto_us")}, cast(c.r1_target_us AS double)) AS aim_us
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
            FROM ({_AIMED}) x CROSS JOIN span w WHERE x.aim_us IS NOT NULL) r) s
WHERE s.nth = 1"""
R1_TARGET = f"SELECT max(w.aim_us) / 1e6 AS v FROM ({_WORST}) w"

R1 = invariant(
    "R1",
    "each hop serves again within its target: bite to the first five good samples after the first bad one",
    MEASURE,
    judged=f"SELECT count(*) FROM ({_AIMED}) x WHERE x.aim_us IS NOT NULL",
    at_least=1,
    offenders=f"""
SELECT x.hop, x.fault, 'no alerting' AS detection, x.first_bad_us, x.first_success_us, x.stable_us,
       b.back_us AS backlog_us, x.error_us, x.aim_us, x.t_bite
FROM ({_AIMED}) x LEFT JOIN backlog b ON b.hop = x.hop
WHERE x.aim_us IS NOT NULL AND (x.stable_us IS NULL OR x.stable_us > x.aim_us)""",
    order_by="t_bite, hop",
    figure=f"SELECT max(w.took_us) / 1e6 FROM ({_WORST}) w",
    aim=f"({R1_TARGET})",
    unit="s",
    implies=("L1", "F3"),
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
