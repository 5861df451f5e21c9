"""The sabotage matrix: are planted defects found first by the right invariant, at the right hop?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from gameday.commands.shell import BROKEN, INCONCLUSIVE, AsJson, Usage, app, out, scenarios, show
from gameday.kernel.timeline import Scenario
from gameday.kernel.words import HarnessError
from reports.matrix import Matrix, Planted


@app.command()
def matrix(
    defects: Annotated[bool, typer.Option("--defects", help="planted defects on the real stack")] = False,
    recorded: Annotated[bool, typer.Option("--recorded", help="only read the stored runs")] = False,
    only: Annotated[list[str] | None, typer.Option("--only", help="these defects, and their twins")] = None,
    seed: Annotated[list[int] | None, typer.Option("--seed", help="play with each of these seeds")] = None,
    histories: Annotated[
        bool, typer.Option("--histories", help="the whole bank D01 to D41, as made-up recordings")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Play the planted defects and their twins, then print what was found, and what proves each invariant."""
    from fixtures.settings import resolve
    from invariants import everything
    from invariants.h import VOIDING
    from reports.matrix import matrix as read
    from reports.matrix_table import matrix_table

    if not defects:
        raise Usage("say which matrix: --defects is the only one")
    if histories:
        _histories(seed or [1], as_json)
        return
    chosen = _chosen(only or [])
    if not recorded:
        seeds: list[int | None] = [*seed] if seed else [None]
        for number in seeds:
            _play(chosen, number, quiet=as_json)
    found = read(resolve(Path.cwd(), {}).runs, map(_planted, chosen), everything(), VOIDING)
    if as_json:
        show(found.to_json(), True)
    else:
        out.print(matrix_table(found))
    _exit(found)


def _chosen(only: Sequence[str]) -> list[Scenario]:
    known = {id: one for id, one in scenarios().items() if "defect" in one.markers and one().expects}
    if strange := sorted(set(only) - set(known)):
        raise Usage(f"there is no planted defect {', '.join(strange)}; known: {', '.join(known)}")
    return [one for id, one in known.items() if not only or id in only]


def _histories(seeds: Sequence[int], as_json: bool) -> None:
    """No stack: each defect of the bank as a small recording, and the same recording without it."""
    import tempfile

    from invariants.bank.matrix import judged
    from reports.matrix_table import bank_table

    with tempfile.TemporaryDirectory(prefix="gameday-bank-") as folder:
        found = list(judged(Path(folder), seeds))
    if as_json:
        show({"histories": [{**vars(one), "accurate": one.accurate} for one in found]}, True)
    else:
        out.print(bank_table(found))
    if not all(one.accurate and not one.false_alarms for one in found):
        raise typer.Exit(BROKEN)


def _planted(scenario: Scenario) -> Planted:
    expects = scenario().expects
    assert expects is not None
    return Planted(scenario.id, scenario.hypothesis, expects.invariant, expects.hop, scenario.twin)


def _play(chosen: Sequence[Scenario], seed: int | None, *, quiet: bool) -> None:
    """Each defect beside its twin; trouble leaves no verdict, and the others are played all the same."""
    from fixtures.session import open_session

    known = scenarios()
    ids = dict.fromkeys(id for scenario in chosen for id in (scenario.twin, scenario.id))
    say = (lambda _: None) if quiet else out.print
    with open_session(Path.cwd(), {"seed": seed}, say) as session:
        for id in ids:
            try:
                if "defect" in known[id].markers:  # holds no measure: no control run could tell anything
                    session.play_without_control(known[id])
                else:
                    session.play(known[id], again=f"gameday run {id}")
            except HarnessError as error:
                out.print(f"{id}: no verdict: {error}")


def _exit(found: Matrix) -> None:
    counted = [result for row in found.rows for result in row.counted]
    if any(row.false_alarms for row in found.rows) or not all(result.accurate for result in counted):
        raise typer.Exit(BROKEN)
    if not all(row.counted and row.twin_runs for row in found.rows):
        raise typer.Exit(INCONCLUSIVE)
