"""Views of what the harness promised: traffic per fault and tag, partitions led by a victim, elections."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from invariants.chain import Chain, target

TAGS = (
    *("retry", "late", "ooo", "twin", "dup", "invalid", "breaking", "correct"),
    *("incident", "additive", "poison", "hot", "replay", "backlog", "reversal"),
)
OTHER_TARGETS = ("events", "during_fault", "per_tag", "towards", "delivery_timeout_us")

_WORDS = " UNION ALL ".join(f"SELECT '{tag}' AS tag" for tag in TAGS)
_OTHERS = ", ".join(f"'{name}'" for name in OTHER_TARGETS)

# The tags that may occur, and those that the run promised by name.
TAG_WORD = f"""
SELECT w.tag, max(w.needed) AS needed
FROM (SELECT k.tag, cast(NULL AS double) AS needed FROM ({_WORDS}) k
      UNION ALL
      SELECT name AS tag, value AS needed FROM target WHERE invariant = 'H1' AND name NOT IN ({_OTHERS})) w
GROUP BY w.tag
"""

# Partitions that the victim of a fault led when it was bitten (the last sample before), and the next leader.
ELECTION = """
WITH last_before AS (
  SELECT f.id, m.labels, max(m.t) AS t
  FROM fault f JOIN metric m ON m.name = 'leader' AND m.t <= f.t_bite GROUP BY f.id, m.labels),
led AS (
  SELECT f.id, f.t_bite, l.labels, m.value AS broker
  FROM last_before l
  JOIN fault f ON f.id = l.id
  JOIN metric m ON m.name = 'leader' AND m.labels = l.labels AND m.t = l.t
  WHERE f.victim = concat('broker-', cast(cast(m.value AS bigint) AS string)))
SELECT d.id AS fault, d.labels AS at_partition, d.t_bite, min(d.broker) AS broker,
       min(n.t) - d.t_bite AS took_us
FROM led d
LEFT JOIN metric n ON n.name = 'leader' AND n.labels = d.labels AND n.t > d.t_bite
  AND n.value <> d.broker AND n.value >= 0
GROUP BY d.id, d.labels, d.t_bite
"""

TRAFFIC = f"""
SELECT 'events' AS what, '' AS subject, count(*) AS n, {target("H1", "events")} AS needed
FROM send WHERE outcome = 'ACK'
UNION ALL
SELECT 'during the fault' AS what, f.id AS subject, count(s.uid) AS n,
       {target("H1", "during_fault")} AS needed
FROM fault f CROSS JOIN span w
LEFT JOIN send s ON s.t_invoke >= f.t_bite AND s.t_invoke <= coalesce(f.t_healed, w.t_end)
WHERE f.t_bite IS NOT NULL GROUP BY f.id
UNION ALL
SELECT 'towards the victim' AS what, f.id AS subject, count(s.uid) AS n, {target("H1", "towards")} AS needed
FROM fault f CROSS JOIN span w
JOIN (SELECT fault, min(at_partition) AS any_partition FROM election GROUP BY fault) v ON v.fault = f.id
LEFT JOIN (SELECT p.uid, p.t_invoke, e.fault
           FROM send p
           JOIN election e ON p.partition IS NULL OR cast(p.partition AS string) = e.at_partition) s
  ON s.fault = f.id AND s.t_invoke >= f.t_bite AND s.t_invoke <= coalesce(f.t_healed, w.t_end)
GROUP BY f.id
UNION ALL
SELECT 'tag' AS what, t.tag AS subject, coalesce(max(c.n), 0) AS n,
       coalesce(max(t.needed), {target("H1", "per_tag")}) AS needed
FROM tag_word t
LEFT JOIN (SELECT w.tag, sum(g.n) AS n
           FROM tag_word w
           JOIN (SELECT m.tags, sum(CASE WHEN s.outcome = 'ACK' THEN 1 ELSE 0 END) AS n
                 FROM send s
                 JOIN (SELECT uid, copy, tags FROM intent WHERE tags <> '') m
                   ON m.uid = s.uid AND m.copy = s.copy
                 GROUP BY m.tags) g
             ON g.tags LIKE concat('%|', w.tag, '|%')
           GROUP BY w.tag) c ON c.tag = t.tag
LEFT JOIN (SELECT w.tag, count(*) AS n FROM tag_word w
           JOIN (SELECT tags FROM intent GROUP BY tags) g ON g.tags LIKE concat('%|', w.tag, '|%')
           GROUP BY w.tag) i ON i.tag = t.tag
WHERE t.needed IS NOT NULL OR i.n IS NOT NULL
GROUP BY t.tag
"""

VIEWS: Mapping[str, Callable[[Chain], str]] = {
    "tag_word": lambda chain: TAG_WORD,
    "election": lambda chain: ELECTION,
    "traffic": lambda chain: TRAFFIC,
}
