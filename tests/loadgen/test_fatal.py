"""A fatal error of the idempotent client: another client goes on, and every event has one entry."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import numpy as np
import pytest
from confluent_kafka import KafkaError

from gameday.kernel.words import HarnessError
from loadgen.batch import Batch, Texts
from loadgen.ledger_format import ACK, FAIL, FATES, UNKNOWN
from loadgen.senders.kafka_bulk import _MOST_CLIENTS, BulkSender
from tests.loadgen.rig import TOPIC, everything_in

_LOST = KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER


def now_us() -> int:
    return time.monotonic_ns() // 1_000


def batch(first: int, count: int) -> Batch:
    texts = Texts.of([b"%08d" % n for n in range(first, first + count)])
    return Batch.of(first, np.zeros(count, dtype=np.int64), texts, texts)


def sender(cluster: str, **options: Any) -> BulkSender:
    made = BulkSender(
        TOPIC, {"bootstrap.servers": cluster, "enable.idempotence": True, "log_level": 0} | options, now_us
    )
    made.ready(20)
    return made


def settled(made: BulkSender) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    deadline = time.monotonic() + 30
    while made.pending():
        assert time.monotonic() < deadline, f"{made.pending()} are still pending"
        records = made.take(0.05)
        found += zip(records["position"].tolist(), records["fate"].tolist(), strict=True)
    return found


def test_no_entry_is_lost_or_doubled(cluster: str) -> None:
    made = sender(cluster, **{"linger.ms": 100})
    fates: list[tuple[int, int]] = []
    for part in range(6):
        stretch = batch(part * 500, 500)
        made.send(stretch, 0, 200)
        if part in (1, 2, 4):
            made._client.fail_for_good(_LOST, "the log lost what it had acknowledged")
        made.send(stretch, 200, 500)
        if part in (0, 3):
            fates += settled(made)
    fates += settled(made)
    made.close()
    assert sorted(position for position, _ in fates) == list(range(3_000))
    counted = Counter(FATES[fate] for _, fate in fates)
    assert counted["UNKNOWN"] > 200 and counted["ACK"] > 1_000 and not counted["FAIL"]
    in_log = Counter(int(message.value()) for message in everything_in(cluster, TOPIC))
    assert max(in_log.values()) == 1
    acked = {position for position, fate in fates if fate == ACK}
    assert acked <= in_log.keys() <= acked | {position for position, fate in fates if fate == UNKNOWN}


def test_another_fatal_error_stays_one(cluster: str) -> None:
    made = sender(cluster)
    made._client.fail_for_good(KafkaError.CLUSTER_AUTHORIZATION_FAILED, "not allowed")
    made.send(batch(0, 10), 0, 10)
    assert [fate for _, fate in settled(made)] == [FAIL] * 10
    made.close()


def test_fatal_errors_without_end_are_trouble(cluster: str) -> None:
    made = sender(cluster)
    with pytest.raises(HarnessError, match=r"ended with fatal errors, the last: .*again"):
        for n in range(_MOST_CLIENTS + 1):
            made._client.fail_for_good(_LOST, "again")
            made.send(batch(n, 1), 0, 1)
    made.close()
