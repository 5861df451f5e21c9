"""Processes that try the mutants of one text after the other."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from multiprocessing import get_context

from tests.mutation.sql import mutants
from tests.mutation.targets import Outcome, text_of, tried
from tests.mutation.trials import Trial, trials


@cache
def _histories() -> list[Trial]:
    return trials()


def _work(target: str, every: int) -> list[Outcome]:
    return list(tried(target, _histories(), every))


def outcomes(chosen: Sequence[str], workers: int, every: int) -> Iterator[tuple[str, list[Outcome]]]:
    """The longest first, so that no worker is left alone with one at the end."""
    ordered = sorted(chosen, key=lambda target: -len(mutants(text_of(target))))
    with ProcessPoolExecutor(workers, get_context("spawn"), os.nice, (19,)) as pool:
        waiting = {pool.submit(_work, target, every): target for target in ordered}
        for done in as_completed(waiting):
            yield waiting[done], done.result()
