"""Q: contracts and gates. What breaks a contract is refused; what keeps it is kept, whatever its version."""

from __future__ import annotations

from gameday.kernel.verdict import SAFETY
from invariants.chain import same
from invariants.declare import invariant

Q1 = invariant(
    "Q1",
    "contracts hold: no incompatible version is accepted, a refusal names its reason, topic contracts stay",
    SAFETY,
    judged="SELECT count(*) FROM contract_scan WHERE NOT compatible",
    at_least=1,
    offenders="""
SELECT c.subject, c.attempt, 'registry' AS hop,
       CASE WHEN c.accepted THEN 'incompatible, yet accepted' ELSE 'refused without a reason' END AS what,
       cast(NULL AS string) AS key
FROM contract_scan c
WHERE (c.accepted AND NOT c.compatible) OR (NOT c.accepted AND coalesce(c.reason, '') = '')
UNION ALL
SELECT x.topic AS subject, cast(NULL AS bigint) AS attempt, 'registry' AS hop,
       'topic contract changed' AS what, x.key
FROM topic_contract_scan x GROUP BY x.topic, x.key
HAVING sum(CASE WHEN x.moment = 'before' THEN 1 ELSE 0 END) <> 1
    OR sum(CASE WHEN x.moment = 'after' THEN 1 ELSE 0 END) <> 1
    OR min(coalesce(x.content, '')) <> max(coalesce(x.content, ''))""",
    order_by="subject, attempt NULLS LAST, key NULLS FIRST",
    unit="breaches",
    hint="the registry must check against all earlier versions, in both directions",
)

# Fields are compared where the very event (not a duplicate of it) stands for its class in curated.
_STANDS = "field_truth f JOIN curated_scan c ON c.uid = f.uid AND c.copy = f.copy"
_KEPT = "LEFT JOIN attribute_scan x ON x.uid = f.uid AND x.copy = f.copy AND x.field = f.field AND x.hop = "

Q2 = invariant(
    "Q2",
    "a field that the contract does not know is kept among the attributes, and one alert per field names it",
    SAFETY,
    judged=f"SELECT count(*) FROM {_STANDS} WHERE NOT f.in_contract",
    at_least=1,
    offenders=f"""
SELECT f.uid, f.copy, 'curated' AS hop, f.source, f.field,
       CASE WHEN x.field IS NULL THEN 'lost' ELSE 'other content' END AS what, cast(1 AS bigint) AS wanted,
       cast(0 AS bigint) AS found
FROM {_STANDS} {_KEPT} 'curated'
WHERE NOT f.in_contract AND (x.field IS NULL OR coalesce(x.content, '') <> coalesce(f.content, ''))
UNION ALL
SELECT cast(NULL AS bigint) AS uid, cast(NULL AS int) AS copy, 'alarms' AS hop, n.source, n.field,
       CASE WHEN n.alerts = 0 THEN 'no alert' ELSE 'more than one alert' END AS what,
       cast(1 AS bigint) AS wanted, n.alerts AS found
FROM (SELECT f.source, f.field, count(a.t) AS alerts
      FROM (SELECT f.source, f.field FROM {_STANDS} WHERE NOT f.in_contract
            GROUP BY f.source, f.field) f
      LEFT JOIN alarm a ON a.kind = 'unknown_field' AND a.part = f.source AND a.subject = f.field
      GROUP BY f.source, f.field) n
WHERE n.alerts <> 1""",
    order_by="source, field, uid NULLS FIRST, copy NULLS FIRST",
    unit="unknown fields",
    implies=("Q3",),
    hint="decode must carry along what it does not know",
)

Q3 = invariant(
    "Q3",
    "rows of several versions read as one: the view shows every value that any version wrote, and no other",
    SAFETY,
    judged=f"SELECT count(*) FROM {_STANDS}",
    at_least=1,
    offenders=f"""
SELECT f.uid, f.copy, 'view' AS hop, f.field,
       CASE WHEN x.content IS NULL THEN 'NULL in place of a value'
            WHEN f.content IS NULL THEN 'a value from nowhere' ELSE 'other value' END AS what,
       f.content AS wanted, x.content AS found
FROM {_STANDS} {_KEPT} 'view'
WHERE coalesce(x.content, '') <> coalesce(f.content, '')
   OR (x.content IS NULL AND f.content IS NOT NULL) OR (x.content IS NOT NULL AND f.content IS NULL)""",
    order_by="uid, copy, field, what",
    unit="values",
    hint="the view must know under which name each version writes a field",
)

_PASSED = "\nUNION ALL\n".join(
    f"""SELECT a.uid, a.copy, '{hop}' AS hop, a.reason, x.partition AS at_partition, x.src_offset AS at_offset
FROM {hop}_scan x JOIN attempts a ON {same("a", "x")} WHERE a.class = 'invalid'"""
    for hop in ("load", "curated")
)

Q4 = invariant(
    "Q4",
    "no event whose bytes fail the contract passes raw",
    SAFETY,
    judged="SELECT count(*) FROM load_scan",
    at_least=1,
    offenders=f"""
{_PASSED}
UNION ALL
SELECT x.uid, x.copy, 'curated' AS hop, i.reason, x.partition AS at_partition, x.src_offset AS at_offset
FROM curated_scan x JOIN intent i ON i.uid = x.uid AND i.copy = x.copy
LEFT JOIN attempts a ON {same("a", "x")}
WHERE i.class = 'invalid' AND coalesce(a.class, '') <> 'invalid'""",
    order_by="at_partition, at_offset, hop",
    unit="bad events let through",
    implies=("Z4", "Z1", "Z2", "Z8", "B1"),
    hint="the contract check lets the reason of the first offender through",
)

Q5 = invariant(
    "Q5",
    "gates act as their policy says: with an objection, a closed one holds, an open one moves and taints",
    SAFETY,
    judged="SELECT count(*) FROM publish_scan WHERE objections > 0",
    at_least=1,
    offenders="""
SELECT p.pointer, p.version, 'publish' AS hop, p.mode, p.objections,
       CASE WHEN p.mode = 'closed' THEN 'moved past a closed gate'
            WHEN NOT p.moved THEN 'held by an open gate' ELSE 'not marked as tainted' END AS what, p.t
FROM publish_scan p
WHERE p.objections > 0
  AND ((p.mode = 'closed' AND p.moved) OR (p.mode = 'open' AND NOT (p.moved AND p.tainted)))""",
    order_by="t, pointer",
    unit="decisions against the policy",
    hint="compare the policy of the first pointer with the verdicts that its gate had",
)

Q6 = invariant(
    "Q6",
    "a file counts whole or not at all: of a partial or mismatched one, no row is beyond quarantine",
    SAFETY,
    judged="SELECT count(*) FROM file_truth WHERE NOT whole",
    at_least=1,
    offenders="""
SELECT s.file, s.partner, 'files' AS hop,
       CASE WHEN t.file IS NULL THEN 'nobody sent it'
            WHEN NOT t.whole THEN 'not whole, yet beyond quarantine'
            ELSE 'other rows than the file has' END AS what,
       t.declared, s.beyond
FROM file_scan s LEFT JOIN file_truth t ON t.file = s.file AND t.partner = s.partner
WHERE s.beyond > 0 AND (t.file IS NULL OR NOT t.whole OR s.beyond <> t.declared)""",
    order_by="partner, file",
    unit="files let through in part",
    hint="manifest and row count are checked before the first row leaves quarantine",
)
