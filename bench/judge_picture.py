"""Time and memory over the number of events, as SVG: linear is a straight line of slope one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 640, 260, 60, 30, 40
LINES = (
    ("wall_median_s", "wall, s (median)", "#2563eb"),
    ("cpu_min_s", "processor, s", "#d97706"),
    ("rss_gb", "memory, GB", "#059669"),
)


def picture(rows: Sequence[Mapping[str, Any]]) -> str:
    """Both axes are logarithmic."""
    low_x, high_x = _decades([float(row["events"]) for row in rows])
    low_y, high_y = _decades([max(float(row[name]), 1e-2) for row in rows for name, _, _ in LINES])

    def x(value: float) -> float:
        return LEFT + (math.log10(value) - low_x) / (high_x - low_x) * (WIDTH - LEFT - 20)

    def y(value: float) -> float:
        share = (math.log10(max(value, 1e-2)) - low_y) / (high_y - low_y)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        'font-size="11"><rect width="100%" height="100%" fill="white"/>'
    ]
    for power in range(low_y, high_y + 1):
        at = y(10.0**power)
        parts.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - 20}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    for power in range(low_x, high_x + 1):
        at = x(10.0**power)
        anchor = "end" if power == high_x else "middle"
        label = f'<text x="{at:.1f}" y="{HEIGHT - 22}" text-anchor="{anchor}">{10**power:,}</text>'
        parts.append(f'<path d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#eee"/>{label}')
    parts.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 6}" text-anchor="middle">events</text>')
    for number, (name, title, colour) in enumerate(LINES):
        points = " ".join(f"{x(float(row['events'])):.1f},{y(float(row[name])):.1f}" for row in rows)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{p.split(",")[0]}" cy="{p.split(",")[1]}" r="3" fill="{colour}"/>'
            for p in points.split()
        ]
        parts.append(f'<text x="{LEFT + number * 160}" y="18" fill="{colour}">{title}</text>')
    return "".join(parts) + "</svg>\n"


def _decades(values: Sequence[float]) -> tuple[int, int]:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)
