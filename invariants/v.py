"""V: availability and isolation. What is not hurt keeps its pace; readers neither fail nor see a mix."""

from __future__ import annotations

from gameday.kernel.verdict import MEASURE, SAFETY
from invariants.chain import target
from invariants.declare import invariant
from invariants.visibility import GRID_US, up

# What a declared component may do on the side that is cut off, by kind of probe.
V1 = invariant(
    "V1",
    "during a fault each component accepts or refuses as declared, and one declared CP never diverges",
    SAFETY,
    judged="SELECT count(*) FROM probe p JOIN stance_truth d ON d.component = p.component",
    at_least=1,
    offenders="""
SELECT x.component, x.stance, x.side, x.what, x.t
FROM (SELECT p.component, d.stance, p.side, p.t,
             CASE WHEN d.stance = 'CP' AND p.side = 'minority' AND p.outcome = 'accepted'
                  THEN 'accepted by the minority'
                  WHEN d.stance = 'AP' AND p.outcome <> 'accepted' THEN 'refused although AP' END AS what
      FROM probe p JOIN stance_truth d ON d.component = p.component
      JOIN fault_window w ON p.t >= w.t_from AND p.t <= w.t_to
      WHERE p.kind = 'write') x
WHERE x.what IS NOT NULL
UNION ALL
SELECT p.component, 'CP' AS stance, '' AS side, 'diverged' AS what, max(p.t) AS t
FROM probe p JOIN stance_truth d ON d.component = p.component AND d.stance = 'CP'
WHERE p.kind = 'state' AND p.outcome = 'answered' GROUP BY p.component, p.t
HAVING min(p.detail) <> max(p.detail)""",
    order_by="t, component, side",
    unit="answers against the declaration",
    hint="a write that a minority accepts is lost or doubled once the sides meet again",
)

# Who must not notice whom: a part that is hurt, and the hops that go on without it.
_MATRIX = " UNION ALL ".join(
    f"SELECT '{part}' AS part, '{hop}' AS hop"
    for part, hops in (
        ("warehouse", ("broker", "raw")),
        ("loader", ("broker", "raw")),
        ("curator", ("broker", "raw", "load")),
        ("landing", ("broker",)),
    )
    for hop in hops
)

# The windows of the matrix; and, without any fault, landing while a producer breaks the contract.
_DISTURBED = f"""
  SELECT g.id, g.victim, m.hop, g.t_bite, coalesce(g.t_healed, w.t_end) AS t_to
  FROM fault g CROSS JOIN span w
  JOIN ({_MATRIX}) m ON g.victim LIKE concat('%', m.part, '%')
    OR (m.part = 'warehouse' AND g.target LIKE '%warehouse%')
  WHERE g.t_bite IS NOT NULL
  GROUP BY g.id, g.victim, m.hop, g.t_bite, coalesce(g.t_healed, w.t_end)
  UNION ALL
  SELECT 'traffic' AS id, 'contract' AS victim, 'raw' AS hop, p.t_from AS t_bite, p.t_to
  FROM phase p
  JOIN (SELECT count(*) AS n FROM fault) f0 ON f0.n = 0
  JOIN (SELECT count(*) AS n FROM intent WHERE tags LIKE '%|breaking|%') b ON b.n > 0
  WHERE p.name = 'load'"""

# Samples of the hop in each of these windows, and the bad ones.
_WINDOWS = f"""SELECT f.id AS fault, f.victim, f.hop, f.t_bite, f.t_to,
       {up("(f.t_to - f.t_bite)")} AS total_us,
       coalesce(sum(CASE WHEN o.t_to > o.t_from
                         THEN {up("(least(o.t_to, f.t_to) - f.t_bite)")}
                            - {up("greatest(o.t_from - f.t_bite, 0)")} ELSE 0 END), 0) AS bad_us,
       min(o.t_from) AS t_first
FROM ({_DISTURBED}) f
LEFT JOIN outage o ON o.hop = f.hop AND o.t_from < f.t_to AND o.t_to > f.t_bite
GROUP BY f.id, f.victim, f.hop, f.t_bite, f.t_to"""

