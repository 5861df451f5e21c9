"""Mutants that no test can notice, or need not: by pattern, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.mutation.targets import Outcome, line_of


@dataclass(frozen=True)
class Explained:
    """Survivors of one sort: where, which operator, what stands in that line, and why it does not matter."""

    target: str  # shell pattern
    operator: str
    before: str  # shell pattern of what was replaced
    line: str  # shell pattern of the line
    why: str

    def fits(self, one: Outcome) -> bool:
        return (
            fnmatchcase(one.target, self.target)
            and fnmatchcase(one.operator, self.operator)
            and fnmatchcase(one.before, self.before)
            and fnmatchcase(line_of(one), self.line)
        )


_ANY = "of several rows of one offence any may be shown: least or greatest is a choice, not a claim"
_ONE = "the table of targets has one row per name: its least is its greatest"
_ZERO = "only zero or not is asked of this number, and what it adds up is never negative"
_SET = "only whether there is such a row is asked (for a group, a least, an absence), not how often"
_UNIQUE = "the rows have a key of their own, that of their GROUP BY or of the view below: none is there twice"
_ALONE = "one row of what is joined or summed belongs to each: least, greatest and sum are that row's"
_MATCHED = "a condition further on asks for a value of the joined row, or every row finds its partner"
_IN_TRUTH = "of what raw holds of an expected event, the group is counted for the truth already"
_UNREAD = "what stands there is read by nobody: the groups are only counted"

_NUMBERED = "each row has a number of its own"
_LESS = "which of both comes first is all that is asked"
_NARROWS = "this only keeps a set small: an attempt that looks into it is not acknowledged itself"
_EITHER = "what a hop holds twice at a coordinate (AN2, U4, Z4 name it) has two containers: either may count"
_SHARED = "copies of an identity share their content, and bytes name one event: least and greatest are equal"
_PROOF = "only the proof reads how many suppressions there are, to pick an event that is whole"

DISTINCT, UNION, JOIN = "DISTINCT added", "UNION changed", "join type changed"
EXCHANGED = "function exchanged"

EXPLAINED: tuple[Explained, ...] = (
    Explained("U4.offenders", EXCHANGED, "min", "min(x.container) AS container*", _ANY),
    Explained("AN3.offenders", EXCHANGED, "min", "SELECT*min(x.copy) AS copy, 'broker'*", _ANY),
    Explained("U3.offenders", EXCHANGED, "min", "SELECT *min(y.event_type) AS event_type,", _ALONE),
    Explained("*", EXCHANGED, "max", "*(SELECT max(value) FROM target WHERE*", _ONE),
    Explained("Z1.offenders", DISTINCT, "*", "SELECT e.uid, e.copy, h.name*", _UNIQUE),
    Explained("Z1.offenders", "constant changed", "1", "HAVING sum(CASE*", _ZERO),
    Explained("Z1.offenders", EXCHANGED, "sum", "HAVING sum(CASE*", _ZERO),
    Explained("Z8.offenders", JOIN, "JOIN", "FROM curated_scan x JOIN intent i*", _MATCHED),
    Explained("Q4.offenders", JOIN, "JOIN", "FROM *_scan x JOIN *", _MATCHED),
    Explained("AN3.offenders", DISTINCT, "*", "*_scan *", _SET),
    Explained("AN3.offenders", UNION, "ALL", "UNION ALL", _SET),
    Explained("U3.judged", "default dropped", "*", "*", "no number is none to the judge; books add to it"),
    Explained("U3.offenders", EXCHANGED, "*", "*sum(x.expected)*", _ALONE),
    Explained("U3.offenders", EXCHANGED, "min", "min(y.merchant_id)*", _ALONE),
    Explained("U3.offenders", DISTINCT, "*", "FROM (SELECT r.uid*", _UNIQUE),
    Explained("U3.offenders", DISTINCT, "*", "LEFT JOIN (SELECT uid FROM expected_event*", _UNIQUE),
    Explained("U3.offenders", UNION, "ALL", "UNION ALL", _UNIQUE),
    Explained("U4.offenders", DISTINCT, "*", "SELECT cast(NULL AS bigint)*", _UNIQUE),
    Explained("U4.offenders", DISTINCT, "*", "SELECT x.container, 0 AS entries*", _UNIQUE),
    Explained("U4.offenders", EXCHANGED, "sum", "*sum(b.loaded) AS loaded", _ALONE),
    Explained("U5.offenders", DISTINCT, "*", "*SELECT i.*", _SET),
    Explained("U5.offenders", UNION, "ALL", "UNION ALL", _SET),
    Explained("B1.offenders", DISTINCT, "*", "SELECT CASE WHEN g.n_raw*", _UNIQUE),
    Explained("B1.*", DISTINCT, "*", "LEFT JOIN (SELECT uid FROM expected_event*", _UNIQUE),
    Explained("B1.*", JOIN, "JOIN", "FROM raw_identity s JOIN identity*", _MATCHED),
    Explained("B1.judged", DISTINCT, "*", "*SELECT '*' AS tier*", _SET),
    Explained("B1.judged", UNION, "ALL", "UNION ALL", _SET),
    Explained("B1.judged", "condition dropped", "pending_all = 1", "*", _IN_TRUTH),
    Explained("Z5.offenders", DISTINCT, "*", "SELECT g.uid*", _UNIQUE),
    Explained("Z5.offenders", DISTINCT, "*", "LEFT JOIN (SELECT a.cluster*", _SET),
    Explained("view attempts", EXCHANGED, "min", "min(b.container)*", _EITHER),
    Explained("view attempts", DISTINCT, "*", "SELECT b.cluster*", _NUMBERED),
    Explained("view attempts", DISTINCT, "*", "SELECT p.uid, p.copy, p.attempt, p.body_hash,", _NUMBERED),
    Explained("view attempts", DISTINCT, "*", "SELECT k.uid*", _UNIQUE),
    Explained("view attempts", "constant changed", "1", "ORDER BY CASE WHEN p.outcome*", _LESS),
    Explained("view attempts", JOIN, "JOIN", "SELECT b.body_hash FROM*", _MATCHED),
    Explained("view attempts", "condition dropped", "*", "SELECT b.body_hash FROM*", _NARROWS),
    Explained("view attempts", "condition dropped", "*", "WHERE p.outcome <> 'ACK' GROUP BY*", _NARROWS),
    Explained("view found", EXCHANGED, "min", "LEFT JOIN (SELECT x.cluster*", _EITHER),
    Explained("view found", EXCHANGED, "sum", "*AS n_survivors", _ZERO),
    Explained("view found", "constant changed", "1", "*AS n_survivors", _ZERO),
    Explained("view found", JOIN, "LEFT JOIN", "LEFT JOIN (SELECT uid FROM*", _PROOF),
    Explained("view identity", EXCHANGED, "min", "*", _SHARED),
    Explained("view raw_identity", JOIN, "JOIN", "JOIN intent i*", _MATCHED),
    Explained("view raw_identity", DISTINCT, "*", "*SELECT *", _SET),
    Explained("view raw_identity", UNION, "ALL", "UNION ALL", _SET),
    Explained("view reach", UNION, "ALL", "UNION ALL", _UNIQUE),
    Explained("view reach", UNION, "ALL", "*_scan UNION ALL*", _SET),
    Explained("view reach", DISTINCT, "*", "*SELECT cluster, topic, partition, src_offset FROM*", _SET),
    Explained("view surplus", EXCHANGED, "min", "*min(p.uid) AS uid*", _SHARED),
    Explained("view surplus", EXCHANGED, "sum", "sum(CASE WHEN p.outcome*", _ZERO),
    Explained("view surplus", "constant changed", "1", "sum(CASE WHEN p.outcome*", _ZERO),
    Explained("B1.judged", "fate or name confused", "*", "SELECT '*' AS tier*", _UNREAD),
)


def why(one: Outcome) -> str:
    """The reason why a mutant may survive; empty if there is none."""
    return next((e.why for e in EXPLAINED if e.fits(one)), "")
