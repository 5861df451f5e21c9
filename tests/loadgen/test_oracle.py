"""The oracle against hand-written bytes, and against what the transforms meant to make."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import loadgen
from loadgen.contract import Fact, read
from loadgen.dialects import CODES
from loadgen.flaws import breaking_flaws, flaws_of
from loadgen.oracle import judge
from loadgen.profiles import base_mix, breaking, duplicates, invalid, steady, twins
from tests.loadgen.rig import make

GOOD: dict[str, Any] = {
    "event_id": "e1",
    "event_type": "payment_captured",
    "payment_id": "p1",
    "merchant_id": "m1",
    "account_id": "a1",
    "card_token": "t1",
    "amount_cents": 100,
    "currency": "USD",
    "event_ts": "2025-10-09T08:53:20.000001Z",
}
FIELDS = tuple(GOOD)


def wire(**changes: Any) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


def without(field: str) -> bytes:
    return json.dumps({name: value for name, value in GOOD.items() if name != field}).encode()


def test_the_oracle_shares_no_code_with_what_makes_the_traffic() -> None:
    folder = Path(loadgen.__file__).parent
    seen, waiting = set(), ["oracle", "states"]
    while waiting:
        name = waiting.pop()
        seen.add(name)
        text = (folder / f"{name}.py").read_text(encoding="utf-8")
        waiting += [n for n in re.findall(r"(?:from|import) loadgen\.(\w+)", text) if n not in seen]
    assert seen == {"oracle", "states", "contract", "hashes"}


def test_a_good_event_is_a_fact() -> None:
    fact = read(wire(unknown_field=1, payload=None, lifecycle_ref="l1"))
    assert fact == Fact(
        "CAPTURE", "p1", "m1", "a1", "t1", "l1", None, None, 100, "USD", 1_760_000_000_000_001
    )


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"", "undecodable"),
        (b"\xff" + wire(), "undecodable"),
        (wire()[:-1], "undecodable"),
        (b"[" + wire() + b"]", "undecodable"),
        (b'"text"', "undecodable"),
        (wire(payload={"x": float("nan")}), "undecodable"),
        (wire(payload={"x": float("inf")}), "undecodable"),
        *((without(field), f"missing_field:{field}") for field in FIELDS),
        *((wire(**{field: None}), f"missing_field:{field}") for field in FIELDS),
        *((wire(**{field: []}), f"wrong_type:{field}") for field in FIELDS),
        *((wire(**{field: ""}), f"bad_value:{field}") for field in FIELDS if field != "amount_cents"),
        (wire(event_id="x" * 129), "bad_value:event_id"),
        (wire(event_type="AUTHORIZATION"), "bad_value:event_type"),
        (wire(amount_cents=100.0), "wrong_type:amount_cents"),
        (wire(amount_cents=True), "wrong_type:amount_cents"),
        (wire(amount_cents="100"), "wrong_type:amount_cents"),
        (wire(amount_cents=-1), "bad_value:amount_cents"),
        (wire(amount_cents=10**12 + 1), "bad_value:amount_cents"),
        (wire(currency="usd"), "bad_value:currency"),
        (wire(event_ts="2025-10-09T08:53:20.000Z"), "bad_value:event_ts"),
        (wire(event_ts="2025-10-09T08:53:20.000001+00:00"), "bad_value:event_ts"),
        (wire(event_ts="2025-10-09T08:53:20.000001Z\n"), "bad_value:event_ts"),
        (wire(event_ts="2025-02-30T08:53:20.000001Z"), "bad_value:event_ts"),
        (wire(event_ts="2025-10-09T25:53:20.000001Z"), "bad_value:event_ts"),
        (wire(lifecycle_ref=1), "wrong_type:lifecycle_ref"),
        (wire(corrects_ref={}), "wrong_type:corrects_ref"),
        (wire(correction_seq=True), "wrong_type:correction_seq"),
        (wire(correction_seq=1.0), "wrong_type:correction_seq"),
        (wire(trace_id=1), "wrong_type:trace_id"),
        (wire(payload="text"), "wrong_type:payload"),
        # The first error wins, field by field.
        (wire(event_id="", event_type=None, amount_cents="x"), "bad_value:event_id"),
        (wire(payment_id=None, amount_cents=-1), "missing_field:payment_id"),
        (wire(payload=[], currency="XTS"), "bad_value:currency"),
    ],
)
def test_the_first_error_is_the_reason(bad: bytes, reason: str) -> None:
    assert read(bad) == reason


def test_edges_of_the_domains_are_valid() -> None:
    for edge in (
        wire(amount_cents=0),
        wire(amount_cents=10**12),
        wire(event_id="x" * 128),
        wire(lifecycle_ref=""),
    ):
        assert isinstance(read(edge), Fact)


def test_classes_of_a_hand_written_payment() -> None:
    rows = [
        (10, wire(lifecycle_ref="l1")),
        (10, wire(lifecycle_ref="l1", event_id="e2", payload={"jitter": 1})),  # a copy
        (14, wire(lifecycle_ref="l2")),  # other reference: a twin
        (15, wire(lifecycle_ref="l1", event_ts="2025-10-09T08:53:20.000002Z")),  # other time: a twin
        (16, wire(lifecycle_ref="l1", amount_cents=101)),  # another event altogether
        (17, wire(lifecycle_ref="l1", currency="XTS")),
    ]
    due = 1_760_000_000_000_011
    found = judge([u for u, _ in rows], [w for _, w in rows], [due] * 6, [due - 5] * 6)
    assert [(j.cls, j.ref_uid, j.survivor_ref) for j in found] == [
        ("valid", None, 10),
        ("dup_of", 10, 10),
        ("twin_of", 10, 14),
        ("twin_of", 10, 15),
        ("valid", None, 16),
        ("invalid", None, None),
    ]
    assert [j.lateness_us for j in found] == [10, 10, 10, 9, 10, 5]
    assert [j.reason for j in found] == [None] * 5 + ["bad_value:currency"]
    assert found[0].canonical_hash == found[1].canonical_hash != found[2].canonical_hash
    assert found[5].canonical_hash is None


WHAT_IS_WRONG = (
    "absent", "null", "renamed", "number in", "text in", "float in", "truth in", "list in", "empty",
    "unheard-of", "lower case", "too long", "negative", "too large", "too fine", "no such day",
    "without zone", "milliseconds only",
)  # fmt: skip


def expected_reason(name: str) -> str:
    """By hand, from the name of a flaw."""
    what, _, field = name.rpartition(" ")
    if what not in WHAT_IS_WRONG:
        return "undecodable"
    if what in ("absent", "null", "renamed"):
        return f"missing_field:{field}"
    return f"wrong_type:{field}" if what.endswith(" in") else f"bad_value:{field}"


@pytest.mark.parametrize("dialect", CODES)
def test_each_flaw_gives_exactly_its_reason(dialect: str) -> None:
    flaws = flaws_of(CODES[dialect])
    for value in make(steady(100, 1).speaking(dialect)).values[:3]:
        assert isinstance(read(value), Fact)
        for flaw in flaws[1:]:
            assert read(flaw.spoil(value)) == expected_reason(flaw.name), flaw.name
        assert len({flaw.spoil(value) for flaw in flaws}) == len(flaws), "each changes the bytes its own way"


@pytest.mark.parametrize(
    ("dialect", "fields", "optional"),
    [
        ("DEDUP", FIELDS, ("lifecycle_ref", "corrects_ref", "correction_seq", "trace_id", "payload")),
        ("DR", ("event_id", "rail", "wallet_id", "amount", "currency", "event_ts"), ("case_id", "details")),
        ("HA", ("event_id", "status", "network_trace", "amount", "event_ts"), ("refund_id", "attributes")),
    ],
)
def test_flaws_cover_the_vocabulary(dialect: str, fields: tuple[str, ...], optional: tuple[str, ...]) -> None:
    reasons = {expected_reason(flaw.name) for flaw in flaws_of(CODES[dialect])[1:]}
    assert reasons >= {
        f"{kind}:{field}" for kind in ("missing_field", "wrong_type", "bad_value") for field in fields
    }
    assert reasons >= {f"wrong_type:{field}" for field in optional} | {"undecodable"}
    assert len(breaking_flaws(CODES[dialect])) == 3


def test_oracle_and_transforms_agree_on_a_wild_mix() -> None:
    """Worked out from bytes on one side, planned on the other."""
    load = base_mix(steady(1_000, 10)) | breaking(0.05)
    made = make(load)
    for row, broken in zip(made.intent, made.tagged_broken, strict=True):
        tags = set(row["tags"].strip("|").split("|"))
        is_second_twin = row["uid"] % 16 >= 4
        expected = "dup_of" if row["copy"] else "twin_of" if is_second_twin else "valid"
        assert row["class"] == ("invalid" if broken else expected)
        assert broken == bool(tags & {"invalid", "breaking"}) == (row["reason"] is not None)
        assert row["survivor_ref"] == (None if broken else row["uid"])
        assert (row["ref_uid"] is not None) == (row["class"] in ("dup_of", "twin_of"))
        if row["class"] == "twin_of":
            assert row["ref_uid"] == row["uid"] - 4 and "twin" in tags
        if row["class"] == "valid" and not tags & {"late", "ooo"}:
            assert row["lateness_us"] == 0
        if "late" in tags:
            assert row["lateness_us"] >= 60_000_000


def test_many_copies_and_twins_keep_their_references() -> None:
    made = make(steady(200, 10) | twins(0.5) | duplicates(0.5, copies=4) | invalid(0.1))
    first = {row["uid"]: row for row in made.intent if row["copy"] == 0}
    copies = [row for row in made.intent if row["copy"]]
    assert {row["copy"] for row in copies} == {1, 2, 3, 4}
    for row in copies:
        assert row["class"] == "dup_of" and row["ref_uid"] == row["uid"]
        assert row["canonical_hash"] == first[row["uid"]]["canonical_hash"]
    by_hash = {row["canonical_hash"]: row["uid"] for row in made.intent if row["canonical_hash"] is not None}
    assert len(by_hash) == len({row["uid"] for row in made.intent if row["class"] != "invalid"})


def test_send_order_counts_within_the_key() -> None:
    made = make(base_mix(steady(300, 8)))
    by_key: dict[str, list[tuple[int, int]]] = {}
    due: dict[tuple[int, int], int] = {}
    for slab in made.plan.slabs():
        rows = slab.rows
        due |= {
            (u, c): d
            for u, c, d in zip(rows.uid.tolist(), rows.copy.tolist(), rows.due.tolist(), strict=True)
        }
    for row in made.intent:
        by_key.setdefault(row["key"], []).append((row["seq"], due[row["uid"], row["copy"]]))
    for entries in by_key.values():
        assert sorted(seq for seq, _ in entries) == list(range(len(entries)))
        assert [d for _, d in sorted(entries)] == sorted(d for _, d in entries)
