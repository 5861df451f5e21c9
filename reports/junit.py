"""The facts of a run as JUnit properties, one pair each, for `record_property`."""

from __future__ import annotations

from pathlib import Path

from gameday.kernel.verdict import Verdict
from reports import wording
from reports.facts import open_run, ordered


def properties(folder: Path) -> list[tuple[str, str]]:
    run = open_run(folder)
    facts = [
        ("scenario", run.scenario),
        ("verdict", run.verdict_word),
        ("status", run.word("status")),
        ("seed", run.word("seed")),
        ("plan_hash", run.word("plan_hash")),
        ("recording", str(run.folder)),
    ]
    if run.proofs:
        facts.append(("proof", f"{sum(p.caught for p in run.proofs)}/{len(run.proofs)}"))
    for name in (Verdict.BROKEN, Verdict.UNKNOWN, Verdict.VACUOUS, Verdict.NOT_BUILT):
        ids = [f.id for f in ordered(run.findings) if f.verdict is name and f.held_by_scenario]
        if ids:
            facts.append((name.name.lower(), " ".join(ids)))
    for finding in run.findings:
        if finding.figure is not None:
            facts.append((f"figure:{finding.id}", wording.quantity(finding.figure, finding.unit)))
    if run.word("again", ""):
        facts.append(("again", run.word("again")))
    return facts
