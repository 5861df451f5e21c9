"""Questions to a stored recording: judge, sql, explain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gameday.commands.shell import CODES, AsJson, Usage, app, out, show
from gameday.kernel.recording import Recording


@app.command()
def judge(
    run: Annotated[str, typer.Argument(help="Folder of a run; for Spark also a URL (file:, s3a:, hdfs:).")],
    engine: Annotated[str, typer.Option(help="duckdb or spark.")] = "duckdb",
    master: Annotated[str, typer.Option(help="Where Spark runs.")] = "local[2]",
    as_json: AsJson = False,
) -> None:
    """Recompute the verdict of a stored recording, without any server."""
    from fixtures.judging import judge_elsewhere, rejudge

    say = (lambda _: None) if as_json else out.print
    if engine == "spark":
        outcome = judge_elsewhere(run, master, say)
    elif engine != "duckdb":
        raise Usage(f"there is no engine {engine!r}; there are duckdb and spark")
    elif "://" in run or run.startswith("file:"):
        raise Usage(f"duckdb judges folders, and {run} is a URL; use --engine spark, or copy it to a folder")
    else:
        outcome = rejudge(Recording(Path(run)), say)
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
