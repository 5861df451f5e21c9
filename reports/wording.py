"""How numbers, times and verdicts read, the same in every report."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

from gameday.kernel.clock import US
from gameday.kernel.verdict import Finding, Verdict

_TIME_UNITS = {"us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0}

MEANING = {
    Verdict.NOT_BUILT: "this system has no such part, so nothing was judged; a promise about it is not green",
    Verdict.HELD: "judged enough, and nothing offends",
    Verdict.VACUOUS: "too little happened for an answer to mean anything; it is not green",
    Verdict.UNKNOWN: "it cannot be told: an input, the instrument or the fault failed; it is not green",
    Verdict.BROKEN: "at least one event or interval offends",
}


def duration(seconds: float) -> str:
    if seconds < 0:
        return f"-{duration(-seconds)}"
    if seconds >= 120:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes} min {rest:02d} s"
    if seconds >= 10:
        return f"{seconds:.1f} s"
    if seconds >= 1:
        return f"{seconds:.2f} s"
    if seconds == 0:
        return "0 s"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.001 else f"{seconds * US:.0f} µs"


def number(value: float) -> str:
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.3g}"


def quantity(value: float | None, unit: str) -> str:
    """A figure with its unit; a dash where there is none."""
    if value is None or math.isnan(value):
        return "–"
    if unit in _TIME_UNITS:
        return duration(value * _TIME_UNITS[unit])
    if unit in ("share", "%"):
        return f"{value * (100 if unit == 'share' else 1):.2f} %"
    return f"{number(value)} {unit}".rstrip()


def short(value: float | None, unit: str) -> str:
    """A figure where the heading says what it counts: times keep their unit, counts stand alone."""
    known = unit.split()[0] if unit else ""
    return quantity(value, known if known in _TIME_UNITS or known in ("share", "%") else "")


def counted(finding: Finding) -> str:
    """Offenders of judged."""
    if finding.verdict is Verdict.NOT_BUILT:
        return "–"
    return f"{finding.offenders:,} of {finding.judged:,}"


def moment(t_us: Any, zero_us: int | None) -> str:
    """An instant of the run, from its beginning; times of day only where there is no beginning."""
    if t_us is None:
        return "–"
    if zero_us is None:
        return clock(int(t_us))
    return f"{(int(t_us) - zero_us) / US:+.2f} s"


def clock(t_us: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(t_us // US))


def who(offender: Mapping[str, Any], zero_us: int | None = None) -> str:
    """An offender in one line, times (`t_…`) from the beginning of the run; what is missing is left out."""
    return ", ".join(
        f"{key} {moment(value, zero_us) if key.startswith('t_') and isinstance(value, int) else value}"
        for key, value in offender.items()
        if value is not None
    )
