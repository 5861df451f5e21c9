"""Views of what lies behind curated: when features and analytics had an event, and the alarms."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from invariants.chain import BRANCH, FIRST, Chain, target


def mart_freshness(chain: Chain) -> str:
    """As `freshness`, per mart: a mart has an event when it has applied the batch that loaded it."""
    last = chain.last_by_coordinates
    return f"""
SELECT h.name AS hop, t.uid, t.copy, t.attempt, t.t_due,
       CASE WHEN e.t_seen IS NULL THEN 1 ELSE 0 END AS is_open,
       CASE WHEN t.lateness_us > 0 THEN 'late' ELSE 'on time' END AS lane,
       coalesce(e.t_seen, n.t_end) - CASE WHEN t.lateness_us > 0 THEN b.t_seen ELSE t.t_due END AS age_us
FROM trail t
JOIN hop h ON h.name IN ('features', 'analytics')
CROSS JOIN span n
LEFT JOIN seen_at e ON e.hop = h.name AND e.container = t.c_{last} AND e.cluster = t.cluster
  AND e.topic = t.topic
LEFT JOIN seen_at b ON b.hop = '{FIRST}' AND b.container = t.container AND b.cluster = t.cluster
  AND b.topic = t.topic
LEFT JOIN fault_window w ON t.t_due <= w.t_to + coalesce({target("F1", "grace_us")},
                                                        {target("F2", "grace_us")}, 0)
  AND coalesce(e.t_seen, n.t_end) >= w.t_from
WHERE t.fate = 'demanded' AND t.class <> 'invalid' AND t.n_{BRANCH} IS NULL AND t.n_{last} IS NOT NULL
  AND w.nr IS NULL
"""


# The first alarm that names a part which was hurt, per fault window.
DETECTION = """
SELECT w.nr, min(a.t) - min(w.t_from) AS detection_us
FROM fault_window w
JOIN fault f ON f.t_bite >= w.t_from AND f.t_bite <= w.t_to
JOIN alarm a ON a.part = f.victim AND a.t >= w.t_from AND a.t <= w.t_next
GROUP BY w.nr
"""


VIEWS: Mapping[str, Callable[[Chain], str]] = {
    "mart_freshness": mart_freshness,
    "detection": lambda chain: DETECTION,
}
