"""The load of a game day as a value: a rate curve, composed transforms, and settings of the client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from loadgen.transforms.breaking import breaking
from loadgen.transforms.duplicates import duplicates
from loadgen.transforms.invalid import invalid
from loadgen.transforms.late import late
from loadgen.transforms.out_of_order import out_of_order
from loadgen.transforms.retries import retries
from loadgen.transforms.twins import twins

__all__ = [
    "Load", "base_mix", "breaking", "duplicates", "invalid", "late", "out_of_order", "peak", "rates",
    "retries", "steady", "twins",
]  # fmt: skip

Setting = str | int | float | bool

# Calm and peak rate of each system, in events per second. The ratios are those the systems are known for
# (DR 4.4, HA 3.75, DEDUP 1.6); the rates are such that 15 s of calm and 45 s of peak pass 10,000 events.
PEAKS: Mapping[str, tuple[int, int]] = {"DR": (80, 352), "HA": (80, 300), "DEDUP": (160, 256)}


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

    # -- the protocol --------------------------------------------------------------------------------

    def describe(self) -> str:
        parts = [self.curve.describe(), *(t.describe() for t in self.transforms)]
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
        return base_mix(Load(self.curve, name="control"))

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


def steady(rate: float, seconds: float) -> Load:
    """T1: one rate throughout."""
    return Load(Curve.of([(seconds, rate)]), name="steady")


def rates(points: Sequence[tuple[float, float]]) -> Load:
    """Any curve, as (seconds, events per second), one stretch after the other."""
    return Load(Curve.of(points), name="rates")


def peak(system: str, calm_s: float = 15, peak_s: float = 45) -> Load:
    """T2: calm, then the peak ratio of the system."""
    if system not in PEAKS:
        raise ValueError(f"no peak ratio is known for system {system!r}; known are {', '.join(PEAKS)}")
    calm, high = PEAKS[system]
    return Load(Curve.of([(calm_s, calm), (peak_s, high)]), name=f"peak {system}")


def base_mix(load: Load) -> Load:
    """What runs under every scenario: T1 + T4 + T6 + T7 + T12, 2 % business duplicates, 0.5 % invalid."""
    mixed = load | retries() | out_of_order() | late() | twins() | duplicates() | invalid()
    return mixed.named(f"base mix, {load.name}")
