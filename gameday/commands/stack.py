"""The machine and the stack: set-up, doctor, up, down, status, heal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from gameday.commands.shell import RESIDUE, TROUBLE, AsJson, app, out, scenarios, show
from gameday.kernel.clock import utc_stamp
from gameday.kernel.journal import Journal, gameday_home

if TYPE_CHECKING:
    from fixtures.doctor import Fact


@app.command()
def setup(
    remove: Annotated[bool, typer.Option("--remove", help="take everything away again")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="use the cache alone")] = False,
) -> None:
    """Obtain Java, Kafka, Spark's jars, Toxiproxy: idempotent, resumable, checksum-verified."""
    from fixtures import provision

    if remove:
        gone = provision.remove(gameday_home())
        out.print("removed " + ", ".join(map(str, gone)) if gone else "there was nothing to remove")
        return
    provision.setup(gameday_home(), lambda text: out.print(text), offline=offline)


@app.command()
def doctor(
    as_json: AsJson = False,
    settings: Annotated[
        bool, typer.Option("--settings", help="every resolved setting and its origin")
    ] = False,
) -> None:
    """What this machine can and cannot do; exit code 0 only if the short game day can run."""
    from fixtures import doctor as examiner
    from fixtures.settings import resolve

    resolved = resolve(Path.cwd(), {})
    if settings:
        _print_settings(resolved.shown(), as_json)
        return
    known = scenarios()
    facts = examiner.examine(gameday_home(), resolved.runs)
    rate = examiner.sustainable_rate()
    reach = examiner.out_of_reach(known.values(), facts, rate)
    short = [name for name, scenario in known.items() if "short" in scenario.markers]
    lost = [name for name in short if name in reach]
    if as_json:
        show({"facts": [vars(f) for f in facts], "rate": rate, "out_of_reach": reach, "ok": not lost}, True)
    else:
        _print_examination(facts, rate, reach)
        answer = f"cannot run: {', '.join(lost)}" if lost else "can run"
        out.print(f"the short game day {answer}")
    if lost:
        raise typer.Exit(TROUBLE)


@app.command()
def up() -> None:
    """Start the stack and keep it between sessions."""
    from fixtures.stack import Stack

    stack = Stack.open(gameday_home(), out.print, keep=True)
    stack.release()
    out.print(f"up: {len(stack.status())} parts; `gameday down` ends them")


@app.command()
def down() -> None:
    """End the kept stack."""
    from fixtures.stack import Stack

    out.print("the stack is down" if Stack.take_down(gameday_home()) else "no stack is running")


@app.command()
def status(as_json: AsJson = False) -> None:
    """The parts of the running stack: state, memory, start time."""
    from fixtures.stack import status_of

    parts = status_of(gameday_home())
    if as_json:
        show([vars(part) for part in parts], True)
        return
    table = Table("part", "state", "pid", "memory", "started", "ready after", box=None)
    for part in parts:
        ready = "-" if part.start_s is None else f"{part.start_s:.1f} s"
        memory = f"{part.rss_bytes / 1e6:.0f} MB"
        table.add_row(part.name, part.state, str(part.pid), memory, utc_stamp(part.started_at_us), ready)
    out.print(table if parts else "no stack is running; `gameday up` starts one")


@app.command()
def heal(
    everything: Annotated[
        bool, typer.Option("--all", help="also what a living harness or a kept stack owns")
    ] = False,
) -> None:
    """Undo faults and end processes that a killed harness left; works from any directory."""
    from fixtures.healing import heal_abandoned

    healed = heal_abandoned(Journal(), everything=everything)
    for line in healed.done:
        out.print(line)
    for line in healed.failed:
        out.print(f"NOT HEALED {line}")
    if healed.failed:
        raise typer.Exit(RESIDUE)
    if not healed.done:
        out.print("nothing to heal")


def _print_settings(shown: dict[str, dict[str, str]], as_json: bool) -> None:
    if as_json:
        show(shown, True)
        return
    table = Table("setting", "value", "from", box=None)
    for name, setting in shown.items():
        table.add_row(name, setting["value"], setting["origin"])
    out.print(table)


def _print_examination(facts: Sequence[Fact], rate: float, reach: Mapping[str, str]) -> None:
    table = Table("", "subject", "seen", "what to do", box=None)
    for fact in facts:
        mark = "ok" if fact.ok else ("NO" if fact.needed else "-")
        table.add_row(mark, fact.subject, fact.seen, "" if fact.ok else fact.do)
    out.print(table)
    out.print(f"sustainable rate: about {rate:.0f} events/s")
    for name, reason in reach.items():
        out.print(f"out of reach: {name}: {reason}")
