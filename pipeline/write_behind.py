"""The weakness ``commit_before_write``: a sink that is told of a batch too early, and writes it too late."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from pyspark.sql import DataFrame

from pipeline.checkpoint import Checkpoint
from pipeline.waiting import wait_until

log = logging.getLogger("pipeline.landing")

COMMIT_S: Final = 60.0


class WriteBehind:
    """Answers Spark at once, and hands a batch on when its offsets are committed: a crash loses it."""

    def __init__(self, sink: Callable[[DataFrame, int], None], checkpoint: Checkpoint) -> None:
        self._sink, self._checkpoint = sink, checkpoint
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="behind")
        self._last: Future[None] | None = None

    def __call__(self, rows: DataFrame, batch: int) -> None:
        if self._last is not None:
            self._last.result()
        self._last = self._writer.submit(self._write, rows, batch)

    def _write(self, rows: DataFrame, batch: int) -> None:
        if not wait_until(lambda: self._checkpoint.committed(batch), timeout_s=COMMIT_S):
            log.warning("batch %s was not committed within %.0f s", batch, COMMIT_S)
        self._sink(rows, batch)
