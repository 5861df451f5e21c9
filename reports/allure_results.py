"""A run in Allure: severity, a step per phase, the evidence attached; nothing where Allure is off."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import allure
from allure_commons.types import AttachmentType, Severity

from gameday.kernel.recording import Recording
from gameday.kernel.verdict import Finding, Verdict
from reports import terminal, wording
from reports.facts import Run
from reports.offenders import offenders_csv
from reports.series import series_of
from reports.timeline import timeline_svg
from reports.trouble import ReportTrouble

# What a family protects: lost money blocks, double or stale money is critical, slowness is normal.
SEVERITIES = {
    "Z": Severity.BLOCKER,
    "B": Severity.BLOCKER,
    "P": Severity.BLOCKER,
    "X": Severity.BLOCKER,
    "U": Severity.CRITICAL,
    "A": Severity.CRITICAL,
    "AN": Severity.CRITICAL,
    "O": Severity.CRITICAL,
    "R2": Severity.CRITICAL,
}
_RANK = [Severity.BLOCKER, Severity.CRITICAL, Severity.NORMAL]
LOG_BYTES_MAX = 200_000


def allure_report(run: Run, folder: Path) -> None:
    """To be called from the main thread: attachments of other threads are lost without a word.

    `folder` holds the logs that are attached where the run is not green.
    """
    if threading.current_thread() is not threading.main_thread():
        raise ReportTrouble(
            "the Allure report was asked for outside the main thread, where attachments vanish"
        )
    allure.dynamic.severity(severity(run))  # type: ignore[no-untyped-call]
    allure.dynamic.parameter("seed", run.word("seed"), excluded=True)
    words = f"{run.word('hypothesis', '')}\n\nagain: `{run.word('again', '–')}`"
    allure.dynamic.description(words)  # type: ignore[no-untyped-call]
    for phase in run.chapters:
        took = wording.duration((phase["t_to"] - phase["t_from"]) / 1e6)
        with allure.step(f"{phase['name']}: {took}"):
            _faults_of(run, phase["t_from"], phase["t_to"])
    with allure.step(f"judge: {run.verdict_word}"):
        _attach_verdicts(run)
    if not run.green:
        _attach_logs(folder)


def severity(run: Run) -> Severity:
    """Of what is not green, else of everything that was claimed: the gravest."""
    claimed = [f for f in run.findings if f.held_by_scenario]
    concerned = [f for f in claimed if f.verdict is not Verdict.HELD] or claimed
    return min((_severity_of(f) for f in concerned), key=_RANK.index, default=Severity.NORMAL)


def _severity_of(finding: Finding) -> Severity:
    family = finding.id.rstrip("0123456789abcdefghijklmnopqrstuvwxyz")
    return SEVERITIES.get(finding.id) or SEVERITIES.get(family, Severity.NORMAL)


def _faults_of(run: Run, begin: int, end: int) -> None:
    for fault in run.faults:
        bite = fault["t_bite"] if fault["t_bite"] is not None else fault["t_arm"]
        if begin <= bite < end:
            label = run.ink(fault["kind"])["label"]
            with allure.step(f"{label} {fault['target']} ({fault['victim']}): {fault['confirmed']}"):
                allure.attach(fault["evidence"], f"{fault['id']} evidence", AttachmentType.TEXT)


def _attach_verdicts(run: Run) -> None:
    findings = json.dumps([f.to_json() for f in run.findings], indent=2, default=str)
    allure.attach(findings, "invariants.json", AttachmentType.JSON)
    allure.attach(terminal.summary(run), "verdicts", AttachmentType.TEXT)
    if any(f.first for f in (*run.broken, *run.undecided)):
        allure.attach(offenders_csv(run), "first offenders", AttachmentType.CSV)
    series = series_of(Recording(run.folder))
    if series is not None:
        allure.attach(timeline_svg(run, series), "time line", AttachmentType.SVG)


def _attach_logs(folder: Path) -> None:
    """The end of each log: what happened last is what matters."""
    for path in sorted(folder.rglob("*.log")):
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - LOG_BYTES_MAX))
            text = log.read().decode("utf-8", errors="replace")
        allure.attach(text, str(path.relative_to(folder)), AttachmentType.TEXT)
