"""Two readings of one contract, written apart, over anything that may be sent: harness and pipeline."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.contract import Fact, read
from loadgen.dialects import CODES
from loadgen.flaws import flaws_of
from loadgen.profiles import NAMED, base_mix, rates
from pipeline.contracts import Event, decode
from tests.loadgen.rig import make

SAMPLES = {
    dialect: json.loads(make(base_mix(NAMED["T13"].load.at(NAMED["T1"].load)).speaking(dialect)).values[0])
    for dialect in CODES
}
FIELDS = (
    "source_system", "event_id", "event_type", "payment_id", "amount_cents", "amount", "currency", "event_ts",
    "produced_ts", "rail", "status", "network", "network_trace", "account_id", "card_id", "wallet_id",
    "lifecycle_ref", "network_ref", "capture_id", "case_id", "corrects_ref", "correction_seq", "trace_id",
    "payload", "details", "attributes", "unheard_of",
)  # fmt: skip
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**13), 10**13), st.just([]), st.just({}), st.just(""),
    st.floats(allow_nan=True, allow_infinity=True), st.text(max_size=6), st.just("x" * 129),
    st.sampled_from(["DR", "HA", "DEDUP", "USD", "JPY", "REVERSED", "ACH", "refund", "AUTH", "a:b"]),
    st.sampled_from(["12.50", "12.505", "0.1", "-1", "1e3", "10000000000.00", "10000000000.01", "007", "1."]),
    st.sampled_from([12.5, 12.505, 0.1, -0.0, 1e3, 1e22, 0.07, 10000000000.01]),
    st.sampled_from(["2026-02-28T03:04:05.000006Z", "2026-02-30T03:04:05.000006Z", "2026-02-28"]),
)  # fmt: skip


def agree(wire: bytes) -> None:
    _, theirs = decode(wire)
    ours = read(wire)
    if not isinstance(theirs, Event):
        assert ours == theirs.reason
        return
    assert isinstance(ours, Fact), ours
    assert ours._asdict() == {name: getattr(theirs, name) for name in ours._fields}


@pytest.mark.parametrize("dialect", CODES)
@given(
    changes=st.dictionaries(st.sampled_from(FIELDS), ODD, max_size=4),
    absent=st.sets(st.sampled_from(FIELDS), max_size=2),
)
@settings(max_examples=150, deadline=None)
def test_they_agree_on_changed_events(dialect: str, changes: dict[str, Any], absent: set[str]) -> None:
    if isinstance(changes.get("correction_seq"), int) and not -(2**31) <= changes["correction_seq"] < 2**31:
        changes["correction_seq"] = 3  # what no column can hold is the pipeline's to refuse
    body = {name: value for name, value in (SAMPLES[dialect] | changes).items() if name not in absent}
    agree(json.dumps(body).encode())


@given(st.binary(max_size=40))
@settings(deadline=None)
def test_they_agree_on_any_bytes(wire: bytes) -> None:
    agree(wire)


@pytest.mark.parametrize("dialect", CODES)
def test_they_agree_on_every_flaw(dialect: str) -> None:
    wire = json.dumps(SAMPLES[dialect], ensure_ascii=False, separators=(",", ":")).encode()
    for flaw in flaws_of(CODES[dialect]):
        agree(flaw.spoil(wire))


@pytest.mark.parametrize("profile", NAMED)
def test_they_agree_on_every_profile(profile: str) -> None:
    short = rates([(14, 20), (3, 400)])  # past the moments from which on some of them begin
    for wire in make(base_mix(NAMED[profile].load.at(short))).values:
        agree(wire)
