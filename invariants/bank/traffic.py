"""What a run wanted to send and what became of each send: random, legal, and told in plain Python."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from random import Random

from invariants.bank.sheet import Row

MS = 1_000
S = 1_000_000
T0 = 1_800_000_000_000_000
DRAIN_S = 40
WIRE = {
    "payment_authorized": "AUTHORIZATION",
    "payment_captured": "CAPTURE",
    "refund_issued": "REFUND",
    "chargeback_created": "CHARGEBACK",
}
REASONS = ("undecodable", "missing_field:currency", "wrong_type:amount_cents", "bad_value:event_ts")
OUTCOMES = ("ACK", "UNKNOWN", "FAIL")


@dataclass(frozen=True)
class Spec:
    """How much of what a legal history holds; shares are of all events."""

    seed: int = 1
    events: int = 160
    keys: int = 24
    places: int = 3
    clusters: int = 1
    duplicates: float = 0.06
    twins: float = 0.04
    invalid: float = 0.06
    late: float = 0.06
    resent: float = 0.06
    unknown: float = 0.06
    failed: float = 0.02
    untold: float = 0.03
    unsent: float = 0.01
    gaps: float = 0.05
    faults: tuple[str, ...] = ("broker",)
    pauses: int = 1
    trigger_ms: int = 1000
    fresh_s: int = 120  # within which an event has to be in curated

    @property
    def span_us(self) -> int:
        return max(12 * S, self.events * 60 * MS)


@dataclass(frozen=True)
class Attempt:
    """One handing over of an event's bytes, and what will become of it."""

    event: Row
    number: int
    due: int
    outcome: str
    reaches: bool
    told: bool
    where: tuple[str, str, int]


@dataclass
class Traffic:
    """Everything that was planned, and the attempts in the order of sending."""

    intents: list[Row] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)


def places(spec: Spec) -> list[tuple[str, str, int]]:
    """The partitions of every cluster; offsets and partition numbers repeat among the clusters."""
    names = ["a", "b", "c"][: spec.clusters]
    return [(name, "payments.events.v1", number) for name in names for number in range(spec.places)]


def made(spec: Spec) -> Traffic:
    """The traffic of a history: a function of the spec alone."""
    draw = Random(f"traffic {spec.seed}")
    events: list[tuple[int, Row]] = []
    for number in range(spec.events):
        due = T0 + (number + 1) * spec.span_us // (spec.events + 1)
        events += _family(spec, draw, number * 4 + 1, due)
    events.sort(key=lambda pair: pair[0])
    traffic = Traffic()
    sent_of_key: dict[str, int] = {}
    for due, event in events:
        event["seq"] = sent_of_key[event["key"]] = sent_of_key.get(event["key"], -1) + 1
        traffic.intents.append(event)
        if draw.random() >= spec.unsent:
            traffic.attempts += _attempts(spec, draw, event, due)
    traffic.attempts.sort(key=lambda one: one.due)
    return traffic


def _family(spec: Spec, draw: Random, uid: int, due: int) -> list[tuple[int, Row]]:
    """An event with its business duplicates or its twin, each with the time when it is due."""
    event = _event(spec, draw, uid, due)
    kind = draw.random()
    after = due + draw.randrange(10 * MS, 4 * S)
    if kind < spec.duplicates:
        event["tags"] += "|dup|"
        copies = [_copy(event, number, draw) for number in range(1, draw.choice((2, 2, 3)))]
        return [(due, event), *((after + i * 50 * MS, copy) for i, copy in enumerate(copies))]
    kind -= spec.duplicates
    if kind < spec.twins:
        event["tags"] += "|twin|"
        twin = {
            **event,
            **_hashes(uid + 1, 0),
            "uid": uid + 1,
            "class": "twin_of",
            "ref_uid": uid,
            "payment_id": f"{event['payment_id']}-t",
            "event_ts": event["event_ts"] + 1,
        }
        return [(due, event), (after, twin)]
    kind -= spec.twins
    if kind < spec.invalid:
        reason = draw.choice(REASONS)
        event.update({"class": "invalid", "reason": reason, "canonical_hash": None})
        event["tags"] += "|invalid|"
    return [(due, event)]


def _hashes(uid: int, copy: int) -> Row:
    """Bytes differ between copies, business content does not."""
    return {
        "body_hash": zlib.crc32(b"body %d %d" % (uid, copy)) << 20 | uid,
        "canonical_hash": -(zlib.crc32(b"content %d" % uid) << 20 | uid),
    }


def _event(spec: Spec, draw: Random, uid: int, due: int) -> Row:
    late = draw.random() < spec.late
    lateness = draw.randrange(60 * S, 7200 * S) if late else 0
    return {
        "uid": uid,
        "copy": 0,
        "class": "valid",
        "lateness_us": lateness,
        "tags": "|late|" if late else "",
        "event_type": draw.choice(tuple(WIRE)),
        "dialect": "DEDUP",
        "payment_id": f"p{uid}",
        "merchant_id": f"m{draw.randrange(5)}",
        "account_id": f"a{draw.randrange(9)}",
        "card_token": f"c{draw.randrange(9)}",
        "amount_minor": draw.randrange(1, 10_000_00),
        "currency": draw.choice(("EUR", "USD", "JPY")),
        "event_ts": due - lateness,
        "key": f"k{draw.randrange(spec.keys)}",
        **_hashes(uid, 0),
    }


def _copy(event: Row, number: int, draw: Random) -> Row:
    return {**event, **_hashes(event["uid"], number), "copy": number, "class": "dup_of"}


def _attempts(spec: Spec, draw: Random, event: Row, due: int) -> list[Attempt]:
    """First attempt and resends; an outcome stays open near a fault only."""
    every = places(spec)
    where = every[zlib.crc32(event["key"].encode()) % len(every)]
    kind = draw.random()
    open_ended = spec.unknown if spec.faults else 0.0
    outcome, reaches = "ACK", True
    if kind < open_ended:
        outcome, reaches = "UNKNOWN", draw.random() < 0.5
    elif kind < open_ended + spec.failed:
        outcome, reaches = "FAIL", False
    told = outcome == "ACK" and draw.random() >= spec.untold
    sent = [Attempt(event, 0, due, outcome, reaches, told, where)]
    if (outcome != "ACK" and draw.random() < 0.7) or draw.random() < spec.resent:
        event["tags"] += "|retry|"
        again = due + draw.randrange(5 * MS, 3 * S)
        sent.append(Attempt(event, 1, again, "ACK", True, True, where))
    return sent
