"""A home of their own for the journals of load processes, and a cluster to send to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.loadgen import mock_kafka


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAMEDAY_HOME", str(tmp_path / "home"))


@pytest.fixture
def cluster() -> Iterator[str]:
    """Bootstrap of a mock cluster that outlives the load process."""
    command = [sys.executable, mock_kafka.__file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as host:
        try:
            assert host.stdout is not None
            yield host.stdout.readline().strip()
        finally:
            host.kill()
