"""What a run says in the terminal: header, live line, verdict table, and the first offender's path."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gameday.kernel.clock import US
from gameday.kernel.recording import Recording
from gameday.kernel.verdict import Finding, Verdict
from reports import event_path, wording
from reports.facts import Run, Step, open_run, ordered, steps_of

WIDTH = 100
STYLES = {
    Verdict.NOT_BUILT: "dim",
    Verdict.HELD: "green",
    Verdict.VACUOUS: "yellow",
    Verdict.UNKNOWN: "yellow",
    Verdict.BROKEN: "bold red",
}
ASIDE = {
    Verdict.HELD: "held, not asked",
    Verdict.VACUOUS: "vacuous, not asked",
    Verdict.NOT_BUILT: "part not built",
}


def header(run: Mapping[str, Any]) -> list[str]:
    """The lines at the start, from run.json, before anything can go wrong."""
    stack = run.get("stack") or ", ".join(f"{k} {v}" for k, v in (run.get("versions") or {}).items())
    lines = [f"seed={run.get('seed')}  plan={run.get('plan_hash')}"]
    lines += [f"{name}: {told}" for name, told in (("load", run.get("load")), ("stack", stack)) if told]
    return [*lines, f"again: {run['again']}"] if run.get("again") else lines


def live_line(phase: str, seconds: float, rate: float, lag: Mapping[str, int], fault: str = "") -> str:
    """Where the run is: rate, the hop that is furthest behind, and what is broken on purpose."""
    hop = max(lag, key=lambda name: lag[name], default="")
    behind = f"lag {lag[hop]:,} at {hop}" if hop else "lag –"
    return f"{phase:<8} {seconds:6.1f} s  {rate:7,.0f} ev/s  {behind:<24} {fault or 'no fault'}"


def verdict_table(findings: Sequence[Finding], *, width: int = WIDTH, colour: bool = False) -> str:
    """One line each, broken ones first; what the scenario does not claim comes last, in brackets.

    Of those, the ones that say neither a figure nor bad news share a line per verdict.
    """
    table = Table(width=width, box=None, pad_edge=False, header_style="dim")
    for heading in ("", "verdict"):
        table.add_column(heading, no_wrap=True)
    for heading in ("figure", "target", "control", "offend / judged"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("says", ratio=1, no_wrap=True, overflow="ellipsis")
    for finding in ordered([f for f in findings if not _aside(f)]):
        word = finding.verdict.word
        table.add_row(
            Text(finding.id, style="bold"),
            Text(word if finding.held_by_scenario else f"({word})", style=STYLES[finding.verdict]),
            wording.short(finding.figure, finding.unit),
            wording.short(finding.target, finding.unit),
            wording.short(finding.control, finding.unit),
            wording.counted(finding),
            finding.says,
        )
    lines = [_printed(table, width, colour)]
    for verdict, word in ASIDE.items():
        ids = [finding.id for finding in findings if _aside(finding) and finding.verdict is verdict]
        told = f"{word} ({len(ids)}): {' '.join(ids)}"
        lines += textwrap.wrap(told, width, subsequent_indent="  ") if ids else []
    return "\n".join(lines)


def _aside(finding: Finding) -> bool:
    """Not claimed, no news, and no figure to be read beside its target."""
    if finding.held_by_scenario or finding.verdict not in ASIDE:
        return False
    return finding.verdict is not Verdict.HELD or finding.target is None


def recovery_table(clocks: Sequence[Mapping[str, Any]], *, width: int = WIDTH) -> str:
    """The four clocks of each hop after each bite, beside the hop's target."""
    table = Table(width=width, box=None, pad_edge=False, header_style="dim")
    for heading in ("fault", "hop", "(i) detected"):
        table.add_column(heading, no_wrap=True)
    for heading in ("first bad", "(ii) new", "(iii) stable", "(iv) backlog", "target", "±"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in clocks:
        seen = row["first_bad_us"] is not None
        table.add_row(
            str(row["fault"]),
            str(row["hop"]),
            str(row["detection"]),
            _seconds(row["first_bad_us"]) if seen else "no outage",
            *(_seconds(row[name]) for name in ("first_success_us", "stable_us", "backlog_us")),
            _seconds(row["r1_target_us"]),
            _seconds(row["error_us"]),
        )
    return _printed(table, width, False)


def exposure_table(points: Sequence[Mapping[str, Any]], zero_us: int | None, *, width: int = WIDTH) -> str:
    """What a crash would have cost at each hop: at its worst instant, when a fault bit, and for good."""
    table = Table(width=width, box=None, pad_edge=False, header_style="dim")
    table.add_column("acked, not yet at", no_wrap=True)
    for heading in ("worst", "at", "oldest", "at the bite", "oldest", "lost"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in points:
        table.add_row(
            str(row["hop"]),
            f"{row['worst_events']:,}",
            wording.moment(row["t_worst"], zero_us),
            _seconds(row["worst_age_us"]),
            f"{row['at_bite_events']:,}",
            _seconds(row["at_bite_age_us"]),
            f"{row['lost_events']:,}",
        )
    return _printed(table, width, False)


def _seconds(us: int | None) -> str:
    return "–" if us is None else f"{us / US:.2f} s"


def why_not_green(findings: Sequence[Finding]) -> list[str]:
    """A reason for every claim that is not HELD, and once per verdict what that verdict means."""
    lines = []
    for verdict in sorted(STYLES, reverse=True):
        concerned = [f for f in findings if f.verdict is verdict and f.held_by_scenario]
        if verdict is Verdict.HELD or not concerned:
            continue
        lines.append(f"{verdict.word}: {wording.MEANING[verdict]}")
        for finding in concerned:
            at_hop = f" at {finding.hop}" if finding.hop else ""
            hint = f" (hint: {finding.hint})" if finding.hint and verdict is Verdict.BROKEN else ""
            lines.append(f"  {finding.id}{at_hop}: {finding.why}{hint}")
    return lines


def first_offender(finding: Finding, path: Sequence[Step], zero_us: int | None = None) -> list[str]:
    """Who offends first, and how far it came."""
    if not finding.first:
        return [f"{finding.id}: {finding.why}; the recording names no offender"]
    lines = [f"{finding.id} first offender: {wording.who(finding.first[0], zero_us)}"]
    lines += [f"  {line}" for line in path_lines(path, zero_us)]
    more = finding.offenders - 1
    return [*lines, f"  and {more:,} more"] if more > 0 else lines


def path_lines(path: Sequence[Step], zero_us: int | None = None) -> list[str]:
    """One line a hop; what never arrived says so. Times count from the first one, if from nothing else."""
    zero = zero_us if zero_us is not None else next((s["t"] for s in path if s.get("t") is not None), None)
    lines = []
    for step in path:
        when = "never" if step.get("t") is None else wording.moment(step["t"], zero)
        detail = f"  {step['detail']}" if step.get("detail") else ""
        lines.append(f"{step['hop']!s:<10} {when:>11}  {step['what']}{detail}")
    return lines


def path_table(path: Any, zero_us: int | None = None) -> str:
    """The path of one event as it was explained, and what it comes to."""
    if isinstance(path, Mapping) and path.get("intents") is not None:
        return "\n".join(event_path.lines(path))
    lines = path_lines(steps_of(path), zero_us)
    return "\n".join([*lines, path["verdict"]] if isinstance(path, Mapping) else lines)


def failure(recording: Recording, findings: Sequence[Finding]) -> str:
    """Why a run is not green: the reasons, the first offender of the cause, and the line to run again."""
    run = open_run(recording.folder)
    return "\n".join(_failure(replace(run, findings=findings)))


def _failure(run: Run) -> list[str]:
    lines = why_not_green(run.findings)
    if run.broken:
        cause = run.broken[0]
        lines += ["", *first_offender(cause, run.path(cause), run.started_us)]
    return [*lines, f"again: {run.word('again')}"] if run.word("again", "") else lines


def summary(run: Run, *, width: int = WIDTH, colour: bool = False) -> str:
    """Everything at the end of a run, from its recording."""
    expected = " (as expected)" if run.as_expected else ""
    lines = [f"{run.scenario}: {run.verdict_word}{expected}  {run.word('hypothesis', '')}".rstrip(), ""]
    lines += verdict_table(run.findings, width=width, colour=colour).splitlines() or ["nothing was judged"]
    clocks = run.told.get("clocks") or []
    lines += ["", recovery_table(clocks, width=width)] if clocks else []
    points = run.told.get("exposure") or []
    lines += ["", exposure_table(points, run.started_us, width=width)] if points else []
    lines += ["", *_faults(run), *_proof(run)]
    if not run.green:
        lines += ["", *_failure(run)]
    return "\n".join(lines)


def _faults(run: Run) -> list[str]:
    return [
        f"fault {fault['id']}: {run.ink(fault['kind'])['label']} {fault['target']} ({fault['victim']}): "
        f"{fault['confirmed']}, bite {wording.moment(fault['t_bite'], run.started_us)}, "
        f"healed {wording.moment(fault['t_healed'], run.started_us)}"
        for fault in run.faults
    ]


def _proof(run: Run) -> list[str]:
    if not run.proofs:
        return []
    missed = [proof.name for proof in run.proofs if not proof.caught]
    line = f"{len(run.proofs) - len(missed)}/{len(run.proofs)} planted faults caught"
    return [f"{line}; missed: {', '.join(missed)}: the run is void" if missed else line]


def _printed(table: Table, width: int, colour: bool) -> str:
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=colour,
        no_color=not colour,
        highlight=False,
        legacy_windows=False,
    )
    console.print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())
