"""The statistics of one run as an SVG: rate over time, sizes, types, lateness; declared marks beside bars."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from loadgen.declared import Declaration
from loadgen.measured import LATENESS_NAMES, Measured

_WIDTH, _HEIGHT, _GAP = 420, 170, 40
_BAR, _MARK, _INK = "#4878a8", "#c05030", "#333"


def picture(title: str, declared: Declaration, found: Measured) -> str:
    """Bars are measured at the broker; red marks are declared."""
    panels = [
        _rates(declared, found),
        _sizes(declared, found),
        _types(declared, found),
        _bars("facts by lateness on arrival", LATENESS_NAMES, list(found.lateness), logarithmic=True),
    ]
    width, height = 2 * _WIDTH + 3 * _GAP, 2 * (_HEIGHT + 70) + 50
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="10" fill="{_INK}">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{_GAP}" y="24" font-size="15">{escape(title)}</text>',
    ]
    for n, panel in enumerate(panels):
        x, y = _GAP + n % 2 * (_WIDTH + _GAP), 60 + n // 2 * (_HEIGHT + 70)
        body.append(f'<g transform="translate({x},{y})">{panel}</g>')
    return "\n".join([*body, "</svg>"]) + "\n"


def _rates(declared: Declaration, found: Measured) -> str:
    labels = [f"{n} s" if n % 10 == 0 else "" for n in range(len(found.per_second))]
    title = "events per second, repetitions included; declared: plain events"
    return _bars(title, labels, list(found.per_second), marks=declared.per_second[: len(labels)])


def _sizes(declared: Declaration, found: Measured) -> str:
    bins = sorted({low for counts in found.size_counts.values() for low in counts})
    bins = list(range(bins[0], bins[-1] + 50, 50)) if bins else []
    heights = [sum(counts[low] for counts in found.size_counts.values()) for low in bins]
    means = ", ".join(
        f"{name} {found.sizes.get(name, 0):,.0f} ({mean:,.0f})" for name, mean in declared.sizes.items()
    )
    return _bars(f"size in bytes; mean (declared): {means}", [str(low) for low in bins], heights)


def _types(declared: Declaration, found: Measured) -> str:
    names = sorted(set(declared.kinds) | set(found.kinds), key=lambda name: -declared.kinds.get(name, 0))
    heights = [found.kinds[name].value if name in found.kinds else 0.0 for name in names]
    marks = [declared.kinds.get(name, 0.0) for name in names]
    labels = [name.capitalize() for name in names]
    return _bars("share of each type", labels, heights, marks=marks)


def _bars(
    title: str,
    labels: Sequence[str],
    heights: Sequence[float],
    *,
    marks: Sequence[float] = (),
    logarithmic: bool = False,
) -> str:
    """Bars from the left, the value above each where there is room for it."""
    scaled = [_log(value) if logarithmic else value for value in heights]
    top = max([*scaled, *marks, 1e-9])
    step = _WIDTH / max(1, len(heights))
    parts = [f'<text y="-16" font-size="11">{escape(title)}{" (log)" if logarithmic else ""}</text>']
    for n, (label, value, shown) in enumerate(zip(labels, heights, scaled, strict=True)):
        x, high = n * step, shown / top * _HEIGHT
        parts.append(
            f'<rect x="{x:.1f}" y="{_HEIGHT - high:.1f}" width="{step * 0.85:.1f}" height="{high:.1f}" '
            f'fill="{_BAR}"/>'
        )
        if len(heights) <= 16 and value:
            said = f"{value:,.0f}" if value >= 1 else f"{value:.1%}"
            parts.append(f'<text x="{x:.1f}" y="{_HEIGHT - high - 2:.1f}" font-size="9">{said}</text>')
        if label:
            parts.append(
                f'<text transform="translate({x + 4:.1f},{_HEIGHT + 10}) rotate(30)" font-size="9">'
                f"{escape(label)}</text>"
            )
    for n, mark in enumerate(marks):
        y = _HEIGHT - mark / top * _HEIGHT
        parts.append(
            f'<line x1="{n * step:.1f}" x2="{(n + 0.85) * step:.1f}" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke="{_MARK}" stroke-width="2"/>'
        )
    return "".join(parts)


def _log(value: float) -> float:
    """A scale on which one event is seen beside ten thousand."""
    digits, rest = 0.0, float(value)
    while rest >= 10:
        digits, rest = digits + 1, rest / 10
    return digits + rest / 10 if value else 0.0
