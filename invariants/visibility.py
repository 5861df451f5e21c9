"""Views of time: when each event became visible at each hop, when a hop was bad, and how it recovered.

No stamp of the system under test is read: a row is visible when its container was first sighted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from invariants.chain import BRANCH, FIRST, Chain, target

GRID_US = 250_000  # one sample; equal to the sampler's period
RUN_OF_GOOD = 5  # consecutive good samples that count as stable service

# The end of what was observed.
SPAN = """
SELECT max(e.t) AS t_end FROM (
  SELECT max(t_to) AS t FROM phase UNION ALL SELECT max(t_seen) AS t FROM sighting
  UNION ALL SELECT max(t_done) AS t FROM send) e
"""

SEEN_AT = """
SELECT hop, container, cluster, topic, min(t_prev) AS t_prev, min(t_seen) AS t_seen
FROM sighting GROUP BY hop, container, cluster, topic
"""


def _required_at(hop: str, chain: Chain) -> str:
    if hop == BRANCH:
        return f"(t.class = 'invalid' OR t.n_{BRANCH} IS NOT NULL)"
    if hop in (FIRST, chain.coordinates[0]):
        return "1 = 1"
    return f"t.class <> 'invalid' AND t.n_{BRANCH} IS NULL"


def _present_at(hop: str, chain: Chain) -> str:
    if hop == FIRST:
        return "t.src_offset IS NOT NULL"
    if hop in chain.event:
        return f"t.n_{chain.last_by_coordinates} IS NOT NULL AND (t.n_{hop} IS NOT NULL OR t.n_survivors > 0)"
    return f"t.n_{hop} IS NOT NULL"


def _container_at(hop: str, chain: Chain) -> str:
    if hop == FIRST:
        return "t.container"
    return f"t.c_{chain.last_by_coordinates}" if hop in chain.event else f"t.c_{hop}"


def visible(chain: Chain) -> str:
    """One row per demanded attempt and hop where it has to appear; what was overtaken is a loss, not a delay.

    A row that is absent and may still come stays invisible until the end of the observation (is_open = 1).
    """
    parts = []
    for hop in (*chain.hops, BRANCH):
        present = _present_at(hop, chain)
        parts.append(
            f"""SELECT t.uid, t.copy, t.attempt, t.lateness_us, t.t_due, t.cluster, t.topic, '{hop}' AS hop,
         CASE WHEN {present} THEN {_container_at(hop, chain)} END AS container,
         CASE WHEN {present} THEN 0 ELSE 1 END AS is_open
  FROM trail t
  WHERE t.fate = 'demanded' AND {_required_at(hop, chain)}
    AND (({present}) OR (NOT t.overtaken AND t.state <> 'drained'))"""
        )
    places = "\n  UNION ALL\n  ".join(parts)
    return f"""
SELECT p.uid, p.copy, p.attempt, p.lateness_us, p.t_due, p.hop, e.t_prev,
       coalesce(e.t_seen, w.t_end) AS t_visible, p.is_open,
       CASE WHEN p.is_open = 0 AND e.t_seen IS NULL THEN 1 ELSE 0 END AS unsighted
FROM (
  {places}) p
CROSS JOIN span w
LEFT JOIN seen_at e ON e.hop = p.hop AND e.container = p.container AND e.cluster = p.cluster
  AND e.topic = p.topic
"""


# A hop is bad while its oldest demanded, not yet visible event is older than its bound; overlaps are merged.
OUTAGE = """
WITH spell AS (
  SELECT v.hop, v.t_due + h.bound_us AS t_from, v.t_visible AS t_to, v.is_open
  FROM visible v JOIN hop h ON h.name = v.hop
  WHERE h.bound_us IS NOT NULL AND v.t_visible > v.t_due + h.bound_us),
