"""Views of business truth: the facts that count, gaps in the source, what settles where under which version.

Corrections name the first event of their chain (`corrects_uid`); the highest `correction_seq` counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from invariants.chain import FIRST, Chain, columns, same
from invariants.oracle import CANONICAL_TYPE

BIG = "decimal(38,0)"


def big(expression: str) -> str:
    """A whole number that a sum of it cannot overflow."""
    return f"cast({expression} AS {BIG})"


# One row per identity of the truth, with its content. `pending`: it may still be on its way to curated.
FACT = f"""
SELECT e.uid, min({CANONICAL_TYPE.format("i")}) AS event_type, min(i.payment_id) AS payment_id,
       min(i.merchant_id) AS merchant_id, min(i.account_id) AS account_id, min(i.card_token) AS card_token,
       min(i.currency) AS currency, min(i.amount_minor) AS amount_minor, min(i.event_ts) AS event_ts,
       coalesce(min(i.corrects_uid), e.uid) AS first_uid,
       coalesce(max(i.correction_seq), 0) AS correction_seq, min(i.canonical_hash) AS canonical_hash,
       max(e.pending_some) AS pending
FROM expected_event e JOIN intent i ON i.uid = e.uid
WHERE i.class <> 'invalid' GROUP BY e.uid
"""

# The facts that count: of a chain of corrections the last one.
EFFECTIVE_FACT = """
SELECT r.uid, r.first_uid, r.event_type, r.payment_id, r.merchant_id, r.account_id, r.card_token, r.currency,
       r.amount_minor, r.event_ts, r.pending
FROM (SELECT f.*, row_number() OVER (
               PARTITION BY f.first_uid
               ORDER BY f.correction_seq DESC, f.canonical_hash NULLS LAST, f.uid) AS place
      FROM fact f) r
WHERE r.place = 1
"""


def gap(chain: Chain) -> str:
    """Source coordinates that held a record and are absent from the first hop, though it went past them.

    What nobody acknowledged and nobody found at the broker (a control record) was never a record.
    """
    first = chain.coordinates[0]
    return f"""
SELECT {columns("k")}, min(k.uid) AS uid, min(k.copy) AS copy
FROM (SELECT {columns("b")}, b.uid, b.copy FROM {FIRST}_scan b
      UNION ALL
      SELECT {columns("a")}, a.uid, a.copy FROM named a) k
LEFT JOIN {first}_scan r ON {same("r", "k")}
LEFT JOIN reach p ON p.hop = '{first}' AND p.cluster = k.cluster AND p.topic = k.topic
  AND p.partition = k.partition
LEFT JOIN hop h ON h.name = '{first}'
WHERE r.src_offset IS NULL
  AND (coalesce(p.upto, -1) > k.src_offset OR coalesce(h.state, 'moving') IN ('drained', 'stuck'))
GROUP BY {columns("k")}
"""


REPLACED_RUN = """
SELECT supersedes AS run FROM settlement_run_scan WHERE supersedes IS NOT NULL GROUP BY supersedes
"""

# The last reading of each run that no later run replaces.
CURRENT_RUN = """
SELECT r.run, r.business_date, r.fx_version, r.map_version, r.t_read, max(r.supersedes) AS supersedes
FROM settlement_run_scan r
JOIN (SELECT run, max(t_read) AS t_read FROM settlement_run_scan GROUP BY run) l
  ON l.run = r.run AND l.t_read = r.t_read
LEFT JOIN replaced_run n ON n.run = r.run
WHERE n.run IS NULL AND r.status = 'CLOSED'
GROUP BY r.run, r.business_date, r.fx_version, r.map_version, r.t_read
"""

_AMOUNTS = ("gross", "refunds", "chargebacks", "late_minor")


def _truth(column: str) -> str:
    when = "p.after_close" if column == "late_minor" else f"NOT p.after_close AND p.side = '{column}'"
    amount = "p.sign * f.amount_minor" if column == "late_minor" else "f.amount_minor"
    return f"CASE WHEN {when} THEN {big(amount)} ELSE {big('0')} END AS {column}"


def _nothing(*but: str) -> str:
    return ", ".join(f"{big(but[0] if name in but[1:] else '0')} AS {name}" for name in _AMOUNTS)


# Per current run and entry: truth (`want_`) beside what was published (`have_`), and what is still pending.
SETTLEMENT = f"""
SELECT x.run, x.business_date, x.supersedes, x.merchant_id, x.currency, max(x.pending) AS pending,
       sum(x.entries) AS entries, sum(x.want_n) AS want_n, sum(x.have_n) AS have_n,
       {", ".join(f"sum(CASE WHEN x.side = 0 THEN x.{a} ELSE {big('0')} END) AS want_{a}" for a in _AMOUNTS)},
       {", ".join(f"sum(CASE WHEN x.side = 1 THEN x.{a} ELSE {big('0')} END) AS have_{a}" for a in _AMOUNTS)},
       sum(x.fees) AS fees, sum(x.net) AS net, max(x.bps) AS bps
