"""H: the harness itself. Faults bit, traffic was enough, the checkers can fail, nothing is left, it replays.

H0, H1 and H2 take HELD away from a run; they never make it BROKEN (see `VOIDING`).
"""

from __future__ import annotations

from gameday.kernel.verdict import SAFETY, Invariant
from invariants.chain import target
from invariants.declare import invariant

VOIDING = ("H0", "H1", "H2")
PROVEN = ("H2", "M3")  # judged last, over what the proof of the judge found
PLANTED_CORRUPTIONS = 5

H0 = invariant(
    "H0",
    "every fault really bit, seen by an independent probe between arming and healing",
    SAFETY,
    judged="SELECT count(*) FROM fault",
    offenders=f"""
SELECT f.id AS fault, f.kind, f.victim, f.target AS aimed_at, f.confirmed, f.evidence, f.t_arm, f.t_bite
FROM fault f
WHERE f.confirmed <> 'confirmed' OR f.t_bite IS NULL OR f.t_bite < f.t_arm
   OR f.t_bite > coalesce(f.t_heal_cmd, f.t_bite)
UNION ALL
SELECT '' AS fault, '' AS kind, '' AS victim, '' AS aimed_at, 'not recorded' AS confirmed,
       concat(cast(n.acts AS string), ' of ', cast(cast(n.planned AS bigint) AS string),
              ' planned acts left a row') AS evidence,
       cast(NULL AS bigint) AS t_arm, cast(NULL AS bigint) AS t_bite
FROM (SELECT count(*) AS acts, coalesce({target("H0", "faults")}, 0) AS planned FROM fault) n
WHERE n.acts < n.planned""",
    order_by="t_arm NULLS LAST, fault",
    figure="SELECT count(*) FROM fault WHERE confirmed = 'confirmed'",
    unit="faults confirmed",
    hint="read the evidence column: what the probe saw in place of the fault",
)

H1 = invariant(
    "H1",
    "the traffic was not vacuous: events in all, during each fault, towards its victim, and per tag",
    SAFETY,
    judged="SELECT count(*) FROM send WHERE outcome = 'ACK'",
    at_least=1,
    offenders="SELECT t.what, t.subject, t.n, t.needed FROM traffic t WHERE t.n < coalesce(t.needed, 0)",
    order_by="what, subject",
    figure="SELECT count(*) FROM send WHERE outcome = 'ACK'",
    unit="events acknowledged",
    targets={"events": 10_000, "during_fault": 1_000, "per_tag": 30, "towards": 1},
    hint="play longer, or at a higher rate",
)


def facts(id: str, says: str, at_least: int, *, figure: str = "", unit: str, hint: str) -> Invariant:
    """An invariant over the harness's own yes/no facts."""
    return invariant(
        id,
        says,
        SAFETY,
        judged=f"SELECT count(*) FROM checks WHERE id = '{id}'",
        offenders=f"SELECT c.subject, c.detail FROM checks c WHERE c.id = '{id}' AND NOT c.ok",
        order_by="subject",
        at_least=at_least,
        figure=figure,
        unit=unit,
        hint=hint,
    )


H2 = facts(
    "H2",
    "the judge can fail: each planted corruption is found, at the planted hop",
    PLANTED_CORRUPTIONS,
    figure="SELECT count(*) FROM checks WHERE id = 'H2' AND ok",
    unit="planted corruptions caught",
    hint="the run is void: a checker did not see what was planted",
)
H3 = facts(
    "H3",
    "nothing is left behind: toxics, paused or killed processes, locks",
    1,
    unit="things left",
    hint="gameday heal, then gameday down",
)
H4 = facts(
    "H4",
    "the run can be replayed: the same seed and profile give the same plan hash",
    1,
    unit="differences",
    hint="a draw depends on the time or on the machine",
)
