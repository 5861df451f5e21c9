"""What earlier runs found: one line per mutant, so that a run can go on where another ended."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from tests.mutation.sql import mutants
from tests.mutation.targets import Outcome, digest, targets, text_of

RESULTS = Path("build/mutation.jsonl")


def known() -> list[Outcome]:
    """The latest outcome of each mutant that could still be made of today's texts."""
    lines = RESULTS.read_text(encoding="utf-8").splitlines() if RESULTS.exists() else []
    every = [Outcome(**json.loads(line)) for line in lines]
    latest = {(one.target, one.digest): one for one in every}
    about = set(targets()) & {one.target for one in every}
    today = {target: {digest(one.text) for one in mutants(text_of(target))} for target in about}
    return [one for one in latest.values() if one.digest in today.get(one.target, ())]


def keep(every: Iterable[Outcome], *, mode: str) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open(mode, encoding="utf-8") as out:
        out.writelines(json.dumps(asdict(one)) + "\n" for one in every)
