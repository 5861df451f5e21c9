"""How far a hop has come, and when the drain calls it drained, stuck or moving."""

from __future__ import annotations

from dataclasses import dataclass, field

from gameday.kernel.clock import US, anchor
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


def look(position: int, moved_us: int, looked_us: int) -> HopLook:
    return HopLook(looked_us, moved_us, "", {KEY: position})


def state_of_raw(
    broker: int,
    raw: int,
    *,
    moves: bool,
    promise_s: float = 0.0,
    budget_s: float = 0.3,
    still_s: float | None = None,
) -> str:
    """What the drain says of raw, with a healthy gap of a tenth of a second."""
    clock = anchor()
    begun = clock.now_us()

    def looks() -> dict[str, HopLook]:
        now = clock.now_us() + US  # the look that sets the goal lies after the load
        return {"broker": look(broker, now, now), "raw": look(raw, now if moves else begun, now)}

    system = FakeSystem(Promises(rto_s={"raw": promise_s}))
    found = drain(
        looks,
        system,  # type: ignore[arg-type]
        clock,
        budget_s=budget_s,
        gap_s=0.1,
        still_s=still_s,
        tell=lambda: None,
    )
    return found.states["raw"]


def test_a_hop_that_covers_the_goal_is_drained() -> None:
    assert state_of_raw(9, 9, moves=False) == "drained"


def test_a_hop_that_moves_on_when_the_time_is_over_is_moving() -> None:
    assert state_of_raw(9, 5, moves=True) == "moving"


def test_a_hop_that_stands_still_is_stuck_even_if_its_promise_is_longer_than_the_budget() -> None:
    assert state_of_raw(9, 5, moves=False, promise_s=0.6, budget_s=0.1) == "stuck"


def test_a_scenario_may_say_how_long_a_standstill_has_to_last() -> None:
    began = anchor().now_us()
    assert state_of_raw(9, 5, moves=False, promise_s=60, budget_s=0.1, still_s=0.4) == "stuck"
    assert anchor().now_us() - began < 10 * US
