"""Histories of the family W: the brokers alone."""

from __future__ import annotations

from tests.invariants.case import BROKEN, HELD, VACUOUS, Case
from tests.invariants.damaged import lost_at, mixed, nothing, one_send_twice, other_bytes_there

CASES = [
    Case("W1", "a legal mixture holds", mixed, HELD),
    Case(
        "W1",
        "an acknowledged event is not there",
        lambda: lost_at("broker"),
        BROKEN,
        "broker",
        {"uid": 3},
        ("Z1", "Z2", "B1", "U3"),
    ),
    Case("W1", "nothing was sent", nothing, VACUOUS),
    Case("W2", "a legal mixture holds", mixed, HELD),
    Case(
        "W2",
        "one send is there twice",
        one_send_twice,
        BROKEN,
        "broker",
        {"uid": 3, "what": "duplicate"},
        ("AN2", "U3"),
    ),
    Case(
        "W2",
        "other bytes are there",
        other_bytes_there,
        BROKEN,
        "broker",
        {"uid": 3, "what": "changed"},
        ("Z1", "Z2", "Z8", "B1", "W1", "U3", "Z7"),
    ),
    Case("W2", "nothing was sent", nothing, VACUOUS),
]
