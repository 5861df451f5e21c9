"""The weakness that commits before it writes: what comes first, and what a failure does."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.checkpoint import Checkpoint
from pipeline.waiting import wait_until
from pipeline.write_behind import WriteBehind


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    (tmp_path / "commits").mkdir()
    return Checkpoint(tmp_path)


def test_a_batch_is_written_only_when_its_offsets_are_committed(checkpoint: Checkpoint) -> None:
    written: list[int] = []
    rows: Any = None
    behind = WriteBehind(lambda _, batch: written.append(batch), checkpoint)
    behind(rows, 0)
    assert not wait_until(lambda: bool(written), timeout_s=0.3)
    (checkpoint.folder / "commits" / "0").touch()
    assert wait_until(lambda: written == [0], timeout_s=5)


def test_a_write_that_failed_ends_the_next_batch(checkpoint: Checkpoint) -> None:
    rows: Any = None

    def full(_: Any, batch: int) -> None:
        raise OSError("no space left")

    behind = WriteBehind(full, checkpoint)
    (checkpoint.folder / "commits" / "0").touch()
    behind(rows, 0)
    with pytest.raises(OSError, match="no space left"):
        behind(rows, 1)
