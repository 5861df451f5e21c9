"""Views that resolve every send attempt: what it carried, where it landed, its fate and what misses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from invariants.chain import BRANCH, FIRST, Chain, columns, same

# Every attempt with what it carried. An attempt without an intent stays: it is demanded, and cannot be found.
PLANNED = """
SELECT s.uid, s.copy, s.attempt, s.outcome, s.t_due, s.t_invoke, s.t_done,
       s.cluster, s.topic, s.partition, s.src_offset,
       coalesce(i.class, 'unplanned') AS class, i.reason, i.body_hash, i.canonical_hash, i.event_ts,
       i.lateness_us, i.seq, i.key
FROM send s LEFT JOIN intent i ON i.uid = s.uid AND i.copy = s.copy
"""

# An ACK claims the row at its coordinates if that row carries its bytes. Leftover rows go to ACKs without
# offset first, then to UNKNOWN attempts, one row each. Grouping keeps a row from being claimed twice.
ATTEMPTS = f"""
WITH claimed AS (
  SELECT {columns("b")}, b.body_hash, p.uid, p.copy, min(p.attempt) AS attempt,
         min(b.container) AS container
  FROM planned p JOIN broker_scan b ON {same("b", "p")} AND b.body_hash = p.body_hash
  WHERE p.outcome = 'ACK'
  GROUP BY {columns("b")}, b.body_hash, p.uid, p.copy),
leftover AS (
  SELECT {columns("b")}, b.body_hash, b.container,
         row_number() OVER (PARTITION BY b.body_hash ORDER BY {columns("b")}) AS nth
  FROM broker_scan b LEFT JOIN claimed k ON {same("k", "b")} AND k.body_hash = b.body_hash
  WHERE k.uid IS NULL),
waiting AS (
  SELECT p.uid, p.copy, p.attempt, p.body_hash,
         row_number() OVER (PARTITION BY p.body_hash
                            ORDER BY CASE WHEN p.outcome = 'ACK' THEN 0 ELSE 1 END, p.attempt) AS nth
  FROM planned p
  WHERE p.outcome = 'UNKNOWN' OR (p.outcome = 'ACK' AND p.src_offset IS NULL)),
located AS (
  SELECT k.uid, k.copy, k.attempt, {columns("k")}, k.container FROM claimed k
  UNION ALL
  SELECT w.uid, w.copy, w.attempt, {columns("l")}, l.container
  FROM waiting w JOIN leftover l ON l.body_hash = w.body_hash AND l.nth = w.nth),
arrived AS (
  SELECT b.body_hash FROM broker_scan b JOIN planned p ON p.body_hash = b.body_hash
  WHERE p.outcome <> 'ACK' GROUP BY b.body_hash)
SELECT p.uid, p.copy, p.attempt, p.outcome, p.t_due, p.t_invoke, p.t_done, p.class, p.reason, p.body_hash,
       p.canonical_hash, p.event_ts, p.lateness_us, p.seq, p.key,
       {columns("f")}, f.container,
       p.cluster AS told_cluster, p.topic AS told_topic, p.partition AS told_partition,
       p.src_offset AS told_offset,
       CASE WHEN p.outcome = 'ACK' OR f.src_offset IS NOT NULL THEN 'demanded'
            WHEN v.body_hash IS NOT NULL THEN 'allowed'
            ELSE 'forbidden' END AS fate
FROM planned p
LEFT JOIN located f ON f.uid = p.uid AND f.copy = p.copy AND f.attempt = p.attempt
LEFT JOIN arrived v ON v.body_hash = p.body_hash
"""

# The coordinates that an ACK named, with what was sent there, whether or not the broker still has it.
NAMED = f"""
SELECT {columns("p")}, p.body_hash, p.uid, p.copy FROM planned p
WHERE p.outcome = 'ACK' AND p.src_offset IS NOT NULL GROUP BY {columns("p")}, p.body_hash, p.uid, p.copy
"""

# Rows at the broker that no attempt explains.
SURPLUS = f"""
WITH unexplained AS (
  SELECT b.uid, b.copy, b.body_hash, {columns("b")}
  FROM broker_scan b LEFT JOIN attempts a ON {same("a", "b")} AND a.body_hash = b.body_hash
  WHERE a.uid IS NULL)
SELECT x.cluster, x.topic, x.partition, x.src_offset, x.body_hash,
       coalesce(o.uid, x.uid) AS uid, coalesce(o.copy, x.copy) AS copy,
       CASE WHEN o.uid IS NULL AND m.body_hash <> x.body_hash THEN 'changed'
            WHEN o.uid IS NULL THEN 'never attempted'
            WHEN o.possible = 0 THEN 'failed, yet visible'
            ELSE 'duplicate' END AS kind
FROM unexplained x
LEFT JOIN (SELECT p.body_hash, min(p.uid) AS uid, min(p.copy) AS copy,
                  sum(CASE WHEN p.outcome = 'FAIL' THEN 0 ELSE 1 END) AS possible
           FROM planned p GROUP BY p.body_hash) o ON o.body_hash = x.body_hash
