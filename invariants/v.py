"""V: isolation. What is not hurt keeps its pace while something else is."""

from __future__ import annotations

from gameday.kernel.verdict import MEASURE
from invariants.chain import target
from invariants.declare import invariant
from invariants.visibility import GRID_US, up

# When landing must not notice: while the warehouse or a link to it is hurt, and, without any fault, while
# a producer breaks the contract.
_DISTURBED = """
  SELECT g.id, g.victim, g.t_bite, coalesce(g.t_healed, w.t_end) AS t_to
  FROM fault g CROSS JOIN span w
  WHERE g.t_bite IS NOT NULL AND (g.victim LIKE '%warehouse%' OR g.target LIKE '%warehouse%')
  UNION ALL
  SELECT 'traffic' AS id, 'contract' AS victim, p.t_from AS t_bite, p.t_to
  FROM phase p
  JOIN (SELECT count(*) AS n FROM fault) f0 ON f0.n = 0
  JOIN (SELECT count(*) AS n FROM intent WHERE tags LIKE '%|breaking|%') b ON b.n > 0
  WHERE p.name = 'load'"""

# Samples of raw in each of these windows, and the bad ones.
_WINDOWS = f"""SELECT f.id AS fault, f.victim, f.t_bite, f.t_to, {up("(f.t_to - f.t_bite)")} AS total_us,
       coalesce(sum(CASE WHEN o.t_to > o.t_from
                         THEN {up("(least(o.t_to, f.t_to) - f.t_bite)")}
                            - {up("greatest(o.t_from - f.t_bite, 0)")} ELSE 0 END), 0) AS bad_us,
       min(o.t_from) AS t_first
FROM ({_DISTURBED}) f
LEFT JOIN outage o ON o.hop = 'raw' AND o.t_from < f.t_to AND o.t_to > f.t_bite
GROUP BY f.id, f.victim, f.t_bite, f.t_to"""

V2 = invariant(
    "V2",
    "landing keeps its pace while the warehouse is away, or a producer breaks the contract",
    MEASURE,
    judged=f"SELECT coalesce(sum(x.total_us), 0) / {GRID_US} FROM ({_WINDOWS}) x",
    at_least=1,
    offenders=f"""
SELECT x.fault, 'raw' AS hop, x.victim, x.bad_us, x.total_us, x.t_first
FROM ({_WINDOWS}) x
WHERE x.total_us - x.bad_us < {target("V2", "good_share")} * x.total_us""",
    order_by="t_first, fault",
    figure=f"""SELECT min(1e0 - x.bad_us / cast(x.total_us AS double))
FROM ({_WINDOWS}) x WHERE x.total_us > 0""",
    unit="share of good samples",
    aim=target("V2", "good_share"),
    worse="<",
    targets={"good_share": 0.9995},
    implies=("R1",),
    hint="landing shares something with the loader that it should not: a process, a lock, a disk, a queue",
)
