"""The sampler: what was first seen when, also while a part of a hop is silent."""

from __future__ import annotations

from pathlib import Path

from gameday.kernel.clock import anchor
from gameday.kernel.recording import Recording
from gameday.kernel.sampler import Sampler, live
from gameday.kernel.words import Container, Frontier, Range, Scan


class Growing:
    """Two partitions that grow by one row a look; partition 1 is silent for some of them."""

    name, joins = "broker", "coordinates"

    def __init__(self, silent_at: frozenset[int]) -> None:
        self._silent_at = silent_at
        self._looks = 0
        self._ends = {0: 0, 1: 0}
        self._containers: list[Container] = []

    def frontier(self) -> Frontier:
        self._looks += 1
        silent = frozenset({1}) if self._looks in self._silent_at else frozenset[int]()
        for partition in {0, 1} - silent:
            start, self._ends[partition] = self._ends[partition], self._looks
            r = Range("a", "t", partition, start, self._looks)
            self._containers.append(Container(f"{partition}:{start}-{self._looks}", (r,)))
        return Frontier(tuple(self._containers), silent)

    def scan(self, sighted: Frontier) -> Scan:
        raise NotImplementedError

    def close(self) -> None:
        pass


def watched(folder: Path, hop: Growing, looks: int) -> Recording:
    recording = Recording.create(folder / "run")
    sampler = Sampler(recording, anchor(), [hop], {})
    for _ in range(looks):
        sampler._look(sampler._watched[0])
    sampler._flush()
    sampler._publish()
    return recording


def test_a_silent_partition_costs_the_others_nothing(tmp_path: Path) -> None:
    recording = watched(tmp_path, Growing(frozenset({3, 4})), 5)
    rows = {row["container"]: row for row in recording.rows("sighting")}
    assert set(rows) == {"0:0-1", "0:1-2", "0:2-3", "0:3-4", "0:4-5", "1:0-1", "1:1-2", "1:2-5"}
    assert rows["0:3-4"]["t_prev"] < rows["0:4-5"]["t_prev"], "seen between two looks"
    assert rows["1:2-5"]["t_prev"] == rows["0:2-3"]["t_prev"], "unseen since its last answer"
    silences = [row for row in recording.rows("metric") if row["name"] == "sample_failed"]
    assert len(silences) == 2


def test_a_look_with_a_silent_partition_is_no_goal_for_the_drain(tmp_path: Path) -> None:
    watched(tmp_path, Growing(frozenset({2})), 2)
    assert live(tmp_path / "run")["broker"].failed == "no answer for partition 1"
