"""Processes that try the mutants of one text after the other, in one folder that goes when they do."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from multiprocessing import get_context

from tests.mutation.sql import mutants
from tests.mutation.targets import Outcome, text_of, tried
from tests.mutation.trials import Trial, trials

FOLDER = "gameday-mutants-"


@cache
def _histories() -> list[Trial]:
    return trials()


def _begin(folder: str) -> None:
    """Whatever a worker and its engines put aside lies in the folder of the one who started it."""
    tempfile.tempdir = folder
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who started it ends it
    os.nice(19)


def _work(target: str, every: int, settled: Collection[str]) -> list[Outcome]:
    return list(tried(target, _histories(), every, settled))


def outcomes(
    chosen: Sequence[str], workers: int, every: int, settled: Collection[str] = ()
) -> Iterator[tuple[str, list[Outcome]]]:
    """The longest first, so that no worker is left alone with one at the end; what is settled is left out."""
    ordered = sorted(chosen, key=lambda target: -len(mutants(text_of(target))))
    with tempfile.TemporaryDirectory(prefix=FOLDER) as folder:
        pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin, (folder,))
        try:
            waiting = {pool.submit(_work, target, every, settled): target for target in ordered}
            for done in as_completed(waiting):
                yield waiting[done], done.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            _end()


def _end() -> None:
    """No worker writes any more; and the folder that is removed next goes as a whole, whoever asks to end."""
    for ended in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ended, signal.SIG_IGN)
    children = multiprocessing.active_children()
    for child in children:
        child.terminate()
    for child in children:
        child.join()