V2 = invariant(
    "V2",
    "what is not hurt keeps its pace while something else is, or while a producer breaks the contract",
    MEASURE,
    judged=f"SELECT coalesce(sum({up('(f.t_to - f.t_bite)')}), 0) / {GRID_US} FROM ({_DISTURBED}) f",
    at_least=1,
    offenders=f"""
SELECT x.fault, x.hop, x.victim, x.bad_us, x.total_us, x.t_first
FROM ({_WINDOWS}) x
WHERE x.total_us - x.bad_us < {target("V2", "good_share")} * x.total_us""",
    order_by="t_first, fault, hop",
    figure=f"""SELECT min(1e0 - x.bad_us / cast(x.total_us AS double))
FROM ({_WINDOWS}) x WHERE x.total_us > 0""",
    unit="share of good samples",
    aim=target("V2", "good_share"),
    worse="<",
    targets={"good_share": 0.9995},
    implies=("R1",),
    hint="the two share something that they should not: a process, a lock, a disk, a queue",
)

# A bound says something only where a control run gave it.
# The time under load outside every fault and its grace, in pieces, and what of it a hop was bad.
_CALM = f"""
WITH busy AS (
  SELECT w.t_from, w.t_to + cast({target("V4", "grace_us")} AS bigint) AS t_to FROM fault_window w),
edges AS (
  SELECT p.t_from AS t FROM phase p WHERE p.name = 'load'
  UNION ALL
  SELECT b.t_to AS t FROM busy b)
SELECT e.t AS t_from, least(min(p.t_to), coalesce(min(b.t_from), min(p.t_to))) AS t_to
FROM edges e
JOIN phase p ON p.name = 'load' AND e.t >= p.t_from AND e.t < p.t_to
LEFT JOIN busy b ON b.t_from >= e.t
LEFT JOIN busy c ON e.t >= c.t_from AND e.t < c.t_to
WHERE c.t_from IS NULL
GROUP BY e.t"""
_AVAILABLE = f"""SELECT h.name AS hop, h.ord, max(t.total_us) AS total_us,
       coalesce(max(b.bad_us), 0) AS bad_us
FROM hop h
JOIN (SELECT hop FROM control WHERE measure = 'latency_p99_us' GROUP BY hop) u ON u.hop = h.name
CROSS JOIN (SELECT coalesce(sum(k.t_to - k.t_from), 0) AS total_us FROM ({_CALM}) k) t
LEFT JOIN (SELECT o.hop, sum(least(o.t_to, k.t_to) - greatest(o.t_from, k.t_from)) AS bad_us
           FROM outage o JOIN ({_CALM}) k ON o.t_from < k.t_to AND o.t_to > k.t_from
           GROUP BY o.hop) b ON b.hop = h.name
WHERE h.bound_us IS NOT NULL AND t.total_us > 0
GROUP BY h.name, h.ord"""

V4 = invariant(
    "V4",
    "every hop is available outside faults and their grace: good samples of all, while there is load",
    MEASURE,
    judged=f"SELECT coalesce(sum(x.total_us), 0) / {GRID_US} FROM ({_AVAILABLE}) x",
    at_least=1,
    offenders=f"""
SELECT x.hop, x.bad_us, x.total_us, x.ord
FROM ({_AVAILABLE}) x WHERE x.total_us - x.bad_us < {target("V4", "good_share")} * x.total_us""",
    order_by="ord",
    figure=f"SELECT min(1e0 - x.bad_us / cast(x.total_us AS double)) FROM ({_AVAILABLE}) x",
    unit="share of good samples",
    aim=target("V4", "good_share"),
    worse="<",
    targets={"good_share": 0.9995, "grace_us": 30_000_000},
    implies=("L1", "F3", "R1", "F7"),
    hint="something is slow without any fault: see which hop is bad first, and what the host did then",
)

V5 = invariant(
    "V5",
    "readers never fail, whatever is swapped, rolled back or loaded meanwhile",
    SAFETY,
    judged="SELECT count(*) FROM reader",
    at_least=1,
    offenders="""
SELECT 'reader' AS hop, r.read_no, r.query, r.relation, r.error, r.t
FROM reader r WHERE r.error IS NOT NULL""",
    order_by="t, read_no, relation",
    unit="reads failed",
    hint="a reader must hold on to the version that it opened until it is done",
)

