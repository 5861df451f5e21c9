"""What is printed of a finding, as it stands in a file of known ones."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from gameday.kernel.verdict import Finding


def shown(finding: Finding) -> list[Any]:
    """Judged, offenders, figure and the rows: what a mutant of these texts would change.

    Of more offenders than are shown either engine may show others: they are counted alone.
    """
    figure = None if finding.figure is None else round(finding.figure, 6)
    all_shown = finding.offenders == len(finding.first)
    rows = [{k: _plain(v) for k, v in row.items() if v is not None} for row in finding.first if all_shown]
    return [finding.judged, finding.offenders, figure, *sorted(rows, key=str)]


def _plain(value: Any) -> Any:
    """As JSON gives it back."""
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(round(value, 6))
    return round(value, 6) if isinstance(value, float) else value
