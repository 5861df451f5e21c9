"""The state of payments: hand-written lives, the lives that are generated, and no trace of their order."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.contract import Fact, read
from loadgen.profiles import base_mix, corrections, duplicates, steady, twins
from loadgen.states import State, states
from tests.loadgen.rig import make

AT = 1_760_000_000_000_000


def fact(kind: str, amount: int, *, corrects: str | None = None, seq: int | None = None, at: int = 0) -> Fact:
    return Fact(kind, "p", "m", "a", "c", f"l{at}", corrects, seq, amount, "USD", AT + at)


LIFE = [
    ("auth", fact("AUTHORIZATION", 100)),
    ("cap", fact("CAPTURE", 80, at=1)),
    ("cap copy", fact("CAPTURE", 80, at=1)),
    ("cap1", fact("CAPTURE", 75, corrects="cap copy", seq=1, at=2)),
    ("cap2", fact("CAPTURE", 70, corrects="cap", seq=2, at=3)),
    ("ref", fact("REFUND", 20, at=4)),
]
REVERSED = [
    ("auth", fact("AUTHORIZATION", 100)),
    ("rev", fact("REVERSAL", 100, corrects="auth", seq=1, at=1)),
]
BACK = [*REVERSED, ("rerev", fact("REVERSAL", 100, corrects="rev", seq=2, at=2))]


@given(st.permutations(LIFE), st.permutations(BACK))
@settings(deadline=None)
def test_hand_written_lives_in_any_order(life: list[tuple[str, Fact]], back: list[tuple[str, Fact]]) -> None:
    assert states(life) == {"p": State(authorised=100, captured=70, refunded=20)}
    assert states(life)["p"].settles == 50
    assert states(REVERSED) == {"p": State(reversed=100)}
    assert states(back) == {"p": State(authorised=100)}


@given(st.sampled_from(["DEDUP", "DR", "HA"]), st.integers(0, 1 << 30))
@settings(max_examples=10, deadline=None)
def test_generated_lives_make_sense(dialect: str, seed: int) -> None:
    events = [
        (json.loads(v)["event_id"], read(v)) for v in make(steady(400, 2).speaking(dialect), seed).values
    ]
    found = states((event_id, fact) for event_id, fact in events if isinstance(fact, Fact))
    assert len(found) > 350
    for state in found.values():
        taken = state.captured + state.cleared
        assert (state.authorised > 0) != (state.reversed > 0)
        assert taken <= state.authorised and state.refunded <= taken and state.charged_back <= taken
        assert state.settles >= 0, "a refunded payment is not charged back as well"
    some = {name for state in found.values() for name, value in vars(state).items() if value}
    assert some >= {"authorised", "refunded", "charged_back"}
    assert ("cleared" in some) == (dialect == "DR") and ("reversed" in some) == (dialect == "HA")


def test_copies_and_the_order_of_arrival_do_not_show() -> None:
    load = (base_mix(steady(400, 3)) | corrections(0.2, again=0.5)).speaking("HA")
    plain = make(load)
    events = [
        (json.loads(value)["event_id"], found)
        for value in plain.values
        if isinstance(found := read(value), Fact)
    ]
    assert states(events) == states(events[::-1]) == states(events + events[::3])


def test_a_copy_changes_no_state() -> None:
    few, many = (make(steady(400, 2) | twins(0.1) | duplicates(share)) for share in (0.0, 0.9))
    first, second = (
        states((json.loads(v)["event_id"], f) for v in made.values if isinstance(f := read(v), Fact))
        for made in (few, many)
    )
    assert first == second
