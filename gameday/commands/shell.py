"""What every command shares: the app, exit codes, options, ways to print, and how a scenario is named."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console

from gameday.kernel.timeline import Scenario

HELD, BROKEN, INCONCLUSIVE, TROUBLE, USAGE, RESIDUE, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130
CODES = {"held": HELD, "broken": BROKEN, "inconclusive": INCONCLUSIVE, "residue": RESIDUE, "trouble": TROUBLE}

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
out = Console(highlight=False, markup=False, soft_wrap=True)

AsJson = Annotated[bool, typer.Option("--json", help="machine-readable output")]
Seed = Annotated[int | None, typer.Option("--seed", help="the seed of the run")]


class Usage(Exception):
    """The call is wrong: exit code 4."""


def scenarios() -> dict[str, Scenario]:
    from gameday.kernel.catalog import values_in

    return values_in("scenarios", Scenario, lambda scenario: scenario.id)


def scenario_named(name: str) -> Scenario:
    known = scenarios()
    if name not in known:
        raise Usage(f"there is no scenario {name!r}; known: {', '.join(known)}")
    return known[name]


def show(facts: Any, as_json: bool) -> None:
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
