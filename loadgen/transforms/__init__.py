"""Traffic transforms, one file each: a frozen value with a stage and `apply`; they compose in any order.

Order of composition never matters: `stage` says when a transform is applied, and each has streams of its own.
To add one: a file here with a frozen dataclass that has what `Transform` names.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Protocol

from gameday.kernel.catalog import classes_in
from loadgen.curve import Curve
from loadgen.draws import Draws
from loadgen.rows import Block


class Transform(Protocol):
    """A change to a block of the plan; its fields are numbers and texts, and its JSON."""

    kind: ClassVar[str]
    stage: ClassVar[int]
    repeats_within_us: ClassVar[int]  # how long after its cause anything added may be due

    def apply(self, block: Block, draws: Draws) -> Block: ...
    def describe(self) -> str: ...
    def declares(self, curve: Curve) -> Mapping[str, float]: ...  # shares, by names of loadgen.measures


@cache
def kinds() -> dict[str, type[Any]]:
    """Every transform by its kind."""
    found = classes_in(__name__, lambda c: "kind" in vars(c) and hasattr(c, "apply"))
    return {c.kind: c for c in found.values()}  # type: ignore[attr-defined]


def to_json(transform: Transform) -> dict[str, Any]:
    return {"kind": transform.kind, **vars(transform)}


def from_json(data: dict[str, Any]) -> Transform:
    kind = data["kind"]
    if kind not in kinds():
        raise ValueError(f"no transform is called {kind!r}; there are {', '.join(sorted(kinds()))}")
    made: Transform = kinds()[kind](**{name: value for name, value in data.items() if name != "kind"})
    return made


def percent(share: float) -> str:
    return f"{share * 100:g} %"


def checked_share(name: str, share: float) -> None:
    if not 0 <= share <= 1:
        raise ValueError(f"{name}: the share must lie between 0 and 1, not {share}")
