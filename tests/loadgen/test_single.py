"""A single event, explained from seed and load alone."""

from __future__ import annotations

from collections import defaultdict

import pytest

from loadgen.ids import Ids
from loadgen.plan import Plan
from loadgen.profiles import NAMED, base_mix, rates
from loadgen.single import event
from tests.loadgen.rig import NONCE, T0, make


@pytest.mark.parametrize("profile", ["T5", "T13"])
def test_any_event_can_be_made_alone(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    load = base_mix(NAMED[profile].load.at(rates([(8, 80), (10, 352)])))
    made = make(load)
    places: dict[int, list[int]] = defaultdict(list)
    for n, row in enumerate(made.intent):
        places[row["uid"]].append(n)
    plan = Plan(load, 7)
    blocks: list[int] = []
    whole = Plan.block
    monkeypatch.setattr(Plan, "block", lambda self, number: blocks.append(number) or whole(self, number))
    for row in made.intent[1_000:4_000:611]:
        same = places[row["uid"]]
        found = event(plan, row["uid"], Ids(NONCE, 5), T0)
        assert [one.value for one in found] == [made.values[n] for n in same]
        assert [one.key.decode() for one in found] == [made.intent[n]["key"] for n in same]
        canonical = found[0].canonical
        assert (
            (canonical == row["reason"])
            if row["class"] == "invalid"
            else canonical["payment_id"] == row["key"]
        )
        assert len(blocks) == 1 and blocks.pop() == row["uid"] // 16 // 2_048
    with pytest.raises(IndexError, match="no event"):
        event(plan, 1 << 40, Ids(NONCE, 5), T0)
