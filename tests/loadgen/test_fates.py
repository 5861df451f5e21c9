"""Error codes to fates: FAIL only where the event certainly is not in the log."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaError

from loadgen.ledger_format import ACK, FAIL, UNKNOWN
from loadgen.senders.fates import REFUSED, REFUSED_THIS_TIME, fate_of, name_of
from loadgen.senders.kafka_settings import settings

CODES = {name: code for name, code in vars(KafkaError).items() if name.isupper() and isinstance(code, int)}

# Written by hand and in full: a code that moves between the columns has to be moved here too.
ALWAYS_FAIL = {
    "_INVALID_ARG", "_KEY_SERIALIZATION", "_VALUE_SERIALIZATION", "_QUEUE_FULL", "_BAD_COMPRESSION",
    "MSG_SIZE_TOO_LARGE", "RECORD_LIST_TOO_LARGE", "INVALID_MSG_SIZE", "INVALID_RECORD", "INVALID_TIMESTAMP",
    "INVALID_REQUIRED_ACKS", "TOPIC_EXCEPTION", "UNSUPPORTED_FOR_MESSAGE_FORMAT",
    "UNSUPPORTED_COMPRESSION_TYPE",
}  # fmt: skip
FAIL_WITHOUT_RETRIES = {
    "_UNKNOWN_TOPIC", "_UNKNOWN_PARTITION", "INVALID_MSG", "UNKNOWN_TOPIC_OR_PART", "LEADER_NOT_AVAILABLE",
    "NOT_LEADER_FOR_PARTITION", "NOT_ENOUGH_REPLICAS", "TOPIC_AUTHORIZATION_FAILED",
    "CLUSTER_AUTHORIZATION_FAILED", "POLICY_VIOLATION", "FENCED_LEADER_EPOCH",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CODES))
def test_every_code_has_the_fate_of_the_table(name: str) -> None:
    code = CODES[name]
    if name == "NO_ERROR":
        expected = (ACK, ACK)
    elif name in ALWAYS_FAIL:
        expected = (FAIL, FAIL)
    else:
        expected = (UNKNOWN, FAIL if name in FAIL_WITHOUT_RETRIES else UNKNOWN)
    assert (fate_of(code, retrying=True), fate_of(code, retrying=False)) == expected


def test_the_table_names_codes_that_exist() -> None:
    assert len(CODES) > 150
    assert {CODES[name] for name in ALWAYS_FAIL} == REFUSED
    assert {CODES[name] for name in FAIL_WITHOUT_RETRIES} == REFUSED_THIS_TIME


def test_codes_that_leave_the_fate_open() -> None:
    """The ones that drills really meet."""
    for name in (
        "_MSG_TIMED_OUT",
        "REQUEST_TIMED_OUT",
        "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
        "_PURGE_INFLIGHT",
        "_FATAL",
    ):
        assert fate_of(CODES[name], retrying=False) == UNKNOWN
    for unheard_of in (-9_999, 9_999):
        assert fate_of(unheard_of, retrying=False) == UNKNOWN
        assert name_of(unheard_of)


def test_settings_of_the_client() -> None:
    plain = settings("h:1", True, {}, {})
    assert (plain["acks"], plain["enable.idempotence"], plain["socket.timeout.ms"]) == ("all", True, 2_000)
    assert "socket.timeout.ms" not in settings("h:1", False, {}, {})
    for acks in (1, "1", 0):
        weak = settings("h:1", True, {"client.id": "x"}, {"acks": acks})
        assert (weak["acks"], weak["enable.idempotence"], weak["client.id"]) == (acks, False, "x")
    assert "bootstrap.servers" not in settings("", True)
