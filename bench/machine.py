"""What a figure was measured on, and how much of it a process used."""

from __future__ import annotations

import os
import platform
import resource
from pathlib import Path

import psutil


def describe() -> str:
    """The machine in one line, and how busy it is with other things at present."""
    memory = psutil.virtual_memory().total / 1024**3
    busy = psutil.cpu_percent(interval=1.0)
    return (
        f"{_model()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}; load average {os.getloadavg()[0]:.1f}, {busy:.0f} % busy"
    )


def _model() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"


def cpu_s(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def rss_mb() -> float:
    rss: int = psutil.Process().memory_info().rss
    return rss / 1024**2
