"""A run that never was, slab by slab: plan, attempts and what every hop holds of them, as columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gameday.kernel.clock import US

Ints = npt.NDArray[np.int64]
Columns = dict[str, Any]

T0 = 1_700_000_000 * US
SLAB = 250_000  # payments' events made at a time: what bounds the memory of the generator
RATE = 5_000  # events per second of the run that never was
PARTITIONS = 6
BATCH = 20_000  # records of a micro-batch
SAMPLE = 2_000  # records between two samples of the broker
RETRY, DUPLICATE, TWIN, INVALID = 0.05, 0.02, 0.01, 0.005
CURRENCIES = ("USD", "EUR", "GBP", "JPY")
TYPES = ("AUTHORIZATION", "CAPTURE", "REFUND", "CHARGEBACK")


def mixed(number: Ints, salt: int) -> Ints:
    """64 well-mixed bits of each number (splitmix64)."""
    with np.errstate(over="ignore"):
        x = number.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15) * np.uint64(salt + 1)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (x ^ (x >> np.uint64(31))).astype(np.int64)


def labelled(prefix: str, number: Ints) -> pa.Array:
    """`prefix` and 16 hex digits of each number, as texts."""
    digits = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
    octets = number.astype(">u8").view(np.uint8).reshape(-1, 8)
    text = np.empty((len(number), len(prefix) + 16), dtype=np.uint8)
    text[:, : len(prefix)] = np.frombuffer(prefix.encode(), dtype=np.uint8)
    text[:, len(prefix) :: 2], text[:, len(prefix) + 1 :: 2] = digits[octets >> 4], digits[octets & 15]
    ends = np.arange(len(number) + 1, dtype=np.int32) * text.shape[1]
    return pa.StringArray.from_buffers(len(number), pa.py_buffer(ends), pa.py_buffer(text.tobytes()))


def words(pool: list[str] | tuple[str, ...], index: Ints) -> pa.Array:
    """A word of the pool for each index."""
    return pa.DictionaryArray.from_arrays(pa.array(index, pa.int32()), pa.array(pool)).cast(pa.string())


def maybe(values: npt.NDArray[Any], known: npt.NDArray[np.bool_]) -> pa.Array:
    return pa.array(values, mask=~known)


@dataclass
class Slab:
    """Rows of the plan (one per uid and copy) and attempts (indexes into them, in the order of arrival)."""

    uid: Ints
    copy: Ints
    cls: Ints  # 0 valid, 1 dup_of, 2 twin_of, 3 invalid
    due: Ints
    seq: Ints
    row: Ints  # of each attempt
    attempt: Ints
    at: Ints  # when each attempt is due
    partition: Ints
    offset: Ints

    @property
    def payment(self) -> Ints:
        return self.uid >> 4


@dataclass
class Ends:
    """Where each partition and the list of batches has got to."""

    offsets: Ints = field(default_factory=lambda: np.zeros(PARTITIONS, dtype=np.int64))
    records: int = 0
    payments: int = 0


def slab_of(seed: int, number: int, events: int, ends: Ends) -> Slab:
    rng = np.random.default_rng([seed, number])
    parts = rng.integers(1, 4, size=events // 2 + 2)
    parts = parts[: int(np.searchsorted(np.cumsum(parts), events)) + 1]
    payment = np.repeat(np.arange(len(parts), dtype=np.int64) + ends.payments, parts)
    ends.payments += len(parts)
    first = np.repeat(np.cumsum(parts) - parts, parts)
    uid = payment * 16 + np.arange(len(payment)) - first
    span, begin = len(uid) * US // RATE, T0 + number * (SLAB * US // RATE)
    due = begin + np.sort(rng.integers(0, span, size=len(parts)))[payment - payment[0]]
    due = due + rng.integers(0, 2 * US, size=len(uid))
    draw = rng.random(len(uid))
    cls = np.select([draw < INVALID, draw < INVALID + TWIN], [3, 2], 0)
    again = np.flatnonzero((rng.random(len(uid)) < DUPLICATE) & (cls == 0))
    uid, cls = np.concatenate([uid, uid[again]]), np.concatenate([cls, np.ones(len(again), np.int64)])
    copy = np.concatenate([np.zeros(len(draw), np.int64), np.ones(len(again), np.int64)])
    due = np.concatenate([due, due[again] + US])
    retried = np.flatnonzero(rng.random(len(uid)) < RETRY)
    row = np.concatenate([np.arange(len(uid)), retried])
    at = np.concatenate([due, due[retried] + US // 5])
    attempt = np.concatenate([np.zeros(len(uid), np.int64), np.ones(len(retried), np.int64)])
    order = np.argsort(at, kind="stable")
    row, at, attempt = row[order], at[order], attempt[order]
    partition = (mixed(uid >> 4, 3) & 0x7FFFFFFF)[row] % PARTITIONS
    offset = _counted(partition, ends.offsets)
    return Slab(uid, copy, cls, due, _places(uid, copy, due), row, attempt, at, partition, offset)


def _counted(partition: Ints, ends: Ints) -> Ints:
    """The next offset of its partition for each record; moves the ends on."""
    offset = np.empty(len(partition), dtype=np.int64)
    for number in range(PARTITIONS):
        here = partition == number
        n = int(here.sum())
        offset[here] = ends[number] + np.arange(n)
        ends[number] += n
    return offset


def _places(uid: Ints, copy: Ints, due: Ints) -> Ints:
    """The place of each row among those of its key, by when it is due."""
    key = uid >> 4
    order = np.lexsort((copy, uid, due, key))
    starts = np.flatnonzero(np.concatenate([[True], np.diff(key[order]) != 0]))
    lengths = np.diff(np.concatenate([starts, [len(order)]]))
    seq = np.empty(len(order), dtype=np.int64)
    seq[order] = np.arange(len(order)) - np.repeat(starts, lengths)
    return seq


def intent_columns(slab: Slab) -> Columns:
    n, payment = len(slab.uid), labelled("p", mixed(slab.payment, 4))
    invalid = slab.cls == 3
    tag = np.select([slab.cls == 1, slab.cls == 2, invalid], [1, 2, 3], 0)
    many = [f"m{k:06d}" for k in range(1000)]
    return {
        "uid": slab.uid,
        "copy": slab.copy.astype(np.int32),
        "seq": slab.seq,
        "class": words(("valid", "dup_of", "twin_of", "invalid"), slab.cls),
        "reason": maybe(np.full(n, "undecodable", dtype=object), invalid),
        "ref_uid": maybe(slab.uid ^ 1, slab.cls == 2),
        "lateness_us": np.zeros(n, np.int64),
        "tags": words(("", "|dup|", "|twin|", "|invalid|"), tag),
        "event_type": words(TYPES, slab.uid & 3),
        "dialect": words(("DEDUP",), np.zeros(n, np.int64)),
        "payment_id": payment,
        "merchant_id": words(many, slab.payment % 1000),
        "account_id": words(many, slab.payment % 997),
        "card_token": words(many, slab.payment % 991),
        "amount_minor": _amount(slab.uid),
        "currency": words(CURRENCIES, slab.payment % 4),
        "event_ts": _event_ts(slab.uid),
        "key": payment,
        "body_hash": mixed((slab.uid << 8) | slab.copy, 1),
        "canonical_hash": maybe(mixed(slab.uid, 2), ~invalid),
    }


def _amount(uid: Ints) -> Ints:
    return (mixed(uid, 5) & 0xFFFF) + 1


def _event_ts(uid: Ints) -> Ints:
    return T0 + (uid >> 4) * 2 * US // RATE


def places(slab: Slab, index: npt.NDArray[Any]) -> Columns:
    """The coordinates of these attempts."""
    zero = np.zeros(len(index), np.int64)
    return {
        "cluster": words(("a",), zero),
        "topic": words(("payments.events.v1",), zero),
        "partition": slab.partition[index].astype(np.int32),
        "src_offset": slab.offset[index],
    }


def scan_columns(slab: Slab, index: Ints, container: pa.Array, *, curated: bool = False) -> Columns:
    row = slab.row[index]
    uid, invalid = slab.uid[row], slab.cls[row] == 3
    opens = ~(invalid & (slab.payment[row] % 2 == 0))  # half of the invalid events have lost their id
    columns = {
        "uid": maybe(uid, opens),
        "copy": maybe(slab.copy[row].astype(np.int32), opens),
        **places(slab, index),
        "container": container,
        "body_hash": mixed((uid << 8) | slab.copy[row], 1),
        "canonical_hash": maybe(mixed(uid, 2), ~invalid),
        "event_ts": maybe(_event_ts(uid), ~invalid),
    }
    if not curated:
        return columns
    business = {
        "event_type": words(TYPES, uid & 3),
        "payment_id": labelled("p", mixed(uid >> 4, 4)),
        "merchant_id": words([f"m{k:06d}" for k in range(1000)], (uid >> 4) % 1000),
        "amount_minor": _amount(uid),
        "currency": words(CURRENCIES, (uid >> 4) % 4),
    }
    return {**columns, "body_hash": pa.nulls(len(index), pa.int64()), **business}


def send_columns(slab: Slab) -> Columns:
    n = len(slab.row)
    everything = np.arange(n)
    return {
        "uid": slab.uid[slab.row],
        "copy": slab.copy[slab.row].astype(np.int32),
        "attempt": slab.attempt.astype(np.int32),
        "path": words(("kafka",), np.zeros(n, np.int64)),
        "t_due": slab.at,
        "t_invoke": slab.at + 300,
        "t_done": slab.at + 30_000,
        "outcome": words(("ACK",), np.zeros(n, np.int64)),
        **places(slab, everything),
    }


def tables_of(slab: Slab, begin: int) -> dict[str, Columns]:
    """Every table of one slab; `begin` is the number of records before it."""
    everything = np.arange(len(slab.row))
    batch = [f"batch-{k:07d}" for k in range(begin // BATCH, (begin + len(everything)) // BATCH + 1)]
    number = (begin + everything) // BATCH - begin // BATCH
    sample = (begin + everything) // SAMPLE - begin // SAMPLE
    stretch = [f"s-{k:07d}" for k in range(begin // SAMPLE, (begin + len(everything)) // SAMPLE + 1)]
    bad = slab.cls[slab.row] == 3
    good = everything[~bad]
    _, first = np.unique(slab.uid[slab.row[good]], return_index=True)
    survives = np.zeros(len(good), dtype=np.bool_)
    survives[first] = True
    kept, gone = good[survives], good[~survives]
    gone_uid = slab.uid[slab.row[gone]]
    suppressed = scan_columns(slab, gone, words(batch, number[gone]))
    nothing = pa.nulls(len(gone), pa.int64())
    suppressed |= {"body_hash": nothing, "canonical_hash": nothing, "event_ts": nothing}
    suppressed |= {"rule": words(("ID1",), np.zeros(len(gone), np.int64)), "survivor_uid": gone_uid}
    dead = everything[bad]
    return {
        "intent": intent_columns(slab),
        "send": send_columns(slab),
        "broker_scan": scan_columns(slab, everything, words(stretch, sample)),
        "raw_scan": scan_columns(slab, everything, words(batch, number)),
        "dlq_scan": {
            **scan_columns(slab, dead, words(batch, number[dead])),
            "reason": words(("undecodable",), np.zeros(len(dead), np.int64)),
        },
        "load_scan": scan_columns(slab, good, words(batch, number[good])),
        "suppressed_scan": suppressed,
        "curated_scan": scan_columns(slab, kept, words(batch, number[kept]), curated=True),
    }
