"""Locust as a user runs it, on a stack of a test's own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gameday.kernel.journal import gameday_home
from gameday.kernel.recording import Recording

CHECKOUT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@dataclass(frozen=True)
class Locust:
    """`home` is a stack's own; its cache is the user's."""

    folder: Path

    @staticmethod
    def fresh(folder: Path) -> Locust:
        (folder / "home").mkdir()
        (folder / "home" / "cache").symlink_to(gameday_home() / "cache")
        return Locust(folder)

    @property
    def environment(self) -> Mapping[str, str]:
        paths = {"GAMEDAY_HOME": str(self.folder / "home"), "GAMEDAY_RUNS": str(self.folder / "runs")}
        return {**os.environ, **paths, "PYTHONPATH": str(CHECKOUT)}

    def start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        with self.log(name).open("wb") as out:
            return subprocess.Popen(
                [sys.executable, "-m", "locust", "-f", "locustfile.py", *arguments],
                cwd=CHECKOUT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def recording(self) -> Recording:
        (run,) = (path.parent for path in (self.folder / "runs").glob("*/run.json"))
        return Recording(run)
