"""A harness that is killed in mid-fault: `gameday heal`, from anywhere, leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from gameday.kernel.journal import Journal, gameday_home
from gameday.kernel.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(300)]

DOOMED = Path(__file__).with_name("doomed_session.py")
CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home of its own, so that no other stack is touched; the cache is the user's."""
    made = tmp_path / "home"
    made.mkdir()
    (made / "cache").symlink_to(gameday_home() / "cache")
    return made


def living_of(home: Path) -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            if (
                process.environ().get("GAMEDAY_HOME") == str(home)
                and process.status() != psutil.STATUS_ZOMBIE
            ):
                found.append(f"{process.pid} {' '.join(process.cmdline())[:80]}")
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def heal(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """From a directory that has nothing to do with the checkout."""
    command = [str(Path(sys.executable).with_name("gameday")), "heal"]
    return subprocess.run(
        command, cwd="/", env=environment, capture_output=True, text=True, timeout=90, check=False
    )


def test_heal_leaves_nothing_of_a_harness_killed_in_mid_fault(home: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "GAMEDAY_HOME": str(home)}
    log = tmp_path / "doomed.log"
    with log.open("wb") as out:
        harness = subprocess.Popen(
            [sys.executable, str(DOOMED), str(tmp_path / "runs")],
            cwd=CHECKOUT,
            env={**environment, "PYTHONPATH": str(CHECKOUT)},
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    wait_until(
        "both faults are armed",
        lambda: len(Journal(home).open_faults()) == 2,
        within_s=150,
        giving_up=lambda: None if harness.poll() is None else log.read_text()[-2000:],
    )
    harness.kill()
    harness.wait()
    assert living_of(home), "the parts outlive the harness: there is something to heal"

    healed = heal(environment)
    assert healed.returncode == 0, healed.stdout + healed.stderr
    assert "broker-2" in healed.stdout
    wait_until("nothing of it lives", lambda: not living_of(home), within_s=15)
    assert Journal(home).open_faults() == []
    assert Journal(home).processes() == {}

    again = heal(environment)
    assert (again.returncode, again.stdout.strip()) == (0, "nothing to heal")
