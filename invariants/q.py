"""Q: contracts. What breaks the contract goes no further than raw and the dead letters."""

from __future__ import annotations

from gameday.kernel.verdict import SAFETY
from invariants.chain import same
from invariants.declare import invariant

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
