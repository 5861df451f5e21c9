"""P: provable completeness. The books balance in every window, by count, money and content."""

from __future__ import annotations

from gameday.kernel.verdict import MEASURE, SAFETY
from invariants.books import WINDOW
from invariants.chain import target
from invariants.declare import invariant

_DIFFERS = " OR ".join(
    f"b.{kind}_{left} IS NULL OR b.{kind}_{right} IS NULL OR b.{kind}_{left} <> b.{kind}_{right}"
    for left, right in (("ingress", "landed"), ("raw", "ended"))
    for kind in ("n", "sum", "hash")
)
_UNBALANCED = f"""SELECT CASE WHEN b.n_ingress <> b.n_landed OR b.sum_ingress <> b.sum_landed
                 OR b.hash_ingress <> b.hash_landed THEN 'raw' ELSE 'curated' END AS hop,
       b.t_window, b.n_ingress, b.n_raw, b.n_ended, b.sum_ingress, b.sum_raw, b.sum_ended
FROM books b WHERE {_DIFFERS}"""

P1 = invariant(
    "P1",
    "the books balance: ingress = raw = curated + suppressed + dead + pending, by count, sum and content",
    SAFETY,
    judged="SELECT count(*) FROM books",
    at_least=1,
    offenders=_UNBALANCED,
    order_by="t_window NULLS LAST",
    unit="windows out of balance",
    targets={"window_us": 5_000_000},
    implies=("Z1", "Z2", "Z7", "Z8", "U1", "U3", "U4", "B1", "AN2", "AN14", "R2"),
    hint="the Z and U families name the events of the window; a row in two places offends here as well",
)

P1A = invariant(
    "P1A",
    "books that do not balance are alarmed within two windows",
    MEASURE,
    judged=f"SELECT count(*) FROM ({_UNBALANCED}) u WHERE u.t_window IS NOT NULL",
    offenders=f"""
SELECT x.hop, x.t_window, x.t_alarm
FROM (SELECT u.hop, u.t_window, min(a.t) AS t_alarm
      FROM ({_UNBALANCED}) u LEFT JOIN alarm a ON a.kind = 'books' AND a.t >= u.t_window
      WHERE u.t_window IS NOT NULL GROUP BY u.hop, u.t_window) x
WHERE x.t_alarm IS NULL OR x.t_alarm - x.t_window > (1 + {target("P1A", "windows")}) * {WINDOW}""",
    order_by="t_window",
    figure=f"SELECT count(*) FROM ({_UNBALANCED}) u",
    unit="windows out of balance",
    aim=target("P1A", "windows"),
    targets={"windows": 2},
    implies=("P1",),
    hint="the audit of the pipeline did not see it, or its alarm went nowhere",
)
