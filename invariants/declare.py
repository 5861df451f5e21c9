"""How an invariant is written down: its inputs are derived from its texts rather than listed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gameday.kernel.verdict import Invariant, Kind
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
    control_too: str = "",
    **others: Any,
) -> Invariant:
    """An Invariant whose `needs` are the tables that its texts read, through the views."""
    texts = [text for text in (judged, offenders, figure) if text]
    missed = f"SELECT count(*) FROM control WHERE measure = 'missed:{id}' AND value > 0"
    return Invariant(
        id=id,
        says=says,
        kind=kind,
        judged=judged,
        offenders=offenders,
        figure=figure,
        needs=tables_for(*texts),
        targets=dict(targets or {}),
        control_too=control_too or (missed if kind is Kind.MEASURE else ""),
        **others,
    )
