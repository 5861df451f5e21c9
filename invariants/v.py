"""V: isolation. What is not hurt keeps its pace while something else is."""

from __future__ import annotations

from gameday.kernel.verdict import MEASURE
from invariants.chain import target
from invariants.declare import invariant
from invariants.visibility import GRID_US, up

# Per fault that hurts the warehouse or a link to it: samples of raw between bite and heal, and the bad ones.
_WINDOWS = f"""SELECT f.id AS fault, f.victim, f.t_bite, f.t_to, {up("(f.t_to - f.t_bite)")} AS total_us,
       coalesce(sum(CASE WHEN o.t_to > o.t_from
                         THEN {up("(least(o.t_to, f.t_to) - f.t_bite)")}
                            - {up("greatest(o.t_from - f.t_bite, 0)")} ELSE 0 END), 0) AS bad_us,
       min(o.t_from) AS t_first
FROM (SELECT g.id, g.victim, g.t_bite, coalesce(g.t_healed, w.t_end) AS t_to
      FROM fault g CROSS JOIN span w
      WHERE g.t_bite IS NOT NULL AND (g.victim LIKE '%warehouse%' OR g.target LIKE '%warehouse%')) f
LEFT JOIN outage o ON o.hop = 'raw' AND o.t_from < f.t_to AND o.t_to > f.t_bite
GROUP BY f.id, f.victim, f.t_bite, f.t_to"""

V2 = invariant(
    "V2",
    "landing does not notice that the warehouse is away: raw has good samples between bite and heal",
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
    targets={"good_share": 0.9995},
    implies=("R1",),
    hint="landing shares something with the loader that it should not: a process, a lock, a disk, a queue",
)
