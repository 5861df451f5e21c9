"""Which one? A name, or a question that the system answers at the moment of aiming."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar
from uuid import UUID

from gameday.kernel.handles import Handle, Link
from gameday.kernel.protocols import System
from gameday.kernel.words import HarnessError, NothingToAim, Undo

Capability = TypeVar("Capability", bound=Handle)
Part = str | Callable[[System], Handle | None]
Paths = str | Sequence[str] | Callable[[System], Sequence[Link]]


class CannotBeHurt(HarnessError):
    """The target exists, but this fault needs a capability that it does not offer."""


def part(system: System, target: Part, needs: type[Capability]) -> Capability:
    """The one part that is meant, if it can do what the fault needs."""
    found = _named(target, system.victims, "victim") if isinstance(target, str) else target(system)
    if found is None:
        raise NothingToAim(f"{words(target)!r} had no answer: nothing was touched; is the part running?")
    lacking = sorted(name for name in _asked_of(needs) if not hasattr(found, name))
    if lacking:
        raise CannotBeHurt(
            f"target {found.name!r} is not {needs.__name__}: it has no {', '.join(lacking)}; "
            "take another fault, or give its handle that capability"
        )
    return found  # type: ignore[return-value]


def paths(system: System, target: Paths) -> list[Link]:
    """The links that are meant, at least one, each once."""
    if callable(target):
        found = list(target(system))
    else:
        names = [target] if isinstance(target, str) else list(target)
        found = [_named(name, system.links, "link") for name in names]
    if not found:
        raise NothingToAim(f"{words(target)!r} names no link: nothing was touched")
    return list({link.name: link for link in found}.values())


def channels_of(links: Iterable[Link], wanted: Sequence[str] | None) -> list[tuple[Link, list[str]]]:
    """Per link the channels to disturb: all of them, or those that were asked for."""
    chosen = []
    for link in links:
        unknown = sorted(set(wanted or ()) - set(link.channels))
        if unknown:
            offers = ", ".join(link.channels)
            raise NothingToAim(f"link {link.name!r} has no channel {', '.join(unknown)}; it offers: {offers}")
        chosen.append((link, list(wanted or link.channels)))
    return chosen


def undo(kind: str, handles: Handle | Sequence[Handle], target: str, hurt: str, **state: Any) -> Undo:
    """A record under a fresh id. Several handles become one victim: `{"each": [ref, …]}`."""
    fresh = UUID(bytes=os.urandom(16), version=4).hex
    victim: Mapping[str, Any]
    victim = {"each": [dict(h.ref) for h in handles]} if isinstance(handles, Sequence) else dict(handles.ref)
    return Undo(f"{kind}-{fresh}", kind, victim, {"target": target, "part": hurt, **state})


def part_hurt(links: Sequence[Link]) -> str:
    """The part that all links have in common; of one path `a→b`, the part that no longer answers.

    A bundle `a⇄peers` is about its `a`.
    """
    ends = [link.name.split("⇄")[:1] if "⇄" in link.name else link.name.split("→") for link in links]
    common = set(ends[0]).intersection(*ends[1:])
    last = ends[0][-1]
    if len(common) == 1:
        return common.pop()
    return last if last in common else ", ".join(link.name for link in links)


def words(target: Part | Paths) -> str:
    """The question as a plan prints it."""
    if isinstance(target, str):
        return target
    if callable(target):
        return str(getattr(target, "__name__", repr(target))).replace("_", " ")
    return ", ".join(target)


def _asked_of(protocol: type) -> set[str]:
    """The methods that a capability declares, with those of the protocols it extends."""
    return {
        name
        for base in protocol.__mro__
        if Protocol in base.__mro__
        for name in vars(base)
        if not name.startswith("_")
    }


Thing = TypeVar("Thing")


def _named(name: str, known: Mapping[str, Thing], what: str) -> Thing:
    if name not in known:
        offered = ", ".join(sorted(known)) or "none"
        raise NothingToAim(f"this system has no {what} {name!r}; it offers: {offered}")
    return known[name]
