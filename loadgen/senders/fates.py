"""Error codes of librdkafka to fates: FAIL only where the event certainly is not in the log."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from confluent_kafka import KafkaError

from loadgen.ledger_format import ACK, FAIL, UNKNOWN

# Refused because of what the event or the request is: every attempt of the client met the same refusal.
REFUSED: frozenset[int] = frozenset(
    {
        KafkaError._INVALID_ARG,
        KafkaError._KEY_SERIALIZATION,
        KafkaError._VALUE_SERIALIZATION,
        KafkaError._QUEUE_FULL,
        KafkaError._BAD_COMPRESSION,
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.RECORD_LIST_TOO_LARGE,
        KafkaError.INVALID_MSG_SIZE,
        KafkaError.INVALID_RECORD,
        KafkaError.INVALID_TIMESTAMP,
        KafkaError.INVALID_REQUIRED_ACKS,
        KafkaError.TOPIC_EXCEPTION,
        KafkaError.UNSUPPORTED_FOR_MESSAGE_FORMAT,
        KafkaError.UNSUPPORTED_COMPRESSION_TYPE,
    }
)

# Refused before anything was appended, but an earlier attempt of the client may have ended otherwise:
# certain only for a client that does not retry.
REFUSED_THIS_TIME: frozenset[int] = frozenset(
    {
        KafkaError._UNKNOWN_TOPIC,
        KafkaError._UNKNOWN_PARTITION,
        KafkaError.INVALID_MSG,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.NOT_ENOUGH_REPLICAS,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.POLICY_VIOLATION,
        KafkaError.FENCED_LEADER_EPOCH,
    }
)


# What ends an idempotent client, and would not end a new one: its numbers and those of a log fell apart.
FELL_APART: frozenset[int] = frozenset(
    {
        KafkaError._GAPLESS_GUARANTEE,
        KafkaError._INCONSISTENT,
        KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.UNKNOWN_PRODUCER_ID,
    }
)


def fate_of(code: int, retrying: bool) -> int:
    """Every other code, and every code that nobody has heard of, leaves the fate open."""
    if code == KafkaError.NO_ERROR:
        return ACK
    if code in REFUSED or (code in REFUSED_THIS_TIME and not retrying):
        return FAIL
    return UNKNOWN


def fates_of(codes: npt.NDArray[np.int16], retrying: bool) -> npt.NDArray[np.int16]:
    """The same for many."""
    fates = np.zeros(len(codes), dtype=np.int16)
    for code in np.unique(codes).tolist():
        fates[codes == code] = fate_of(code, retrying)
    return fates


def name_of(code: int) -> str:
    return str(KafkaError(code).name())
