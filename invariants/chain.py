"""The hops of a system as the views need them: joined on coordinates, joined on the event, and the branch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gameday.kernel.recording import SCHEMAS

FIRST = "broker"
BRANCH = "dlq"


@dataclass(frozen=True)
class Chain:
    """Hops after the broker in order; what fails the contract leaves for the branch after the first."""

    coordinates: tuple[str, ...] = ("raw", "load")
    event: tuple[str, ...] = ("curated",)

    @property
    def hops(self) -> tuple[str, ...]:
        return (FIRST, *self.coordinates, *self.event)

    @property
    def last_by_coordinates(self) -> str:
        return self.coordinates[-1]


def chain_of(hops: Iterable[Mapping[str, Any]]) -> Chain:
    """The chain that the table `hop` of a recording describes; the reference chain where it is empty."""
    rows = sorted(hops, key=lambda row: int(row["ord"]))
    after = [row for row in rows if row["name"] not in (FIRST, BRANCH) and f"{row['name']}_scan" in SCHEMAS]
    by_coordinates = tuple(str(row["name"]) for row in after if row["joins"] == "coordinates")
    by_event = tuple(str(row["name"]) for row in after if row["joins"] == "event")
    if not by_coordinates or not by_event:
        return Chain()
    return Chain(by_coordinates, by_event)


def same(left: str, right: str) -> str:
    """The join condition of two aliases on source coordinates."""
    return " AND ".join(f"{left}.{c} = {right}.{c}" for c in ("cluster", "topic", "partition", "src_offset"))


def columns(alias: str) -> str:
    """The four coordinates of an alias, as a list."""
    return ", ".join(f"{alias}.{c}" for c in ("cluster", "topic", "partition", "src_offset"))


def target(id: str, name: str) -> str:
    """The SQL of one target of an invariant."""
    return f"(SELECT max(value) FROM target WHERE invariant = '{id}' AND name = '{name}')"
