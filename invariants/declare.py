"""How an invariant is written down: its inputs are derived from its texts rather than listed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gameday.kernel.parts import TRIAL
from gameday.kernel.verdict import MEASURE, SAFETY, Invariant, Kind
from invariants.views import tables_for


def invariant(
    id: str,
    says: str,
    kind: Kind,
    *,
    judged: str,
    offenders: str,
    figure: str = "",
    targets: Mapping[str, float] | None = None,
    aim: str = "",
    worse: str = ">",
    parts: tuple[str, ...] = (),
    beside: tuple[str, ...] = (),
    **others: Any,
) -> Invariant:
    """An Invariant whose `needs` are the tables that its texts read, through the views.

    One that reads the table `trial` is about the part that makes its trial. Tables that are `beside` are
    shown where they are there, and missed by nobody.

    A measure has an `aim`: the SQL of its target in the unit of its figure. A control run whose figure is
    beyond the target of the run that is judged misses it too; `worse` says which side that is.
    """
    if (kind is MEASURE) != bool(aim):
        raise ValueError(f"{id} is a {kind.value} with the aim {aim!r}: measures have one, and only they")
    texts = [text for text in (judged, offenders, figure) if text]
    needs = tuple(name for name in tables_for(*texts) if name not in beside)
    parts = (*parts, *((f"{TRIAL}{id}",) if "trial" in needs else ()))
    missed = f"SELECT count(*) FROM control WHERE measure = 'figure:{id}' AND value {worse} {aim}"
    return Invariant(
        id=id,
        says=says,
        kind=kind,
        judged=judged,
        offenders=offenders,
        figure=figure,
        needs=needs,
        parts=parts,
        beside=beside,
        targets=dict(targets or {}),
        control_too=missed if aim else "",
        **others,
    )


def tried(id: str, says: str, *, what: str, hint: str, implies: tuple[str, ...] = ()) -> Invariant:
    """One that no query over the hops can tell: it judges what was tried, and how many things at once."""
    return invariant(
        id,
        says,
        SAFETY,
        judged=f"SELECT coalesce(sum(t.n), 0) FROM trial t WHERE t.id = '{id}'",
        at_least=1,
        offenders=f"""
SELECT t.hop, t.what, t.subject, t.expected, t.found FROM trial t
WHERE t.id = '{id}' AND t.found <> t.expected""",
        order_by="what, subject NULLS FIRST",
        unit=what,
        hint=hint,
        implies=implies,
    )