V6 = invariant(
    "V6",
    "readers never see a mix: what is read is the content of a version that was current at that instant",
    SAFETY,
    judged="SELECT count(*) FROM reader WHERE error IS NULL AND content_hash IS NOT NULL",
    at_least=1,
    offenders="""
SELECT 'reader' AS hop, r.read_no, r.query, r.relation, r.content_hash, r.t
FROM reader r
LEFT JOIN snapshot_scan s ON s.relation = r.relation AND s.content_hash = r.content_hash
  AND s.t_commit <= r.t AND (s.t_until IS NULL OR s.t_until >= r.t)
WHERE r.error IS NULL AND r.content_hash IS NOT NULL AND s.relation IS NULL
UNION ALL
SELECT 'reader' AS hop, r.read_no, min(r.query) AS query, 'several' AS relation,
       concat(min(s.colour), ' and ', max(s.colour)) AS content_hash, min(r.t) AS t
FROM reader r
JOIN snapshot_scan s ON s.relation = r.relation AND s.content_hash = r.content_hash
  AND s.t_commit <= r.t AND (s.t_until IS NULL OR s.t_until >= r.t)
WHERE r.error IS NULL
GROUP BY r.read_no HAVING min(s.snapshot) <> max(s.snapshot)""",
    order_by="t, read_no, relation",
    unit="mixed reads",
    hint="several names were moved one by one; one pointer has to move them all",
)

# From the bite to the next fault: failures before the breaker opened, its first close after the heal.
_BREAKER = """SELECT w.nr, w.t_from, w.t_to, k.component,
       min(CASE WHEN k.state = 'open' THEN k.t END) AS t_open,
       min(CASE WHEN k.state = 'closed' AND k.t >= w.t_to THEN k.t END) AS t_closed
FROM fault_window w JOIN breaker_scan k ON k.t >= w.t_from AND k.t <= w.t_next
GROUP BY w.nr, w.t_from, w.t_to, k.component"""
_STEPS = """SELECT k.component, k.t, k.state, k.attempts, k.failures,
       lag(k.state) OVER (PARTITION BY k.component ORDER BY k.t) AS state_before,
       lag(k.t) OVER (PARTITION BY k.component ORDER BY k.t) AS t_before
FROM breaker_scan k"""

V7 = invariant(
    "V7",
    "a breaker opens in time, probes before it closes, closes in time after the heal, and never storms",
    SAFETY,
    judged="SELECT count(*) FROM breaker_scan",
    at_least=1,
    offenders=f"""
SELECT b.component, 'opened too late or never' AS what, sum(k.failures) AS seen, b.t_from AS t
FROM ({_BREAKER}) b
JOIN breaker_scan k ON k.component = b.component AND k.t >= b.t_from AND k.t <= coalesce(b.t_open, b.t_to)
GROUP BY b.component, b.t_from HAVING sum(k.failures) > {target("V7", "failures")}
UNION ALL
SELECT s.component, 'closed without a probe' AS what, cast(0 AS bigint) AS seen, s.t
FROM ({_STEPS}) s WHERE s.state = 'closed' AND s.state_before = 'open'
UNION ALL
SELECT b.component, 'closed too late or never' AS what, b.t_closed - b.t_to AS seen, b.t_to AS t
FROM ({_BREAKER}) b
WHERE b.t_open IS NOT NULL AND (b.t_closed IS NULL OR b.t_closed - b.t_to > {target("V7", "close_us")})
UNION ALL
SELECT s.component, 'storm of retries' AS what, s.attempts AS seen, s.t
FROM ({_STEPS}) s
WHERE s.state_before <> 'closed' 
  AND s.attempts * 1e6 > {target("V7", "per_second")} * greatest(s.t - s.t_before, 1000000)""",
    order_by="t, component, what",
    unit="lapses",
    targets={"failures": 5, "close_us": 15_000_000, "per_second": 5},
    implies=("R1", "L1"),
    hint="count failures in a row, not per call site; a probe is one call, not a flood",
)
