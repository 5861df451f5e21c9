"""Views of what a crash would cost: acknowledged events that a hop does not hold yet, at every instant."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from invariants.chain import FIRST, Chain

# From the acknowledgement to the first sight at a hop, an event exists before that hop alone. What was lost
# stays so to the end of the observation. Unknown sends are not counted: nobody was promised anything.
UNSAFE = """
SELECT h.name AS hop, h.ord, t.uid, t.copy, t.attempt, t.t_done AS t_from,
       greatest(coalesce(v.t_visible, w.t_end), t.t_done) AS t_to,
       CASE WHEN v.t_visible IS NULL OR v.is_open = 1 THEN 1 ELSE 0 END AS is_open,
       CASE WHEN t.lost AND (v.t_visible IS NULL OR v.is_open = 1) THEN 1 ELSE 0 END AS is_lost
FROM trail t
JOIN hop h ON h.name IN ({names})
CROSS JOIN span w
LEFT JOIN visible v ON v.hop = h.name AND v.uid = t.uid AND v.copy = t.copy AND v.attempt = t.attempt
LEFT JOIN hop m ON m.name = t.first_missing_hop
WHERE t.outcome = 'ACK' AND t.t_done IS NOT NULL
  AND (v.t_visible IS NOT NULL OR (t.lost AND h.ord >= m.ord))
"""

# The number of such events after each change; at one instant acknowledgements come before first sights, so
# that the worst instant is never better than it may have been.
EXPOSURE = """
SELECT c.hop, c.ord, c.t,
       cast(sum(c.change) OVER (PARTITION BY c.hop ORDER BY c.t, c.change DESC
                                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS bigint) AS events
FROM (SELECT x.hop, x.ord, x.t, x.change
      FROM (SELECT u.hop, u.ord, u.t_from AS t, 1 AS change FROM unsafe u
            UNION ALL
            SELECT u.hop, u.ord, u.t_to AS t, -1 AS change FROM unsafe u WHERE u.is_open = 0) x) c
"""

# Per hop: the worst instant over all potential crash points, the greatest age of an event in danger, what was
# in danger when a fault bit, and what is lost for good.
RECOVERY_POINT = """
WITH worst AS (
  SELECT e.hop, e.events, e.t, row_number() OVER (PARTITION BY e.hop ORDER BY e.events DESC, e.t) AS nth
  FROM exposure e),
oldest AS (
  SELECT u.hop, max(u.t_to - u.t_from) AS age_us, count(*) AS n,
         cast(sum(u.is_lost) AS bigint) AS lost,
         max(CASE WHEN u.is_lost = 1 THEN u.t_to - u.t_from ELSE 0 END) AS lost_age_us
  FROM unsafe u GROUP BY u.hop),
cut AS (
  SELECT b.hop, max(b.events) AS events, max(b.age_us) AS age_us
  FROM (SELECT u.hop, f.id, count(*) AS events, max(f.t_bite - u.t_from) AS age_us
        FROM unsafe u JOIN fault f ON f.t_bite >= u.t_from AND f.t_bite < u.t_to
        GROUP BY u.hop, f.id) b
  GROUP BY b.hop)
SELECT h.name AS hop, h.ord, coalesce(o.n, 0) AS n, coalesce(k.events, 0) AS worst_events, k.t AS t_worst,
       coalesce(o.age_us, 0) AS worst_age_us, coalesce(c.events, 0) AS at_bite_events,
       coalesce(c.age_us, 0) AS at_bite_age_us, coalesce(o.lost, 0) AS lost_events,
       coalesce(o.lost_age_us, 0) AS lost_age_us
FROM hop h
JOIN oldest o ON o.hop = h.name
LEFT JOIN worst k ON k.hop = h.name AND k.nth = 1
LEFT JOIN cut c ON c.hop = h.name
"""


def _unsafe(chain: Chain) -> str:
    names = ", ".join(f"'{hop}'" for hop in (FIRST, *chain.coordinates, *chain.event))
    return UNSAFE.format(names=names)


VIEWS: Mapping[str, Callable[[Chain], str]] = {
    "unsafe": _unsafe,
    "exposure": lambda chain: EXPOSURE,
    "recovery_point": lambda chain: RECOVERY_POINT,
}
