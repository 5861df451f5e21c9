"""K: operations. The configuration that is in force is one with which the guarantees can hold."""

from __future__ import annotations

from gameday.kernel.verdict import SAFETY
from invariants.declare import invariant

# Part (a pattern), key, relation and value: each rule must find its setting at every part that it concerns.
_RULES = (
    ("topic", "replication.factor", "at least", "3"),
    ("broker-%", "min.insync.replicas", "at least", "2"),
    ("broker-%", "unclean.leader.election.enable", "is", "false"),
    ("producer", "acks", "is", "all"),
    ("landing", "checkpoint.durable", "is", "true"),
    ("landing", "failOnDataLoss", "is", "true"),
    ("landing", "txn.app.id", "names", "query.id"),
    ("landing", "consumers", "at least the", "partitions"),
)

_RULE = " UNION ALL ".join(
    f"SELECT {nr} AS nr, '{part}' AS part, '{key}' AS key, '{relation}' AS relation, '{wanted}' AS wanted"
    for nr, (part, key, relation, wanted) in enumerate(_RULES)
)

# A rule per part that it concerns, with what the part says, and what it says of the other key of the rule.
_LOOKED_AT = f"""SELECT r.nr, coalesce(p.part, r.part) AS part, r.key, r.relation, r.wanted, s.content,
       o.content AS other
FROM ({_RULE}) r
LEFT JOIN (SELECT part FROM config_scan GROUP BY part) p ON p.part LIKE r.part
LEFT JOIN config_scan s ON s.part = p.part AND s.key = r.key
LEFT JOIN config_scan o ON o.part = p.part AND o.key = r.wanted"""

# What is no number is less than any.
_NUMBER = "CASE WHEN translate({0}, '0123456789', '') = '' AND {0} <> '' THEN cast({0} AS bigint) ELSE -1 END"

K5 = invariant(
    "K5",
    "the configuration in force can keep the promises: replicas, acks, election, checkpoint, loss, ids",
    SAFETY,
    judged="SELECT count(*) FROM config_scan",
    at_least=1,
    offenders=f"""
SELECT l.part, 'settings' AS hop, l.key, l.relation, l.wanted, l.content AS found
FROM ({_LOOKED_AT}) l CROSS JOIN (SELECT count(*) AS n FROM config_scan) t
WHERE t.n > 0 AND (l.content IS NULL
   OR (l.relation = 'is' AND lower(l.content) <> l.wanted)
   OR (l.relation = 'at least' AND {_NUMBER.format("l.content")} < {_NUMBER.format("l.wanted")})
   OR (l.relation = 'at least the'
       AND (l.other IS NULL OR {_NUMBER.format("l.content")} < {_NUMBER.format("l.other")}))
   OR (l.relation = 'names' AND (l.other IS NULL OR l.content NOT LIKE concat('%', l.other, '%'))))""",
    order_by="part, key",
    unit="findings",
    hint="a setting that nobody told counts as wrong: have the part tell it",
)
