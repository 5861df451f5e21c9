"""What a run comes to: the combined verdict, measured against what the scenario expects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gameday.kernel.first import following
from gameday.kernel.timeline import Expectation
from gameday.kernel.verdict import Finding, Verdict, combined

PLANTED = 5

# What is BROKEN in the harness says nothing of the pipeline: its status, the gravest first.
OWN_TROUBLE = {"H3": "residue", "H4": "trouble"}


@dataclass(frozen=True)
class Outcome:
    """`status` is green only as "held"; `verdict` is what was found, expected or not."""

    folder: Path
    verdict: Verdict
    status: str  # "held" | "broken" | "inconclusive" | "residue" | "trouble"
    message: str
    findings: Sequence[Finding]


def conclude(
    folder: Path, findings: Sequence[Finding], expects: Expectation | None, planted_caught: int
) -> Outcome:
    """A run whose judge was not proven is void: UNKNOWN, unless something is BROKEN."""
    held = [finding for finding in findings if finding.held_by_scenario]
    verdict = combined(held)
    if planted_caught < PLANTED:
        verdict = max(verdict, Verdict.UNKNOWN)
    if expects is None:
        status, message = _plain(verdict, held, planted_caught)
    else:
        status, message = _expected(held, expects, planted_caught)
    return Outcome(folder, verdict, status, message, findings)


def _plain(verdict: Verdict, held: Sequence[Finding], caught: int) -> tuple[str, str]:
    if verdict is Verdict.HELD:
        return "held", f"{len(held)} invariants held"
    if verdict is Verdict.BROKEN:
        broken = [f for f in held if f.verdict is Verdict.BROKEN]
        return _own_trouble(broken) or "broken", "; ".join(map(_line, broken))
    reasons = [_line(f) for f in held if f.verdict is not Verdict.HELD]
    if caught < PLANTED:
        reasons.insert(0, f"void: the judge caught {caught}/{PLANTED} planted faults")
    return "inconclusive", "; ".join(reasons)


def _expected(held: Sequence[Finding], expects: Expectation, caught: int) -> tuple[str, str]:
    """A calibration run proves something only if judge and fault are beyond doubt."""
    by_id = {finding.id: finding for finding in held}
    finding = by_id.get(expects.invariant)
    if finding is None:
        return "inconclusive", f"{expects.invariant} is expected, and this scenario does not hold it"
    if caught < PLANTED:
        return "inconclusive", f"void: the judge caught {caught}/{PLANTED} planted faults"
    broken = [f for f in held if f.verdict is Verdict.BROKEN and f.id != expects.invariant]
    own = [f for f in broken if f.id in OWN_TROUBLE]
    if own:
        return _own_trouble(own), "; ".join(map(_line, own))
    if expects.verdict == "INCONCLUSIVE":
        return _expected_inconclusive(finding, broken)
    bitten = by_id.get("H0")
    if bitten is None or bitten.verdict is not Verdict.HELD:
        return "inconclusive", "the fault of this calibration was not confirmed"
    return _expected_broken(finding, broken, expects)


def _own_trouble(broken: Sequence[Finding]) -> str:
    """The status if nothing but the harness is broken, else empty: a broken pipeline counts first."""
    ids = {finding.id for finding in broken}
    return "" if ids - set(OWN_TROUBLE) else next(status for id, status in OWN_TROUBLE.items() if id in ids)


def _expected_inconclusive(finding: Finding, broken: Sequence[Finding]) -> tuple[str, str]:
    # Without an offender of its own the verdict came from a crash or a missing input.
    if finding.verdict in (Verdict.UNKNOWN, Verdict.VACUOUS) and finding.offenders and not broken:
        return "held", f"as expected, {_line(finding)}"
    return "broken", f"{finding.id} should be inconclusive; " + "; ".join(map(_line, [finding, *broken]))


def _expected_broken(finding: Finding, broken: Sequence[Finding], expects: Expectation) -> tuple[str, str]:
    hop = expects.hop
    if finding.verdict is not Verdict.BROKEN:
        untold = finding.verdict is not Verdict.HELD and not broken
        return (
            "inconclusive" if untold else "broken",
            f"{finding.id} should be BROKEN at {hop}; {_line(finding)}",
        )
    later = expects.invariant in expects.also and hop in finding.hops
    if set(finding.hops) != {hop} and not later:
        return "broken", f"{finding.id} should be BROKEN at {hop} alone, and is at {', '.join(finding.hops)}"
    red = {one.id: one for one in (finding, *broken)}
    foreseen = {*expects.also, *following(finding.id, red)}
    foreseen |= {more for id in expects.also if id in red for more in following(id, red)}
    stray = [f for f in broken if f.id not in foreseen]
    if stray:
        return "broken", f"{finding.id} does not imply: " + "; ".join(map(_line, stray))
    also = ", ".join(f.id for f in broken)
    return "held", f"as expected, {_line(finding)}" + (f" (implied: {also})" if also else "")


def _line(finding: Finding) -> str:
    where = f" at {finding.hop}" if finding.hop else ""
    return f"{finding.id} {finding.verdict.word}{where}: {finding.why}"
