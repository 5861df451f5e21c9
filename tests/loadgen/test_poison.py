"""Poison that is longer than a mebibyte: planned apart from the other sorts, judged, and sent as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gameday.kernel.recording import Recording
from loadgen.flaws import LARGE, flaws_of
from loadgen.hashes import body_hash
from loadgen.launch import launch
from loadgen.load import Load
from loadgen.plan import Plan
from loadgen.profiles import ALL_DIALECTS, NAMED, poison, steady
from tests.loadgen.rig import TOPIC, everything_in, make, new_recording, order
from tests.loadgen.test_ways import WAYS

_MEBIBYTE = 1 << 20


def flaws(load: Load) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return Plan(load, 7).block(0).rows.flaw


def test_large_poison_takes_the_place_of_other_poison_alone() -> None:
    calm = steady(2_000, 1).speaking(*ALL_DIALECTS)
    rows = Plan(calm, 7).block(0).rows
    large = np.array([flaws_of(dialect).index(LARGE) for dialect in range(len(ALL_DIALECTS))])
    usual, mixed = flaws(calm | poison(0.3)), flaws(calm | poison(0.3, large=0.4))
    changed = usual != mixed
    assert (mixed[changed] == large[rows.dialect[changed]]).all()
    assert changed.sum() / (usual > 0).sum() == pytest.approx(0.4, rel=0.2)
    assert not (usual == large[rows.dialect]).any(), "it is drawn only where it is asked for"
    assert calm.plan_hash(7) != (calm | poison(0.3)).plan_hash(7)


def test_t10_holds_large_records_and_the_oracle_knows_them() -> None:
    made = make(NAMED["T10"].load)
    large = [row for row, wire in zip(made.intent, made.values, strict=True) if len(wire) > _MEBIBYTE]
    assert 3 <= len(large) <= 30
    assert {(row["class"], row["reason"]) for row in large} == {("invalid", "undecodable")}
    assert all("|poison|" in row["tags"] for row in large)
    assert len({row["body_hash"] for row in large}) == len(large)


@pytest.mark.parametrize("way", WAYS)
def test_large_records_arrive_as_they_are(tmp_path: Path, cluster: str, way: str) -> None:
    recording = new_recording(tmp_path)
    launch(steady(100, 1) | poison(0.1, large=1.0), order(cluster, way=way), recording).wait(within_s=60)
    sends, intent = (Recording(recording).rows(name) for name in ("send", "intent"))
    assert {row["outcome"] for row in sends} == {"ACK"}
    poisoned = {row["body_hash"] for row in intent if row["reason"]}
    found = [message.value() for message in everything_in(cluster, TOPIC)]
    assert len(poisoned) >= 3
    assert {body_hash(value) for value in found if len(value) > _MEBIBYTE} == poisoned
