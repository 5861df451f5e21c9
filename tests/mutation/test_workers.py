"""A mutation run leaves nothing in the temporary folder of the machine, also when it is ended early."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gameday.kernel.waiting import wait_until
from tests.mutation.workers import FOLDER

SLOW = "view attempts"  # more than a test waits for
ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    (tmp_path / "build").mkdir()
    (tmp_path / "temporary").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.mutation", SLOW, "--workers", "1"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL)
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_what_is_ended_early_leaves_nothing(
    run: subprocess.Popen[bytes], how: signal.Signals, tmp_path: Path
) -> None:
    def histories() -> list[Path]:
        return list(tmp_path.glob(f"temporary/{FOLDER}*/history-*/run/*"))

    wait_until("a worker writes its first history", histories, within_s=60)
    run.send_signal(how)
    assert run.wait(60) != 0
    assert list((tmp_path / "temporary").iterdir()) == []
