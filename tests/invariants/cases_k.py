"""Histories of the family K: the brokers alone."""

from __future__ import annotations

from tests.invariants.case import BROKEN, HELD, VACUOUS, Case
from tests.invariants.damaged import lost_at, mixed, nothing, one_send_twice, other_bytes_there

CASES = [
    Case("K1", "a legal mixture holds", mixed, HELD),
    Case(
        "K1",
        "an acknowledged event is not there",
        lambda: lost_at("broker"),
        BROKEN,
        "broker",
        {"uid": 3},
        ("Z1", "Z2", "B1", "U3"),
    ),
    Case("K1", "nothing was sent", nothing, VACUOUS),
    Case("K2", "a legal mixture holds", mixed, HELD),
    Case(
        "K2",
        "one send is there twice",
        one_send_twice,
        BROKEN,
        "broker",
        {"uid": 3, "what": "duplicate"},
        ("AN2", "U3"),
    ),
    Case(
        "K2",
        "other bytes are there",
        other_bytes_there,
        BROKEN,
        "broker",
        {"uid": 3, "what": "changed"},
        ("Z1", "Z2", "Z8", "B1", "K1", "U3", "Z7"),
    ),
    Case("K2", "nothing was sent", nothing, VACUOUS),
]
