"""Bytes on the wire: sizes, entropy, uniqueness; a function of plan, start and nonce, and of nothing else."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from loadgen.events import timestamps
from loadgen.hashes import body_hash, canonical_hash
from loadgen.ids import Ids
from loadgen.profiles import base_mix, duplicates, peak, steady, twins
from tests.loadgen.rig import NONCE, T0, Made, make

CONTRACT = [
    "event_id", "event_type", "payment_id", "merchant_id", "account_id", "card_token", "amount_cents",
    "currency", "event_ts", "lifecycle_ref", "trace_id", "payload",
]  # fmt: skip


@pytest.fixture(scope="module")
def made() -> Made:
    return make(base_mix(peak("DR")))


def test_sizes_are_those_of_the_contract(made: Made) -> None:
    sizes = [len(v) for v, broken in zip(made.values, made.tagged_broken, strict=True) if not broken]
    assert min(sizes) >= 1_200 and max(sizes) <= 1_500
    assert 1_300 < sum(sizes) / len(sizes) < 1_400


def test_every_body_is_unique_and_compresses_like_real_ones(made: Made) -> None:
    assert len(set(made.values)) == len(made.values)
    codec = pa.Codec("lz4")
    for start in (0, 5_000, 12_000):
        batch = b"".join(made.values[start : start + 100])
        assert 2 < len(batch) / len(codec.compress(batch)) < 5


def test_golden_bytes() -> None:
    """Recorded runs are explained from seed, start and nonce: the bytes may change only on purpose."""
    values = make(base_mix(steady(100, 5))).values
    assert (
        hashlib.blake2b(b"\n".join(values), digest_size=16).hexdigest() == "af883747fdbd26f901c8b94eae02c2a5"
    )


def test_start_and_nonce_change_bytes_but_no_hash_of_the_plan(made: Made) -> None:
    load = steady(100, 3) | twins() | duplicates()
    one, later, other = make(load), make(load, t0_us=T0 + 1), make(load, nonce=NONCE[::-1])
    assert one.values == make(load).values
    assert not set(one.values) & set(later.values) and not set(one.values) & set(other.values)
    assert one.plan.hash() == later.plan.hash() == other.plan.hash()


def test_valid_events_say_what_intent_says(made: Made) -> None:
    ids = Ids(NONCE, 5)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    for row, value in zip(made.intent[::7], made.values[::7], strict=True):
        assert row["body_hash"] == body_hash(value)
        if row["class"] == "invalid":
            continue
        body = json.loads(value)
        assert [f for f in CONTRACT if f in body] == list(body), "fields come in the order of the contract"
        uid, copy, ok = ids.open([body["event_id"]])
        assert ok[0] and (uid[0], copy[0]) == (row["uid"], row["copy"])
        happened = datetime.strptime(body["event_ts"], "%Y-%m-%dT%H:%M:%S.%f%z")
        assert (happened - epoch) // timedelta(microseconds=1) == row["event_ts"]
        assert body["amount_cents"] == row["amount_minor"] and body["payment_id"] == row["key"]
        names = ("payment_id", "merchant_id", "account_id", "card_token", "currency", "lifecycle_ref")
        assert {n: body.get(n) for n in names} == {n: row[n] for n in names}
        assert sum(line["price"] for line in body["payload"]["items"]) == body["amount_cents"]
        text = (
            f"{row['event_type']}|{body['payment_id']}|{body['merchant_id']}|{body['account_id']}|"
            f"{body['card_token']}|{body['lifecycle_ref'] or ''}|||{body['amount_cents']}|{body['currency']}|"
            f"{row['event_ts']}"
        )
        assert row["canonical_hash"] == body_hash(text.encode())


def test_copies_differ_in_their_id_and_in_volatile_attributes_only(made: Made) -> None:
    valid = [
        (r, json.loads(v)) for r, v in zip(made.intent, made.values, strict=True) if r["class"] != "invalid"
    ]
    first = {row["uid"]: body for row, body in valid if row["copy"] == 0}
    copies = [(first[row["uid"]], body) for row, body in valid if row["copy"]]
    assert len(copies) > 200
    changed: set[str] = set()
    for original, copy in copies:
        assert original["event_id"] != copy["event_id"]
        changed |= {f for f in original if original[f] != copy[f]} - {"payload"}
        changed |= {
            f"payload.{f}" for f in original["payload"] if original["payload"][f] != copy["payload"][f]
        }
    # The memo is cut to the size drawn for the copy.
    assert changed == {"event_id", "payload.gateway", "payload.latency_us", "payload.session", "payload.memo"}


def test_timestamps_have_the_one_form() -> None:
    moments = np.array([0, 1_760_000_000_000_000, 1_760_000_000_000_001, -1], dtype=np.int64)
    assert timestamps(moments) == [
        "1970-01-01T00:00:00.000000Z",
        "2025-10-09T08:53:20.000000Z",
        "2025-10-09T08:53:20.000001Z",
        "1969-12-31T23:59:59.999999Z",
    ]


def test_the_canonical_hash_is_the_agreed_text_hashed() -> None:
    text = b"CAPTURE|p1|m1|a1|c1|||7|100|USD|42"
    assert canonical_hash("CAPTURE", "p1", "m1", "a1", "c1", None, "", 7, 100, "USD", 42) == body_hash(text)
    assert body_hash(b"") == 0x2D06800538D394C2
    assert -(1 << 63) <= min(body_hash(bytes([n])) for n in range(99)) < 0
