"""Questions to a stored recording: judge, sql, explain."""

from __future__ import annotations

from pathlib import Path

import typer

from gameday.commands.shell import CODES, AsJson, Usage, app, out, show
from gameday.kernel.recording import Recording


@app.command()
def judge(folder: Path, as_json: AsJson = False) -> None:
    """Recompute the verdict of a stored recording, without any server."""
    from fixtures.judging import rejudge

    outcome = rejudge(Recording(folder), (lambda _: None) if as_json else out.print)
    if as_json:
        facts = {"verdict": outcome.verdict.name, "status": outcome.status, "message": outcome.message}
        show({**facts, "findings": [finding.to_json() for finding in outcome.findings]}, True)
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
        show(path.to_json(), True)
    else:
        out.print(path_table(path.to_json()))