FROM (
  SELECT r.run, r.business_date, r.supersedes, p.merchant_id, f.currency, f.pending, 0 AS side, 0 AS entries,
         CASE WHEN p.after_close THEN 0 ELSE 1 END AS want_n, cast(0 AS bigint) AS have_n,
         {", ".join(_truth(a) for a in _AMOUNTS)},
         {big("0")} AS fees, {big("0")} AS net, coalesce(b.bps, 0) AS bps
  FROM current_run r
  JOIN posting_truth p ON p.business_date = r.business_date AND p.map_version = r.map_version
  JOIN effective_fact f ON f.uid = p.uid
  LEFT JOIN fee_truth b ON b.map_version = p.map_version AND b.merchant_id = p.merchant_id
  UNION ALL
  SELECT r.run, r.business_date, r.supersedes, s.merchant_id, s.currency, 0 AS pending, 1 AS side,
         1 AS entries, 0 AS want_n, s.n AS have_n, {big("s.gross")} AS gross, {big("s.refunds")} AS refunds,
         {big("s.chargebacks")} AS chargebacks, {big("0")} AS late_minor, {big("s.fees")} AS fees,
         {big("s.net")} AS net, cast(0 AS bigint) AS bps
  FROM current_run r JOIN settlement_scan s ON s.run = r.run AND s.t_read = r.t_read
  UNION ALL
  SELECT r.run, r.business_date, r.supersedes, a.merchant_id, a.currency, 0 AS pending, 1 AS side,
         0 AS entries, 0 AS want_n, cast(0 AS bigint) AS have_n, {_nothing("a.amount_minor", "late_minor")},
         {big("0")} AS fees, {big("0")} AS net, cast(0 AS bigint) AS bps
  FROM current_run r JOIN adjustment_scan a ON a.original_date = r.business_date) x
GROUP BY x.run, x.business_date, x.supersedes, x.merchant_id, x.currency
"""

_CHANGED = " OR ".join(
    f"min(s.{name}) <> max(s.{name})" for name in ("gross", "refunds", "chargebacks", "fees", "net", "n")
)

# Entries of closed runs over all readings after the close: what was read once must read the same each time.
CLOSED_ENTRY = f"""
SELECT s.run, s.merchant_id, s.currency, count(*) AS seen, max(r.n) AS readings,
       CASE WHEN {_CHANGED} THEN 1 ELSE 0 END AS changed
FROM settlement_scan s
JOIN settlement_run_scan c ON c.run = s.run AND c.t_read = s.t_read AND c.status = 'CLOSED'
JOIN (SELECT run, count(*) AS n FROM settlement_run_scan WHERE status = 'CLOSED' GROUP BY run) r
  ON r.run = s.run
GROUP BY s.run, s.merchant_id, s.currency
"""

# Per event that came after its day was closed: how often and by how much it was adjusted, and should be.
ADJUSTED = f"""
SELECT x.uid, x.merchant_id, x.currency, x.original_date, sum(x.want) AS want, sum(x.have) AS have,
       sum(x.want_minor) AS want_minor, sum(x.have_minor) AS have_minor
FROM (SELECT f.uid, p.merchant_id, f.currency, p.business_date AS original_date, 1 AS want, 0 AS have,
             {big("p.sign * f.amount_minor")} AS want_minor, {big("0")} AS have_minor
      FROM current_run r
      JOIN posting_truth p ON p.business_date = r.business_date AND p.map_version = r.map_version
      JOIN effective_fact f ON f.uid = p.uid
      WHERE p.after_close AND f.pending = 0
      UNION ALL
      SELECT a.uid, a.merchant_id, a.currency, a.original_date, 0 AS want, 1 AS have,
             {big("0")} AS want_minor, {big("a.amount_minor")} AS have_minor
      FROM adjustment_scan a LEFT JOIN (SELECT uid FROM fact WHERE pending = 1) w ON w.uid = a.uid
      WHERE w.uid IS NULL) x
GROUP BY x.uid, x.merchant_id, x.currency, x.original_date
"""

VIEWS: Mapping[str, Callable[[Chain], str]] = {
    "fact": lambda chain: FACT,
    "effective_fact": lambda chain: EFFECTIVE_FACT,
    "gap": gap,
    "replaced_run": lambda chain: REPLACED_RUN,
    "closed_entry": lambda chain: CLOSED_ENTRY,
    "adjusted": lambda chain: ADJUSTED,
    "current_run": lambda chain: CURRENT_RUN,
    "settlement": lambda chain: SETTLEMENT,
}
