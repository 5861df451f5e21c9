"""Records that survive the harness."""

from __future__ import annotations

from pathlib import Path

from gameday.kernel.journal import Journal
from gameday.kernel.words import Undo

UNDO = Undo("kill-1", "kill", {"name": "broker-1"}, {"target": "leader"})


def test_an_armed_fault_is_found_by_another_journal_until_it_is_healed(tmp_path: Path) -> None:
    Journal(tmp_path).arm(UNDO, run="r", owner_pid=1, overdue_at_us=5)
    ((undo, record),) = Journal(tmp_path).open_faults()
    assert undo == UNDO
    assert record["overdue_at_us"] == 5
    Journal(tmp_path).healed(UNDO)
    Journal(tmp_path).healed(UNDO)
    assert Journal(tmp_path).open_faults() == []


def test_faults_come_newest_first(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for number in range(3):
        journal.arm(Undo(f"k{number}", "kill", {}), run="r", owner_pid=1, overdue_at_us=0)
    assert [undo.id for undo, _ in journal.open_faults()] == ["k2", "k1", "k0"]


def test_a_process_is_known_until_it_ended(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.starting("t1", {"part": "broker-1"})
    assert journal.processes() == {"t1": {"part": "broker-1"}}
    journal.ended("t1")
    assert journal.processes() == {}
