"""What turned red first: the earliest hop, and there whatever follows from nothing else that is red."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gameday.kernel.verdict import Finding


def following(id: str, red: Mapping[str, Finding]) -> set[str]:
    """What may be red because `id` is: named by it, or by one of these in turn."""
    reached: set[str] = set()
    waiting = [id]
    while waiting:
        for name in red[waiting.pop()].implies:
            if name in red and name not in reached:
                reached.add(name)
                waiting.append(name)
    return reached - {id}


def first_red(broken: Iterable[Finding], order: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The earliest hop at which anything is red, and the ids that no other one there explains.

    A finding without a hop is about the run as a whole, and comes last.
    """
    red = {finding.id: finding for finding in broken}
    at = {id: min((_place(hop, order) for hop in one.hops), default=len(order)) for id, one in red.items()}
    if not at:
        return "", ()
    place = min(at.values())
    there = {id: one for id, one in red.items() if at[id] == place}
    follows = {id: following(id, there) for id in there}
    roots = [id for id in there if all(other in follows[id] for other in there if id in follows[other])]
    return (order[place] if place < len(order) else ""), tuple(sorted(roots))


def _place(hop: str, order: Sequence[str]) -> int:
    return order.index(hop) if hop in order else len(order)
