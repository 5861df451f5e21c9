"""The load of a game day as a value: a rate curve, composed transforms, and settings of the client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gameday.kernel.protocols import RunningLoad
from gameday.kernel.words import LoadOrder
from loadgen import transforms
from loadgen.curve import Curve
from loadgen.dialects import CODES
from loadgen.events import ENTROPY
from loadgen.lives import POPULATIONS
from loadgen.transforms import Transform

Setting = str | int | float | bool


@dataclass(frozen=True)
class Load:
    """Implements the kernel's protocol of the same name. Two equal values make the same plan."""

    curve: Curve
    transforms: tuple[Transform, ...] = ()
    overrides: tuple[tuple[str, Setting], ...] = ()
    tuned: bool = True
    name: str = ""
    speaks: tuple[str, ...] = ("DEDUP",)  # dialects, in equal shares of the payments
    population: str = "standard"  # how many merchants and wallets there are
    entropy: float = ENTROPY  # share of drawn characters in the memos

    def __post_init__(self) -> None:
        unknown = [name for name in self.speaks if name not in CODES]
        if unknown or not self.speaks:
            raise ValueError(f"a load speaks one or more of {', '.join(CODES)}, not {self.speaks}")
        if self.population not in POPULATIONS:
            raise ValueError(
                f"no population is called {self.population!r}; there are {', '.join(POPULATIONS)}"
            )

    # -- composing -----------------------------------------------------------------------------------

    def __or__(self, transform: Transform) -> Load:
        if any(t.kind == transform.kind for t in self.transforms):
            raise ValueError(f"this load has {transform.kind} already: give it one share, once")
        return replace(self, transforms=tuple(sorted((*self.transforms, transform), key=lambda t: t.stage)))

    def client(self, **settings: Setting) -> Load:
        """Other producer settings; `enable_idempotence=False` stands for `enable.idempotence`."""
        merged = dict(self.overrides) | {name.replace("_", "."): value for name, value in settings.items()}
        return replace(self, overrides=tuple(sorted(merged.items())))

    def default_client(self) -> Load:
        """Leave the client's own timeouts and reconnect settings as the library ships them."""
        return replace(self, tuned=False)

    def named(self, name: str) -> Load:
        return replace(self, name=name)

    def speaking(self, *dialects: str) -> Load:
        return replace(self, speaks=dialects)

    def at_full_scale(self) -> Load:
        """As many merchants and wallets as the real systems have."""
        return replace(self, population="full")

    def with_entropy(self, entropy: float) -> Load:
        """Share of drawn characters in the memos: the higher, the less a batch can be compressed."""
        return replace(self, entropy=entropy)

    def at(self, other: Load) -> Load:
        """The same traffic at the rates of another load."""
        return replace(self, curve=other.curve)

    # -- the protocol --------------------------------------------------------------------------------

    def describe(self) -> str:
        parts = [self.curve.describe(), " and ".join(self.speaks), *(t.describe() for t in self.transforms)]
        if self.population != "standard":
            parts.append(f"{self.population} population")
        if self.entropy != ENTROPY:
            parts.append(f"entropy {self.entropy:g}")
        if not self.tuned:
            parts.append("default client")
        parts += [f"{name}={value}" for name, value in self.overrides]
        title = f"{self.name}: " if self.name else ""
        return f"{title}{self.curve.count:,} events, {'; '.join(parts)}"

    def duration_s(self) -> float:
        """Seconds from the first event due to the end of the curve; repetitions may follow for a few more."""
        return self.curve.seconds

    def plan_hash(self, seed: int) -> str:
        from loadgen.plan import Plan

        return Plan(self, seed).hash()

    def start(self, order: LoadOrder, recording: Path) -> RunningLoad:
        from loadgen.launch import launch

        return launch(self, order, recording)

    # -- the control run -----------------------------------------------------------------------------

    def base(self) -> Load:
        """What a control run plays: the base mix at these rates, with the client as it should be."""
        from loadgen.profiles import base_mix

        plain = Load(self.curve, speaks=self.speaks, population=self.population, entropy=self.entropy)
        return base_mix(plain.named("control"))

    def base_key(self) -> str:
        """Equal for loads that one control run serves: mix and rates count, not how long they last."""
        return "base mix at " + ", ".join(f"{rate:g}/s" for _, rate in self.curve.points)

    def is_base(self) -> bool:
        return replace(self, name="") == replace(self.base(), name="")

    def peak_rate(self) -> float:
        return max(rate for _, rate in self.curve.points)

    # -- JSON ----------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        return {
            "curve": [list(point) for point in self.curve.points],
            "transforms": [transforms.to_json(t) for t in self.transforms],
            "overrides": dict(self.overrides),
            "tuned": self.tuned,
            "name": self.name,
            "speaks": list(self.speaks),
            "population": self.population,
            "entropy": self.entropy,
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Load:
        return Load(
            Curve.of(data["curve"]),
            tuple(transforms.from_json(t) for t in data["transforms"]),
            tuple(sorted(data["overrides"].items())),
            data["tuned"],
            data["name"],
            tuple(data["speaks"]),
            data["population"],
            data["entropy"],
        )
