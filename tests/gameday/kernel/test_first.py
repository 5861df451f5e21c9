"""What turned red first: hop before hop, cause before consequence."""

from __future__ import annotations

from gameday.kernel.first import first_red, following
from gameday.kernel.verdict import Finding, Verdict

ORDER = ("broker", "raw", "load", "curated", "dlq")


def red(id: str, *hops: str, implies: tuple[str, ...] = ()) -> Finding:
    return Finding(id, "says", Verdict.BROKEN, "why", hops=hops, implies=implies)


def test_the_earliest_hop_in_pipeline_order_comes_first() -> None:
    assert first_red([red("U1", "curated"), red("AN2", "raw"), red("Z2", "load")], ORDER) == ("raw", ("AN2",))
    assert first_red([red("Z2", "load", "broker")], ORDER) == ("broker", ("Z2",))
    assert first_red([], ORDER) == ("", ())


def test_at_one_hop_a_cause_comes_before_what_it_implies() -> None:
    found = [red("Z1", "raw"), red("Z6", "raw", implies=("Z2",)), red("Z2", "raw", implies=("Z1",))]
    assert first_red(found, ORDER) == ("raw", ("Z6",))


def test_those_that_imply_one_another_are_first_together() -> None:
    found = [red("Z1", "raw", implies=("Z2",)), red("Z2", "raw", implies=("Z1",)), red("Q4", "raw")]
    assert first_red(found, ORDER) == ("raw", ("Q4", "Z1", "Z2"))


def test_what_names_no_hop_comes_last() -> None:
    assert first_red([red("H3"), red("B1", "curated")], ORDER) == ("curated", ("B1",))
    assert first_red([red("H3")], ORDER) == ("", ("H3",))


def test_consequences_are_followed_through_what_is_red() -> None:
    known = {one.id: one for one in (red("A", implies=("B", "C")), red("B", implies=("D", "A")), red("D"))}
    assert following("A", known) == {"B", "D"}
