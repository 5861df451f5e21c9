"""A load of one's own choice from the shell, steered by Ctrl-C, with a verdict at the end."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from gameday.commands.shell import CODES, INTERRUPTED, AsJson, Seed, Usage, app, out, show
from gameday.kernel.recording import Recording
from gameday.kernel.waiting import pause

if TYPE_CHECKING:
    from fixtures.driving.room import Room
    from gameday.kernel.sampler import HopLook
    from gameday.kernel.words import LoadStatus

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)([smh]?)")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")


@app.command()
def load(
    system: Annotated[str, typer.Option(help="whose ratios and dialect: DR, HA or DEDUP")] = "DR",
    profile: Annotated[str, typer.Option(help="what the traffic is like")] = "base",
    rate: Annotated[float, typer.Option(help="events per second; of a peak, the highest")] = 200.0,
    seed: Seed = None,
    start: Annotated[str, typer.Option(help="now, in 30s or 5m, or at HH:MM UTC")] = "now",
    until: Annotated[str, typer.Option(help="for 90s or 5m, or until HH:MM UTC")] = "60s",
    only_kafka: Annotated[bool, typer.Option("--only-kafka", help="the brokers alone, no pipeline")] = False,
    as_json: AsJson = False,
) -> None:
    """Send a load, scan what became of it, judge it. Ctrl-C ends the load early and still judges it."""
    from fixtures.driving.choice import BadChoice, Choice
    from fixtures.driving.desk import Desk
    from fixtures.driving.drive import NAME, drive
    from fixtures.driving.order import Drive
    from fixtures.driving.room import Room
    from fixtures.settings import resolve

    begin = _instant(start, _now())
    seconds = (_instant(until, begin) - begin).total_seconds()
    number = resolve(Path.cwd(), {"seed": seed}).seed
    try:
        order = Drive(Choice(system, profile, rate, seconds, number), only_kafka, root=str(Path.cwd()))
    except BadChoice as error:
        raise Usage(str(error)) from None
    _await(begin)
    room = Room.fresh()
    say: Callable[[Any], None] = (lambda _: None) if as_json else out.print
    with _bar(as_json) as look, _ctrl_c(room, say):
        outcome = drive(order, room, say, Desk(room, say, NAME, look))
    if as_json:
        show(Recording(outcome.folder).run, True)
    interrupted = room.enough.exists()
    raise typer.Exit(INTERRUPTED if interrupted else CODES[outcome.status])


# -- time ----------------------------------------------------------------------------------------------


def _now() -> datetime:
    return datetime.now(UTC)


def _instant(text: str, since: datetime) -> datetime:
    """A length counts from `since`; a time of day is the next one after it, in UTC."""
    if text == "now":
        return since
    if found := _LENGTH.fullmatch(text):
        return since + timedelta(seconds=float(found[1]) * UNITS[found[2] or "s"])
    if found := _CLOCK.fullmatch(text):
        try:
            at = since.replace(
                hour=int(found[1]), minute=int(found[2]), second=int(found[3] or 0), microsecond=0
            )
        except ValueError:
            raise Usage(f"{text!r} is no time of day; seen: {text}, known: 00:00 to 23:59:59") from None
        return at if at > since else at + timedelta(days=1)
    raise Usage(f"{text!r} is neither a length (90s, 5m, 1h) nor a time of day in UTC (21:30)")


def _await(begin: datetime) -> None:
    seconds = (begin - _now()).total_seconds()
    if seconds > 0:
        out.print(f"starting at {begin:%H:%M:%S} UTC, in {seconds:.0f} s")
        pause(seconds)


# -- the terminal --------------------------------------------------------------------------------------


@contextmanager
def _bar(quiet: bool) -> Iterator[Callable[..., None] | None]:
    """A progress bar where somebody looks; elsewhere None, and a line every few seconds takes its place."""
    if quiet or not sys.stdout.isatty():
        yield None
        return
    columns = (
        TextColumn("{task.description:8}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=out, transient=True) as progress:
        task = progress.add_task("prepare", total=None, figures="")

        def look(phase: str, load: LoadStatus | None, looks: Mapping[str, HopLook], fault: str) -> None:
            if load is not None:
                figures = _figures(load, looks, fault)
                progress.update(
                    task, description=phase, total=load.planned, completed=load.sent, figures=figures
                )

        yield look


def _figures(load: LoadStatus, looks: Mapping[str, HopLook], fault: str) -> str:
    from fixtures.driving.watch import lag_of

    words = [f"{load.sent:,} sent", f"{load.acked:,} acked"]
    words += [
        f"{count:,} {name}" for name, count in (("failed", load.failed), ("unknown", load.unknown)) if count
    ]
    if load.due > load.sent:
        words.append(f"{load.due - load.sent:,} behind")
    if lag := lag_of(looks):
        words.append("lag " + " ".join(f"{hop} {events:,}" for hop, events in lag.items()))
    return ", ".join([*words, fault] if fault else words)


@contextmanager
def _ctrl_c(room: Room, say: Callable[[Any], None]) -> Iterator[None]:
    """The first ends the load in good order, the second everything; before the load, the first does."""

    def interrupted(number: int, frame: FrameType | None) -> None:
        begun = room.told().get("load_status") is not None
        if not begun or room.enough.exists():
            raise KeyboardInterrupt
        room.enough.touch()
        say("ending the load: outcomes settle, then what was sent is judged (Ctrl-C again: at once)")

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
