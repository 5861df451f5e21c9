"""Bytes on the wire: sizes, entropy, uniqueness; a function of plan, start and nonce, and of nothing else."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pyarrow as pa
import pytest

from loadgen.contract import Fact, read
from loadgen.dialects import CODES, DIALECTS
from loadgen.dialects.columns import timestamps
from loadgen.dialects.payload import memo_text
from loadgen.hashes import body_hash, canonical_hash
from loadgen.ids import Ids
from loadgen.profiles import base_mix, corrections, duplicates, peak, steady, twins
from loadgen.rows import KINDS
from tests.loadgen.rig import NONCE, T0, Made, make

CONTRACT = [
    "event_id", "event_type", "payment_id", "merchant_id", "account_id", "card_token", "amount_cents",
    "currency", "event_ts", "lifecycle_ref", "trace_id", "payload",
]  # fmt: skip


@pytest.fixture(scope="module")
def made() -> Made:
    return make(base_mix(peak("DR")))


@pytest.mark.parametrize(("dialect", "mean"), [("DEDUP", 1_200), ("DR", 1_500), ("HA", 1_200)])
def test_sizes_are_those_of_the_systems(dialect: str, mean: int) -> None:
    made = make(base_mix(steady(500, 10)).speaking(dialect))
    sizes = [len(v) for v, broken in zip(made.values, made.tagged_broken, strict=True) if not broken]
    assert min(sizes) >= mean * 0.9 and max(sizes) <= mean * 1.1
    assert mean * 0.99 < sum(sizes) / len(sizes) < mean * 1.01


def lz4_ratio(values: list[bytes]) -> float:
    batch = b"".join(values)
    return len(batch) / len(pa.Codec("lz4").compress(batch))


@pytest.mark.parametrize("dialect", CODES)
def test_bodies_are_unique_and_compress_like_real_ones(dialect: str) -> None:
    values = make(base_mix(steady(500, 10)).speaking(dialect)).values
    assert len(set(values)) == len(values)
    for start in (0, 1_500, 4_000):
        assert 2 < lz4_ratio(values[start : start + 100]) < 5


def test_entropy_is_adjustable() -> None:
    load = steady(500, 1)
    ratios = [lz4_ratio(make(load.with_entropy(share)).values[:100]) for share in (0.0, 0.25, 0.5, 1.0)]
    assert ratios == sorted(ratios, reverse=True) and ratios[0] > 2.6 and ratios[-1] < 2
    assert not set(memo_text(0.25)) & set(b'"\\\n') and memo_text(0.25).isascii()
    with pytest.raises(ValueError, match="between 0 and 1"):
        make(load.with_entropy(1.5))


def test_golden_bytes() -> None:
    """Recorded runs are explained from seed, start and nonce: the bytes may change only on purpose."""
    values = make(base_mix(steady(100, 5))).values
    assert (
        hashlib.blake2b(b"\n".join(values), digest_size=16).hexdigest() == "bf7331b497c0e9d006c8b4217574e408"
    )


def test_start_and_nonce_change_bytes_but_no_hash_of_the_plan(made: Made) -> None:
    load = steady(100, 3) | twins() | duplicates()
    one, later, other = make(load), make(load, t0_us=T0 + 1), make(load, nonce=NONCE[::-1])
    assert one.values == make(load).values
    assert not set(one.values) & set(later.values) and not set(one.values) & set(other.values)
    assert one.plan.hash() == later.plan.hash() == other.plan.hash()


@pytest.mark.parametrize("dialect", CODES)
def test_valid_events_say_what_intent_says(dialect: str) -> None:
    ids = Ids(NONCE, 5)
    made = make((base_mix(steady(500, 6)) | corrections(0.1)).speaking(dialect))
    facts = 0
    for row, value in zip(made.intent[::3], made.values[::3], strict=True):
        assert row["body_hash"] == body_hash(value)
        fact = read(value)
        if not isinstance(fact, Fact):
            assert (row["class"], row["reason"], row["canonical_hash"]) == ("invalid", fact, None)
            continue
        facts += 1
        uid, copy, ok = ids.open([json.loads(value)["event_id"]])
        assert ok[0] and (uid[0], copy[0]) == (row["uid"], row["copy"])
        names = ("payment_id", "merchant_id", "account_id", "card_token", "currency", "lifecycle_ref")
        names += ("event_type", "amount_minor", "correction_seq")
        assert {n: getattr(fact, n) for n in names} == {n: row[n] for n in names}
        assert fact.event_ts_us == row["event_ts"] and fact.payment_id == row["key"]
        corrected = None if fact.corrects_ref is None else int(ids.open([fact.corrects_ref])[0][0])
        assert corrected == row["corrects_uid"]
        text = (
            f"{row['event_type']}|{row['payment_id']}|{row['merchant_id']}|{row['account_id']}|"
            f"{row['card_token']}|{row['lifecycle_ref'] or ''}|{fact.corrects_ref or ''}|"
            f"{row['correction_seq'] or ''}|{row['amount_minor']}|{row['currency']}|{row['event_ts']}"
        )
        assert row["canonical_hash"] == body_hash(text.encode())
    assert facts > 900


def test_fields_come_in_the_order_of_the_contract() -> None:
    for value in make(steady(100, 5)).values:
        body = json.loads(value)
        assert [f for f in CONTRACT if f in body] == list(body)


def test_every_kind_of_a_dialect_occurs_and_no_other() -> None:
    for dialect in DIALECTS:
        made = make(base_mix(steady(1_000, 2)).speaking(dialect.name))
        said = {
            json.loads(v)["event_type"] for v, b in zip(made.values, made.tagged_broken, strict=True) if not b
        }
        assert said == set(dialect.types.values())
        seen = {row["event_type"] for row in made.intent}
        assert seen == {KINDS[kind] for kind in dialect.types}


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
        changed |= {f for f in original if original[f] != copy[f]} - {"details"}
        changed |= {
            f"details.{f}" for f in original["details"] if original["details"][f] != copy["details"][f]
        }
    # The memo is cut to the size drawn for the copy; it was produced later.
    volatile = {"details.gateway", "details.latency_us", "details.session", "details.memo"}
    assert changed == {"event_id", "produced_ts", *volatile}


def test_timestamps_have_the_one_form() -> None:
    moments = np.array([0, 1_760_000_000_000_000, 1_760_000_000_000_001, -1], dtype=np.int64)
    assert timestamps(moments).tolist() == [
        b"1970-01-01T00:00:00.000000Z",
        b"2025-10-09T08:53:20.000000Z",
        b"2025-10-09T08:53:20.000001Z",
        b"1969-12-31T23:59:59.999999Z",
    ]


def test_the_canonical_hash_is_the_agreed_text_hashed() -> None:
    text = b"CAPTURE|p1|m1|a1|c1|||7|100|USD|42"
    assert canonical_hash("CAPTURE", "p1", "m1", "a1", "c1", None, "", 7, 100, "USD", 42) == body_hash(text)
    assert body_hash(b"") == 0x2D06800538D394C2
    assert -(1 << 63) <= min(body_hash(bytes([n])) for n in range(99)) < 0
