"""The two ways into Kafka write the same ledger, and both say which one it was."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from gameday.kernel.recording import Recording
from gameday.kernel.words import HarnessError
from loadgen.hashes import body_hash
from loadgen.launch import launch
from loadgen.places import Places
from loadgen.profiles import Load, base_mix, steady
from loadgen.senders import librdkafka
from loadgen.senders.kafka import open_kafka
from tests.loadgen.rig import TOPIC, everything_in, new_recording, order

WAYS = ("bulk", "single")


def played(load: Load, folder: Path, bootstrap: str, way: str, **client: Any) -> Path:
    folder.mkdir()
    recording = new_recording(folder)
    launch(load, order(bootstrap, way=way, **client), recording).wait(within_s=60)
    said = Places(recording).log.read_text()
    assert {"bulk": "called directly", "single": "one by one"}[way] in said
    return recording


def rows(recording: Path) -> dict[tuple[int, int, int], dict[str, Any]]:
    return {(s["uid"], s["copy"], s["attempt"]): s for s in Recording(recording).rows("send")}


def test_both_ways_write_the_same_ledger(tmp_path: Path, cluster: str) -> None:
    load = base_mix(steady(700, 3))
    sends = {way: rows(played(load, tmp_path / way, cluster, way)) for way in WAYS}
    bulk, single = sends["bulk"], sends["single"]
    assert bulk.keys() == single.keys() and len(bulk) > 2_100
    start = {way: min(row["t_due"] for row in sends[way].values()) for way in WAYS}
    for identity, one in bulk.items():
        other = single[identity]
        assert one["t_due"] - start["bulk"] == other["t_due"] - start["single"]
        for name in ("path", "outcome", "cluster", "topic", "partition", "error"):
            assert one[name] == other[name], name
        for row in (one, other):
            assert row["t_due"] <= row["t_invoke"] <= row["t_done"]

    # What the ledgers say about the log is what the log says.
    found = {(m.partition(), m.offset()): body_hash(m.value()) for m in everything_in(cluster, TOPIC)}
    said = {}
    for way in WAYS:
        hashes = {
            (i["uid"], i["copy"]): i["body_hash"] for i in Recording(tmp_path / way / "run").rows("intent")
        }
        said |= {
            (row["partition"], row["src_offset"]): hashes[identity[:2]]
            for identity, row in sends[way].items()
        }
    assert said == found


def test_both_ways_refuse_the_same_events(tmp_path: Path, cluster: str) -> None:
    load = steady(200, 1).client(message_max_bytes=1_280)
    fates = {
        way: {
            identity: (row["outcome"], row["error"])
            for identity, row in rows(played(load, tmp_path / way, cluster, way)).items()
        }
        for way in WAYS
    }
    assert fates["bulk"] == fates["single"]
    counted = Counter(fates["bulk"].values())
    assert counted["FAIL", "MSG_SIZE_TOO_LARGE"] > 20 and counted["ACK", None] > 20


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("acks", [0, 1])
def test_weaker_acknowledgements(tmp_path: Path, cluster: str, way: str, acks: int) -> None:
    load = steady(200, 1).client(acks=acks)
    sends = rows(played(load, tmp_path / "run", cluster, way)).values()
    assert {row["outcome"] for row in sends} == {"ACK"}
    assert all((row["src_offset"] is None) == (acks == 0) for row in sends), "acks=0 tells no offset"


def test_a_machine_without_the_library_goes_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise librdkafka.Unusable("no librdkafka lies here")

    monkeypatch.setattr("loadgen.senders.kafka.library", missing)
    sender = open_kafka("t", {"test.mock.num.brokers": 1}, lambda: 0)
    assert "one by one" in sender.way and "no librdkafka lies here" in sender.way
    with pytest.raises(HarnessError, match="bulk was asked for"):
        open_kafka("t", {"way": "bulk"}, lambda: 0)
    with pytest.raises(HarnessError, match="ways bulk, single, not 'magic'"):
        open_kafka("t", {"way": "magic"}, lambda: 0)
