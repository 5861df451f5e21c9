"""The bytes that the load sends in bulk are those that `event` makes one by one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from loadgen.batch import Texts
from loadgen.dialects import columns
from loadgen.digits import decimal, hexadecimal, timestamps
from loadgen.encode import SlabEncoder
from loadgen.events import Encoder
from loadgen.feed import batches
from loadgen.ids import Ids
from loadgen.plan import Plan
from loadgen.profiles import ALL_DIALECTS, NAMED, Load, additive, base_mix, corrections, poison, steady
from loadgen.schedule import stretches
from loadgen.single import event
from tests.loadgen.rig import NONCE, T0, make

IDS = Ids(NONCE, 5)
EVERYTHING = replace(base_mix(steady(4_000, 4)) | corrections() | additive(), speaks=ALL_DIALECTS)


def sent(plan: Plan) -> list[tuple[int, int, int, bytes, bytes]]:
    """(uid, copy, attempt, key, value) of every attempt, as a sender is given them."""
    found = []
    made = batches(plan, SlabEncoder(plan, IDS, T0), T0)
    for stretch, batch in zip(stretches(plan), made, strict=True):
        columns = (stretch.sent.uid.tolist(), stretch.sent.copy.tolist(), stretch.attempt.tolist())
        found += zip(*columns, batch.keys.to_list(), batch.values.to_list(), strict=True)
    return found


@pytest.mark.parametrize(
    "load, count", [(EVERYTHING, 1_000), (base_mix(steady(30_000, 0.5)), 50)], ids=["mixed", "fast"]
)
def test_random_events_have_the_bytes_of_event(load: Load, count: int) -> None:
    plan = Plan(load, 7)
    everything = sent(plan)
    values = {(uid, copy): (key, value) for uid, copy, _, key, value in everything}
    assert all(values[uid, copy] == (key, value) for uid, copy, _, key, value in everything), (
        "every attempt of an event carries the same bytes"
    )
    uids = sorted({uid for uid, _ in values})
    for uid in np.random.default_rng(3).choice(uids, count, replace=False).tolist():
        for one in event(plan, uid, IDS, T0):
            assert values[one.uid, one.copy] == (one.key, one.value)


@pytest.mark.parametrize("name", sorted(NAMED))
def test_every_profile_has_the_bytes_of_the_plain_way(name: str) -> None:
    load = base_mix(NAMED[name].load)
    plan, plain = Plan(load, 7), Encoder(7, IDS, T0, load.entropy)
    for stretch, batch in zip(stretches(plan), batches(plan, SlabEncoder(plan, IDS, T0), T0), strict=True):
        wire = plain.encode(stretch.sent)
        assert batch.keys.to_list() == wire.keys
        assert batch.values.to_list() == wire.values
        if stretch.number == 1:
            break


def test_bulky_poison_finds_room() -> None:
    plan = Plan(base_mix(steady(4_000, 0.5)) | poison(0.3), 7)
    assert max(len(value) for *_, value in sent(plan)) > 500_000


def test_every_event_of_a_plan_is_sent_and_none_twice_by_accident() -> None:
    plan = Plan(EVERYTHING, 7)
    everything = sent(plan)
    assert len(everything) == plan.attempts
    assert max(Counter(attempt[:3] for attempt in everything).values()) == 1
    assert sorted({value for *_, value in everything}) == sorted(set(make(EVERYTHING).values))


def test_texts_are_found_by_place() -> None:
    texts = Texts.of([b"ab", b"", b"cde"])
    assert texts.to_list() == [b"ab", b"", b"cde"] == [texts[n] for n in range(3)]
    assert texts.at(np.array([2, 0, 2])).to_list() == [b"cde", b"ab", b"cde"]


def test_numbers_as_text() -> None:
    words = np.random.default_rng(1).integers(0, 1 << 64, 500, dtype=np.uint64, endpoint=False)
    for width in (1, 4, 12, 16):
        made = [text.tobytes() for text in hexadecimal(words, width)]
        assert made == [b"%016x" % word for word in words.tolist()] if width == 16 else True
        assert made == [(b"%016x" % word)[-width:] for word in words.tolist()]
    numbers = (words >> np.uint64(24)).astype(np.int64)
    for width in (1, 6, 9, 13):
        assert [t.tobytes() for t in decimal(numbers, width)] == [
            (b"%020d" % number)[-width:] for number in numbers.tolist()
        ]


def test_times_as_text() -> None:
    moments = np.array([T0, T0 + 1, 0, -1, T0 - 86_400_000_000 * 400, T0 + 999_999], dtype=np.int64)
    assert [t.tobytes() for t in timestamps(moments)] == columns.timestamps(moments).tolist()
