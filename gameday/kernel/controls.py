"""The control run: figures of the latest HELD run without a fault, against which the others are read."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gameday.kernel.clock import US

FRESH_FOR_S = 24 * 3600


@dataclass(frozen=True)
class Control:
    """Rows of the table `control`, and the bound within which a hop counts as good."""

    folder: Path
    rows: tuple[Mapping[str, Any], ...]
    bounds_us: Mapping[str, int] = field(default_factory=dict)


def machine() -> str:
    return f"{platform.node()} {platform.machine()}"


def latest_control(runs: Path, base: str, versions: Mapping[str, str], now_us: int) -> Control | None:
    """The newest HELD run of this base load, on this machine and these versions, not older than a day."""
    wanted = {"control_of": base, "versions": dict(versions), "machine": machine(), "verdict": "HELD"}
    for path in sorted(runs.glob("*/run.json"), reverse=True):
        try:
            run = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:  # a run that was torn while being written is no control
            continue
        if not isinstance(run, dict) or any(run.get(key) != value for key, value in wanted.items()):
            continue
        if now_us - run["anchor"]["wall_us"] > FRESH_FOR_S * US:
            return None
        return as_control(path.parent, run)
    return None


def as_control(folder: Path, run: Mapping[str, Any]) -> Control:
    rows = tuple(run["figures"])
    bounds = {
        row["hop"]: max(US, int(2 * row["value"]))
        for row in rows
        if row["measure"] == "latency_p99_us" and row["hop"]
    }
    return Control(folder, rows, bounds)
