"""The load process killed at random instants: what it leaves tells the truth about what is at the broker."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from gameday.kernel.recording import Recording
from gameday.kernel.waiting import pause
from loadgen.counters import read
from loadgen.hashes import body_hash
from loadgen.launch import launch
from loadgen.ledger import Mark
from loadgen.ledger_format import ACK
from loadgen.ledger_reader import LedgerReader
from loadgen.places import Places
from loadgen.profiles import base_mix, steady
from loadgen.seal import seal_after_crash
from tests.loadgen.rig import everything_in, new_recording, order, seals

LONGEST_S = 6.0  # by then the load below is over, on a machine that is not busy


def killed(folder: Path, bootstrap: str, topic: str, way: str, after_s: float) -> Path:
    folder.mkdir()
    recording = new_recording(folder)
    load = base_mix(steady(900, 2.5)).client(linger_ms=10)
    running = launch(load, order(bootstrap, topic, way=way), recording)
    pause(after_s)
    running.kill()
    return recording


def judge_what_is_left(recording: Path, bootstrap: str, topic: str) -> Counter[str]:
    places = Places(recording)
    counts = read(places.counters)
    ledger = LedgerReader.open(places.outcomes)
    acked = sum(int((records["fate"] == ACK).sum()) for records in ledger.batches())
    mark = Mark.read(places.mark) if places.mark.exists() else 0
    if counts is not None:
        assert acked >= counts.acked, "an acknowledgement is counted only once it is in the ledger"
    if not seal_after_crash(recording):
        assert seals(recording), "it was killed after it had sealed all by itself"
    assert all(read_ == expected for read_, expected in seals(recording).values())

    sends = Recording(recording).rows("send")
    intent = {(i["uid"], i["copy"]): i["body_hash"] for i in Recording(recording).rows("intent")}
    found = (
        {(m.partition(), m.offset()): body_hash(m.value()) for m in everything_in(bootstrap, topic)}
        if mark
        else {}
    )
    assert set(found.values()) <= {intent[s["uid"], s["copy"]] for s in sends}, (
        "every event at the broker lies below the mark"
    )
    for row in sends:
        if row["outcome"] == "ACK":
            assert found[row["partition"], row["src_offset"]] == intent[row["uid"], row["copy"]]
    assert sum(row["outcome"] == "ACK" for row in sends) == acked
    return Counter(row["outcome"] for row in sends)


def play(tmp_path: Path, bootstrap: str, kills: int, seed: int) -> Counter[str]:
    instants = random.Random(seed)
    outcomes: Counter[str] = Counter()
    for number in range(kills):
        way, topic = ("bulk", "single")[number % 2], f"killed.{number}"
        # One instant in each equal share of the whole time, so that no stretch of a life is left out.
        after_s = LONGEST_S * (number + instants.random()) / kills
        recording = killed(tmp_path / str(number), bootstrap, topic, way, after_s)
        outcomes += judge_what_is_left(recording, bootstrap, topic)
    return outcomes


def test_some_kills(tmp_path: Path, cluster: str) -> None:
    outcomes = play(tmp_path, cluster, kills=4, seed=5)
    assert outcomes["ACK"] > 0 and not outcomes["FAIL"]


@pytest.mark.nightly
def test_fifty_kills(tmp_path: Path, cluster: str) -> None:
    outcomes = play(tmp_path, cluster, kills=50, seed=6)
    assert outcomes["ACK"] > 5_000 and outcomes["UNKNOWN"] > 0 and not outcomes["FAIL"]