ordered AS (
  SELECT s.*, max(s.t_to) OVER (PARTITION BY s.hop ORDER BY s.t_from, s.t_to
                                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
  FROM spell s),
marked AS (
  SELECT o.*, sum(CASE WHEN o.before IS NULL OR o.t_from > o.before THEN 1 ELSE 0 END)
                OVER (PARTITION BY o.hop ORDER BY o.t_from, o.t_to
                      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS island
  FROM ordered o)
SELECT hop, min(t_from) AS t_from, max(t_to) AS t_to, max(is_open) AS is_open FROM marked GROUP BY hop, island
"""

# Overlapping faults are one window: first bite to last recovery.
FAULT_WINDOW = """
WITH bitten AS (
  SELECT f.id, f.t_bite AS t_from, greatest(coalesce(f.t_healed, w.t_end), f.t_bite) AS t_to, w.t_end
  FROM fault f CROSS JOIN span w WHERE f.t_bite IS NOT NULL),
ordered AS (
  SELECT b.*, max(b.t_to) OVER (ORDER BY b.t_from, b.id
                                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
  FROM bitten b),
marked AS (
  SELECT o.*, sum(CASE WHEN o.before IS NULL OR o.t_from > o.before THEN 1 ELSE 0 END)
                OVER (ORDER BY o.t_from, o.id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS nr
  FROM ordered o),
merged AS (
  SELECT nr, min(id) AS fault, count(*) AS faults, min(t_from) AS t_from, max(t_to) AS t_to,
         max(t_end) AS t_end
  FROM marked GROUP BY nr)
SELECT m.nr, m.fault, m.faults, m.t_from, m.t_to, m.t_end,
       coalesce(lead(m.t_from) OVER (ORDER BY m.t_from), m.t_end) AS t_next
FROM merged m
"""


def up(expression: str) -> str:
    """A distance in microseconds, rounded up to the next sample."""
    padded = f"({expression} + {GRID_US - 1})"
    return f"({padded} - {padded} % {GRID_US})"


# Per hop and fault window, in microseconds after the bite: the first bad sample, the first new sighting after
# it, and the start of the first run of good samples. No bad sample: 0. Never stable: NULL.
RECOVERY = f"""
WITH bad AS (
  SELECT w.nr, o.hop, o.is_open, {up("greatest(o.t_from - w.t_from, 0)")} AS k_from,
         {up("(o.t_to - w.t_from)")} AS k_to
  FROM fault_window w JOIN outage o ON o.t_to > w.t_from AND o.t_from < w.t_next),
ordered AS (
  SELECT b.*, max(b.k_to) OVER (PARTITION BY b.nr, b.hop ORDER BY b.k_from, b.k_to
                                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
  FROM bad b WHERE b.k_to > b.k_from),
marked AS (
  SELECT o.*, sum(CASE WHEN o.before IS NULL OR o.k_from - o.before >= {RUN_OF_GOOD * GRID_US}
                       THEN 1 ELSE 0 END)
                OVER (PARTITION BY o.nr, o.hop ORDER BY o.k_from, o.k_to
                      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS island
  FROM ordered o),
islands AS (
  SELECT nr, hop, island, min(k_from) AS k_from, max(k_to) AS k_to, max(is_open) AS is_open
  FROM marked GROUP BY nr, hop, island),
counted AS (
  SELECT i.nr, i.hop, min(i.k_from) AS first_bad, max(i.k_to) AS stable, max(i.is_open) AS is_open
  FROM islands i JOIN fault_window w ON w.nr = i.nr
  WHERE i.island = 1 OR (w.faults > 1 AND w.t_from + i.k_from <= w.t_to)
  GROUP BY i.nr, i.hop)
SELECT w.nr, w.fault, w.t_from AS t_bite, h.name AS hop, h.ord, c.first_bad AS first_bad_us,
       coalesce(z.t_seen - w.t_from, CASE WHEN c.nr IS NULL THEN 0 END) AS first_success_us,
       CASE WHEN c.nr IS NULL THEN 0 WHEN c.is_open = 1 THEN NULL ELSE c.stable END AS stable_us,
       z.t_seen - z.t_prev AS error_us, h.r1_target_us
FROM fault_window w
CROSS JOIN hop h
LEFT JOIN counted c ON c.nr = w.nr AND c.hop = h.name
LEFT JOIN (
  SELECT k.nr, k.hop, min(s.t_seen) AS t_seen, max(s.t_prev) AS t_prev
  FROM (SELECT c2.nr, c2.hop, min(s2.t_seen) AS t_first
        FROM counted c2 JOIN fault_window w2 ON w2.nr = c2.nr
        JOIN sighting s2 ON s2.hop = c2.hop AND s2.t_seen >= w2.t_from + c2.first_bad
        GROUP BY c2.nr, c2.hop) k
  JOIN sighting s ON s.hop = k.hop AND s.t_seen = k.t_first
  GROUP BY k.nr, k.hop) z ON z.nr = w.nr AND z.hop = h.name
WHERE h.bound_us IS NOT NULL
"""

# Per hop: the greatest lag (age of the oldest event not yet visible), the band of the time before the first
# fault, and when, after the last heal, a run of samples inside that band began.
BACKLOG = f"""
WITH edge AS (
  SELECT min(t_from) AS t_bite, max(t_to) AS t_heal FROM fault_window),
calm AS (
  SELECT v.hop, max(v.t_visible - v.t_due) AS lag_us
  FROM visible v CROSS JOIN edge e WHERE v.is_open = 0 AND v.t_visible < e.t_bite GROUP BY v.hop),
band AS (
  SELECT h.name AS hop, h.ord, h.state,
         greatest(coalesce(h.bound_us, k.lag_us, c.lag_us), coalesce(k.lag_us, h.bound_us, c.lag_us),
                  coalesce(c.lag_us, h.bound_us, k.lag_us)) AS band_us
  FROM hop h
  LEFT JOIN calm k ON k.hop = h.name
  LEFT JOIN (SELECT hop, cast(max(value) AS bigint) AS lag_us FROM control
             WHERE measure = 'lag_max_us' GROUP BY hop) c ON c.hop = h.name),
spell AS (
  SELECT v.hop, v.t_due + b.band_us AS t_from, v.t_visible AS t_to, v.is_open, e.t_heal
  FROM visible v JOIN band b ON b.hop = v.hop CROSS JOIN edge e
  WHERE v.t_visible > e.t_heal AND v.t_visible > v.t_due + b.band_us),
ordered AS (
  SELECT s.*, max(s.t_to) OVER (PARTITION BY s.hop ORDER BY s.t_from, s.t_to
                                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
  FROM spell s),
marked AS (
  SELECT o.*, sum(CASE WHEN o.t_from - coalesce(o.before, o.t_heal) >= {RUN_OF_GOOD * GRID_US}
                       THEN 1 ELSE 0 END)
                OVER (PARTITION BY o.hop ORDER BY o.t_from, o.t_to
                      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS runs_before
  FROM ordered o),
back AS (
  SELECT hop, max(t_to - t_heal) AS back_us, max(is_open) AS is_open
  FROM marked WHERE runs_before = 0 GROUP BY hop),
peak AS (
  SELECT hop, max(t_visible - t_due) AS lag_us FROM visible GROUP BY hop)
SELECT b.hop, b.ord, b.state, b.band_us, coalesce(p.lag_us, 0) AS lag_max_us,
       coalesce(k.back_us, 0) AS back_us, coalesce(k.is_open, 0) AS is_open
FROM band b
LEFT JOIN back k ON k.hop = b.hop
LEFT JOIN peak p ON p.hop = b.hop
"""


def freshness(chain: Chain) -> str:
    """Age at which each event became visible at the last hop, unless a fault met it in flight."""
    return f"""
SELECT v.uid, v.copy, v.attempt, v.t_due, v.is_open,
       CASE WHEN v.lateness_us > 0 THEN 'late' ELSE 'on time' END AS lane,
       v.t_visible - CASE WHEN v.lateness_us > 0 THEN b.t_visible ELSE v.t_due END AS age_us
FROM visible v
LEFT JOIN visible b ON b.hop = '{FIRST}' AND b.uid = v.uid AND b.copy = v.copy AND b.attempt = v.attempt
LEFT JOIN fault_window w
  ON v.t_due <= w.t_to + coalesce({target("F3", "grace_us")}, 0) AND v.t_visible >= w.t_from
WHERE v.hop = '{chain.event[0]}' AND w.nr IS NULL
"""


VIEWS: Mapping[str, Callable[[Chain], str]] = {
    "span": lambda chain: SPAN,
    "seen_at": lambda chain: SEEN_AT,
    "visible": visible,
    "outage": lambda chain: OUTAGE,
    "fault_window": lambda chain: FAULT_WINDOW,
    "recovery": lambda chain: RECOVERY,
    "backlog": lambda chain: BACKLOG,
    "freshness": freshness,
}