LEFT JOIN intent m ON m.uid = x.uid AND m.copy = x.copy
"""


def reach(chain: Chain) -> str:
    """How far each hop got per partition: whatever is absent below that was overtaken, hence lost."""
    parts = [
        f"SELECT '{hop}' AS hop, cluster, topic, partition, max(src_offset) AS upto FROM {hop}_scan "
        "GROUP BY cluster, topic, partition"
        for hop in (FIRST, *chain.coordinates, BRANCH)
    ]
    for hop in chain.event:
        parts.append(
            f"SELECT '{hop}' AS hop, e.cluster, e.topic, e.partition, max(e.src_offset) AS upto FROM "
            f"(SELECT cluster, topic, partition, src_offset FROM {hop}_scan UNION ALL "
            "SELECT cluster, topic, partition, src_offset FROM suppressed_scan) e "
            "GROUP BY e.cluster, e.topic, e.partition"
        )
    return "\nUNION ALL\n".join(parts)


# How many rows each batch brought.
LOADED = "SELECT container, count(*) AS n FROM load_scan GROUP BY container"


def _counted(hop: str, alias: str) -> str:
    return (
        f"LEFT JOIN (SELECT {columns('x')}, count(*) AS n, min(x.container) AS container FROM {hop}_scan x\n"
        f"           GROUP BY {columns('x')}) {alias} ON {same(alias, 'a')}"
    )


def found(chain: Chain) -> str:
    """One row per attempt, how often it is found at each hop, and in which container."""
    by_coordinates = (*chain.coordinates, BRANCH)
    picked = [f"f_{hop}.n AS n_{hop}, f_{hop}.container AS c_{hop}" for hop in by_coordinates]
    picked += [f"f_{hop}.n AS n_{hop}" for hop in chain.event]
    joins = [_counted(hop, f"f_{hop}") for hop in by_coordinates]
    joins += [
        f"LEFT JOIN (SELECT uid, count(*) AS n FROM {hop}_scan GROUP BY uid) f_{hop} ON f_{hop}.uid = a.uid"
        for hop in chain.event
    ]
    survivors = f"""
LEFT JOIN (SELECT {columns("x")}, count(*) AS n, sum(CASE WHEN c.uid IS NULL THEN 0 ELSE 1 END) AS n_survivors
           FROM suppressed_scan x
           LEFT JOIN (SELECT uid FROM {chain.event[0]}_scan GROUP BY uid) c ON c.uid = x.survivor_uid
           GROUP BY {columns("x")}) f_suppressed ON {same("f_suppressed", "a")}"""
    return (
        "SELECT a.*, "
        + ",\n       ".join(picked)
        + ",\n       f_suppressed.n AS n_suppressed, coalesce(f_suppressed.n_survivors, 0) AS n_survivors"
        + "\nFROM attempts a\n"
        + "\n".join(joins)
        + survivors
    )


def trail(chain: Chain) -> str:
    """One row per attempt: its fate, its presence at every hop, the first that misses it, lost or pending."""
    first, *later = chain.coordinates
    cases = ["WHEN f.fate <> 'demanded' THEN NULL", f"WHEN f.src_offset IS NULL THEN '{FIRST}'"]
    cases.append(f"WHEN f.n_{first} IS NULL THEN '{first}'")
    cases.append(f"WHEN f.n_{BRANCH} IS NOT NULL THEN NULL")
    if later:
        cases.append(f"WHEN f.class = 'invalid' AND f.n_{later[0]} IS NULL THEN '{BRANCH}'")
    cases += [f"WHEN f.n_{hop} IS NULL THEN '{hop}'" for hop in later]
    cases += [f"WHEN f.n_{hop} IS NULL AND f.n_survivors = 0 THEN '{hop}'" for hop in chain.event]
    picks = "\n            ".join(cases)
    return f"""
WITH missed AS (
  SELECT f.*,
       CASE {picks} END AS first_missing_hop
  FROM found f)
SELECT l.*, l.first_missing_hop IS NOT NULL AND (l.overtaken OR l.state IN ('drained', 'stuck')) AS lost,
       l.first_missing_hop IS NOT NULL AND NOT l.overtaken AND l.state NOT IN ('drained', 'stuck') AS pending
FROM (
  SELECT m.*, coalesce(h.state, 'moving') AS state,
         coalesce(r.upto > coalesce(m.src_offset, m.told_offset), FALSE) AS overtaken
  FROM missed m
  LEFT JOIN hop h ON h.name = m.first_missing_hop
  LEFT JOIN reach r ON r.hop = m.first_missing_hop AND r.cluster = coalesce(m.cluster, m.told_cluster)
    AND r.topic = coalesce(m.topic, m.told_topic) AND r.partition = coalesce(m.partition, m.told_partition)) l
"""


VIEWS: Mapping[str, Callable[[Chain], str]] = {
    "planned": lambda chain: PLANNED,
    "attempts": lambda chain: ATTEMPTS,
    "named": lambda chain: NAMED,
    "surplus": lambda chain: SURPLUS,
    "reach": reach,
    "loaded_batch": lambda chain: LOADED,
    "found": found,
    "trail": trail,
}
