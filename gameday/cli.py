"""Game days for payments pipelines: play them, judge them, look after the stack that they run on.

Exit codes: 0 held, 1 broken, 2 inconclusive, 3 trouble or stopped, 4 usage, 5 residue left, 130 interrupted.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from typer.exceptions import Abort, TyperException

from fixtures.provision.troubles import NotProvisioned, SetupFailed
from fixtures.settings import BadSetting
from gameday.kernel.clock import utc_stamp
from gameday.kernel.journal import Journal, gameday_home
from gameday.kernel.recording import BadRecording, Recording
from gameday.kernel.timeline import Scenario
from gameday.kernel.words import HarnessError

if TYPE_CHECKING:
    from fixtures.doctor import Fact

HELD, BROKEN, INCONCLUSIVE, TROUBLE, USAGE, RESIDUE, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130
CODES = {"held": HELD, "broken": BROKEN, "inconclusive": INCONCLUSIVE}

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)
out = Console(highlight=False, markup=False, soft_wrap=True)

AsJson = Annotated[bool, typer.Option("--json", help="machine-readable output")]
Seed = Annotated[int | None, typer.Option("--seed", help="the seed of the run")]


class Usage(Exception):
    """The call is wrong: exit code 4."""


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
    scenarios = _scenarios()
    facts = examiner.examine(gameday_home(), resolved.runs)
    rate = examiner.sustainable_rate()
    reach = examiner.out_of_reach(scenarios.values(), facts, rate)
    short = [name for name, scenario in scenarios.items() if "short" in scenario.markers]
    lost = [name for name in short if name in reach]
    if as_json:
        _print({"facts": [vars(f) for f in facts], "rate": rate, "out_of_reach": reach, "ok": not lost}, True)
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
        _print([vars(part) for part in parts], True)
        return
    table = Table("part", "state", "pid", "memory", "started", "ready after", box=None)
    for part in parts:
        ready = "-" if part.start_s is None else f"{part.start_s:.1f} s"
        memory = f"{part.rss_bytes / 1e6:.0f} MB"
        table.add_row(part.name, part.state, str(part.pid), memory, utc_stamp(part.started_at_us), ready)
    out.print(table if parts else "no stack is running; `gameday up` starts one")


@app.command()
def plan(name: str, seed: Seed = None, as_json: AsJson = False) -> None:
    """Print a game day without running it."""
    from fixtures.settings import resolve

    scenario = _scenario(name)
    day = scenario()
    number = resolve(Path.cwd(), {"seed": seed}).seed
    facts = {
        "scenario": scenario.id,
        "hypothesis": scenario.hypothesis,
        "seed": number,
        "plan": day.load.plan_hash(number),
        "load": day.load.describe(),
        "faults": [
            f"{act.at_s:g} s: {act.fault}" + (f" for {act.for_s:g} s" if act.for_s else "")
            for act in day.faults
        ],
        "holds": {invariant.id: invariant.says for invariant in day.holds},
        "expects": None if day.expects is None else vars(day.expects),
    }
    _print(facts, as_json)


@app.command()
def run(name: str, seed: Seed = None, as_json: AsJson = False) -> None:
    """Play one scenario on the warm stack (or on one of its own)."""
    from fixtures.session import open_session

    scenario = _scenario(name)
    with open_session(Path.cwd(), {"seed": seed}, (lambda _: None) if as_json else out.print) as session:
        outcome = session.play(scenario, again=f"gameday run {scenario.id}")
    if as_json:
        _print(Recording(outcome.folder).run, True)
    raise typer.Exit(CODES[outcome.status])


@app.command()
def judge(folder: Path, as_json: AsJson = False) -> None:
    """Recompute the verdict of a stored recording, without any server."""
    from fixtures.judging import rejudge

    outcome = rejudge(Recording(folder), (lambda _: None) if as_json else out.print)
    if as_json:
        facts = {"verdict": outcome.verdict.name, "status": outcome.status, "message": outcome.message}
        _print({**facts, "findings": [finding.to_json() for finding in outcome.findings]}, True)
    raise typer.Exit(CODES[outcome.status])


@app.command()
def sql(name: str) -> None:
    """Print the SQL of an invariant, with the views that it needs."""
    from invariants.text import NoSuchInvariant
    from invariants.text import sql as text_of

    try:
        print(text_of(name))
    except NoSuchInvariant as error:
        raise Usage(str(error)) from None


@app.command()
def explain(folder: Path, uid: int, as_json: AsJson = False) -> None:
    """Print the whole path of one event through the hops."""
    from fixtures.stored import check_stored
    from invariants.explain import NoSuchEvent
    from invariants.explain import explain as explained
    from reports.terminal import path_table

    recording = Recording(folder)
    check_stored(recording)
    try:
        path = explained(recording, uid)
    except NoSuchEvent as error:
        known = recording.read("intent")["uid"].to_pylist()
        range_ = f"; it plans {min(known)} to {max(known)}" if known else ""
        raise Usage(f"{error}{range_}") from None
    if as_json:
        _print(path.to_json(), True)
    else:
        out.print(path_table(path.to_json()))


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


@app.command()
def prune(
    keep: Annotated[int | None, typer.Option("--keep", min=0, help="how many runs to keep")] = None,
) -> None:
    """Delete all but the last runs."""
    import shutil

    from fixtures.settings import resolve
    from reports.index import write_index

    settings = resolve(Path.cwd(), {"keep": keep})
    runs = sorted(path.parent for path in settings.runs.glob("*/run.json"))
    old = runs[: max(0, len(runs) - settings.keep)]
    for folder in old:
        shutil.rmtree(folder)
        out.print(f"deleted {folder}")
    if old:
        write_index(settings.runs)
    else:
        out.print(f"nothing to delete: {len(runs)} runs in {settings.runs}, and {settings.keep} are kept")


def _scenarios() -> dict[str, Scenario]:
    from gameday.kernel.catalog import values_in

    return values_in("scenarios", Scenario, lambda scenario: scenario.id)


def _scenario(name: str) -> Scenario:
    known = _scenarios()
    if name not in known:
        raise Usage(f"there is no scenario {name!r}; known: {', '.join(known)}")
    return known[name]


def _print(facts: Any, as_json: bool) -> None:
    if as_json:
        print(json.dumps(facts, indent=2, default=str))
        return
    for name, value in facts.items():
        if isinstance(value, dict):
            out.print(f"{name}:")
            for key, text in value.items():
                out.print(f"  {key}: {text}")
        elif isinstance(value, list):
            out.print(f"{name}:" + (" -" if not value else ""))
            for text in value:
                out.print(f"  {text}")
        else:
            out.print(f"{name}: {value}")


def _print_settings(shown: dict[str, dict[str, str]], as_json: bool) -> None:
    if as_json:
        _print(shown, True)
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


def _wrong_call(error: TyperException) -> str:
    """The message of the parser, and what it would have understood."""
    context: Any = getattr(error, "ctx", None)
    text = error.format_message().strip().rstrip(".")
    refused: Any = getattr(error.__cause__, "errors", list)()
    text += "".join(f", seen: {one['input']!r}" for one in refused)
    if context is None:
        return text
    if hasattr(context.command, "list_commands"):
        return f"{text}; known: {', '.join(context.command.list_commands(context))}"
    options = [name for one in context.command.params for name in one.opts if name.startswith("-")]
    return f"{text}; `{context.command_path}` knows {', '.join([*options, '--help'])}"


def _terminated(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _run(arguments: list[str]) -> int:
    """The exit code of one call; whatever goes wrong has one, and is never taken for a verdict."""
    try:
        code = int(app(arguments, standalone_mode=False) or 0)
        return _interrupted() if code == INTERRUPTED else code
    except TyperException as error:
        return _told(_wrong_call(error), USAGE)
    except (Usage, BadSetting) as error:
        return _told(str(error), USAGE)
    except BrokenPipeError:  # whoever read our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return TROUBLE
    except (HarnessError, BadRecording, NotProvisioned, SetupFailed, OSError) as error:
        return _told(str(error), TROUBLE)
    except (KeyboardInterrupt, Abort):
        return _interrupted()
    except Exception:
        traceback.print_exc()
        return _told("this is a bug of the harness, and says nothing about the pipeline", TROUBLE)


def _interrupted() -> int:
    return _told("interrupted; what was started is ended, or `gameday heal` ends it", INTERRUPTED)


def _told(text: str, code: int) -> int:
    print(f"gameday: {text}", file=sys.stderr)
    return code


def main() -> None:
    signal.signal(signal.SIGTERM, _terminated)
    sys.exit(_run(sys.argv[1:] or ["--help"]))
