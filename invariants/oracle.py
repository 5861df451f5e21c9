"""Views that say what must exist: folded from intents that were acknowledged, or UNKNOWN and found."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from invariants.chain import BRANCH, Chain, columns, same

CANONICAL_TYPE = """CASE {0}.event_type WHEN 'payment_authorized' THEN 'AUTHORIZATION'
         WHEN 'payment_captured' THEN 'CAPTURE' WHEN 'refund_issued' THEN 'REFUND'
         WHEN 'chargeback_created' THEN 'CHARGEBACK' ELSE {0}.event_type END"""

# The business content of each identity (uid): business duplicates share it, invalid events have none.
IDENTITY = f"""
SELECT i.uid, min({CANONICAL_TYPE.format("i")}) AS event_type, min(i.merchant_id) AS merchant_id,
       min(i.currency) AS currency, min(i.amount_minor) AS amount_minor, min(i.event_ts) AS event_ts
FROM intent i WHERE i.class <> 'invalid' GROUP BY i.uid
"""

# The truth: identities of which at least one attempt reached the broker.
EXPECTED_EVENT = """
SELECT t.uid, min(CASE WHEN t.pending THEN 1 ELSE 0 END) AS pending_all,
       max(CASE WHEN t.pending THEN 1 ELSE 0 END) AS pending_some
FROM trail t WHERE t.fate = 'demanded' AND t.class <> 'invalid' GROUP BY t.uid
"""

EXPECTED_DEAD_LETTER = f"""
SELECT t.uid, t.copy, t.attempt, {columns("t")}, t.told_partition, t.told_offset, t.reason, t.body_hash,
       t.n_{BRANCH}, t.pending
FROM trail t WHERE t.fate = 'demanded' AND t.class = 'invalid'
"""


def raw_identity(chain: Chain) -> str:
    """How many source rows of each identity the first hop holds; one coordinate counts once.

    `n_explained` are those that the broker has there, or an ACK named: a fabricated row expects nothing.
    """
    return f"""
SELECT i.uid, count(*) AS n_rows, sum(CASE WHEN k.src_offset IS NULL THEN 0 ELSE 1 END) AS n_explained
FROM (SELECT {columns("x")}, x.body_hash FROM {chain.coordinates[0]}_scan x
      GROUP BY {columns("x")}, x.body_hash) r
JOIN intent i ON i.body_hash = r.body_hash
LEFT JOIN (SELECT {columns("e")}, e.body_hash
           FROM (SELECT {columns("b")}, b.body_hash FROM broker_scan b
                 UNION ALL
                 SELECT {columns("a")}, a.body_hash FROM named a) e
           GROUP BY {columns("e")}, e.body_hash) k ON {same("k", "r")} AND k.body_hash = r.body_hash
WHERE i.class <> 'invalid' GROUP BY i.uid
"""


VIEWS: Mapping[str, Callable[[Chain], str]] = {
    "identity": lambda chain: IDENTITY,
    "expected_event": lambda chain: EXPECTED_EVENT,
    "expected_dead_letter": lambda chain: EXPECTED_DEAD_LETTER,
    "raw_identity": raw_identity,
}
