"""How far a hop has come, and when the drain calls it drained, stuck or moving."""

from __future__ import annotations

from dataclasses import dataclass, field

from gameday.kernel.clock import US, Anchor, anchor
from gameday.kernel.drain import drain
from gameday.kernel.sampler import HopLook
from gameday.kernel.words import Container, Frontier, Promises, Range

KEY = ("a", "t", 0)


def frontier(*spans: tuple[int, int]) -> Frontier:
    return Frontier(tuple(Container(f"b{i}", (Range(*KEY, *span),)) for i, span in enumerate(spans)))


def test_the_position_is_where_the_first_hole_begins() -> None:
    assert frontier((0, 5), (5, 9)).positions() == {KEY: 9}
    assert frontier((5, 9), (0, 5)).positions() == {KEY: 9}
    assert frontier((0, 5), (7, 9)).positions() == {KEY: 5}
    assert frontier((3, 9)).positions() == {KEY: 0}


def test_brief_tells_two_frontiers_apart() -> None:
    assert frontier((0, 5)).brief() != frontier((0, 6)).brief()
    assert frontier((0, 5), (5, 6)).brief() != frontier((0, 6)).brief()


@dataclass
class FakeSystem:
    promises: Promises = field(default_factory=Promises)
    hops: tuple[object, ...] = ()


def looks(broker: int, raw: int, moved_ago_s: float = 0.0, at: Anchor | None = None) -> dict[str, HopLook]:
    clock = at or anchor()
    now = clock.now_us() + US  # the look that sets the goal lies after the load
    moved = now - int((1 + moved_ago_s) * US)
    return {
        "broker": HopLook(now, moved, "", {KEY: broker}),
        "raw": HopLook(now, moved, "", {KEY: raw}),
    }


def drained(broker: int, raw: int, moved_ago_s: float, budget_s: float) -> str:
    # An anchor in the past: the drain began long ago, so stillness has a length.
    clock = anchor()
    old = Anchor(clock.wall_us, clock.monotonic_us)
    found = drain(
        lambda: looks(broker, raw, moved_ago_s, old),
        FakeSystem(),
        old,
        budget_s=budget_s,
        tell=lambda: None,  # type: ignore[arg-type]
    )
    return found.states["raw"]


def test_a_hop_that_covers_the_goal_is_drained() -> None:
    assert drained(9, 9, 0, budget_s=1) == "drained"


def test_a_hop_that_lags_when_the_budget_is_over_is_moving() -> None:
    assert drained(9, 5, 0, budget_s=0.3) == "moving"
