"""`gameday …` as a user types it: a process of its own, in any directory."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

GAMEDAY = str(Path(sys.executable).with_name("gameday"))


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


def gameday(*arguments: str, cwd: Path, home: Path | None = None, **env: str) -> Answer:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GAMEDAY_")}
    done = subprocess.run(
        [GAMEDAY, *arguments],
        cwd=cwd,
        env={**inherited, "GAMEDAY_HOME": str(home or cwd / "home"), "COLUMNS": "200", **env},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Answer(done.returncode, done.stdout, done.stderr)
