"""From a recording to something that people read; reports come after the verdict and never change it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from reports.index import write_index
from reports.offenders import write_offenders
from reports.page import write_page
from reports.timeline import write_timeline
from reports.trouble import ReportTrouble

__all__ = ["ReportTrouble", "write_all"]

_WRITERS: tuple[tuple[str, Callable[[Path], Path]], ...] = (
    ("page", write_page),
    ("time line", write_timeline),
    ("offenders", write_offenders),
    ("index", lambda folder: write_index(folder.parent)),
)


def write_all(folder: Path) -> list[Path]:
    """Every file report of a run, and the index over the runs beside it.

    One that fails does not keep the others from being written; what failed is raised at the end.
    """
    written: list[Path] = []
    troubles: list[str] = []
    causes: list[Exception] = []
    for name, write in _WRITERS:
        try:
            written.append(write(folder))
        except Exception as error:  # whatever a report trips over is told below, and costs no result
            troubles.append(f"{name}: {type(error).__name__}: {error}")
            causes.append(error)
    if troubles:
        told = f"{len(troubles)} of {len(_WRITERS)} reports of {folder.name} were not written"
        raise ReportTrouble(f"{told}: {'; '.join(troubles)}") from ExceptionGroup("reports", causes)
    return written
