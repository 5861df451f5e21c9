"""Game days from the shell: plan, run, prune."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gameday.commands.shell import CODES, AsJson, Seed, app, out, scenario_named, show
from gameday.kernel.recording import Recording


@app.command()
def plan(name: str, seed: Seed = None, as_json: AsJson = False) -> None:
    """Print a game day without running it."""
    from fixtures.settings import resolve

    scenario = scenario_named(name)
    day = scenario()
    number = resolve(Path.cwd(), {"seed": seed}).seed
    facts = {
        "scenario": scenario.id,
        "hypothesis": scenario.hypothesis,
        "seed": number,
        "plan": day.load.plan_hash(number),
        "load": day.load.describe(),
        "faults": day.schedule(),
        "holds": {invariant.id: invariant.says for invariant in day.holds},
        "expects": None if day.expects is None else vars(day.expects),
    }
    show(facts, as_json)


@app.command()
def run(name: str, seed: Seed = None, as_json: AsJson = False) -> None:
    """Play one scenario on the warm stack (or on one of its own)."""
    from fixtures.session import open_session

    scenario = scenario_named(name)
    with open_session(Path.cwd(), {"seed": seed}, (lambda _: None) if as_json else out.print) as session:
        outcome = session.play(scenario, again=f"gameday run {scenario.id}")
    if as_json:
        show(Recording(outcome.folder).run, True)
    raise typer.Exit(CODES[outcome.status])


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
