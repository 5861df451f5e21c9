"""Traffic by name: rate curves, the base mix, and the profiles T1 to T15 as compositions of small transforms.

To add a profile: a line in `_NAMED`, and where it needs a new transform, a file in `transforms/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from loadgen.curve import Curve
from loadgen.load import Load
from loadgen.transforms import Transform
from loadgen.transforms.additive import additive
from loadgen.transforms.backlog import backlog
from loadgen.transforms.breaking import breaking
from loadgen.transforms.corrections import corrections
from loadgen.transforms.duplicates import duplicates
from loadgen.transforms.hot import hot
from loadgen.transforms.incident import incident
from loadgen.transforms.invalid import invalid
from loadgen.transforms.late import late
from loadgen.transforms.out_of_order import out_of_order
from loadgen.transforms.poison import poison
from loadgen.transforms.replay import replay
from loadgen.transforms.retries import retries
from loadgen.transforms.twins import twins

__all__ = [
    "ALL_DIALECTS", "DIALECTS_OF", "NAMED", "PEAKS", "Load", "Profile", "additive", "backlog",
    "backlog_replay", "base_mix", "breaking", "corrections", "duplicates", "flood", "hot", "incident",
    "invalid", "late", "out_of_order", "peak", "poison", "ramp", "rates", "replay", "retries", "spike",
    "steady", "step", "twins",
]  # fmt: skip

# Calm and peak rate of each system, in events per second. The ratios are those the systems are known for
# (DR 4.4, HA 3.75, DEDUP 1.6); the rates are such that 15 s of calm and 45 s of peak pass 10,000 events.
# DRIFT states one rate and no peak; CORE states none and borrows the steepest.
PEAKS: Mapping[str, tuple[int, int]] = {
    "DR": (80, 352),
    "HA": (80, 300),
    "DEDUP": (160, 256),
    "DRIFT": (250, 250),
    "CORE": (80, 352),
}

ALL_DIALECTS = ("DEDUP", "DR", "HA")
DIALECTS_OF: Mapping[str, tuple[str, ...]] = {
    "DR": ("DR",),
    "HA": ("HA",),
    "DEDUP": ("DEDUP",),
    "DRIFT": ALL_DIALECTS,
    "CORE": ALL_DIALECTS,
}


# -- rate curves -------------------------------------------------------------------------------------


def rates(points: Sequence[tuple[float, float]]) -> Load:
    """Any curve, as (seconds, events per second), one stretch after the other."""
    return Load(Curve.of(points), name="rates")


def steady(rate: float, seconds: float) -> Load:
    """T1: one rate throughout."""
    return rates([(seconds, rate)]).named("steady")


def ramp(low: float, high: float, seconds: float) -> Load:
    """From one rate to another, a little more (or less) every second."""
    count = max(1, round(seconds))
    points = [(seconds / count, low + (high - low) * (n + 0.5) / count) for n in range(count)]
    return rates(points).named("ramp")


def step(low: float, high: float, seconds: float) -> Load:
    """One rate for half of the time, then the other."""
    return rates([(seconds / 2, low), (seconds / 2, high)]).named("step")


def spike(rate: float, high: float, seconds: float, spike_s: float) -> Load:
    """A short burst in the middle."""
    calm = (seconds - spike_s) / 2
    return rates([(calm, rate), (spike_s, high), (calm, rate)]).named("spike")


def flood(rate: float, seconds: float, flood_s: float, times: float = 10.0) -> Load:
    """T3: many times the rate for a while, and time to recover."""
    return spike(rate, rate * times, seconds, flood_s).named(f"flood {times:g}×")


def backlog_replay(rate: float, outage_s: float, live_s: float, speed: float = 5.0) -> Load:
    """What gathered during an outage arrives at a multiple of its pace, together with what goes on."""
    catching_up = outage_s / (speed - 1)
    curve = rates([(catching_up, rate * speed), (live_s, rate)])
    return (curve | backlog(outage_s, speed)).named("backlog replay")


def peak(system: str, calm_s: float = 15, peak_s: float = 45) -> Load:
    """T2: calm, then the peak ratio of the system, in its dialect."""
    if system not in PEAKS:
        raise ValueError(f"no peak ratio is known for system {system!r}; known are {', '.join(PEAKS)}")
    calm, high = PEAKS[system]
    return rates([(calm_s, calm), (peak_s, high)]).named(f"peak {system}").speaking(*DIALECTS_OF[system])


# -- mixes -------------------------------------------------------------------------------------------


def base_mix(load: Load) -> Load:
    """What runs under every scenario: T1 + T4 + T6 + T7 + T12, 2 % business duplicates, 0.5 % invalid.

    What the load says already about one of these stays as it says.
    """
    usual: Iterable[Transform] = (retries(), out_of_order(), late(), twins(), duplicates(), invalid())
    present = {transform.kind for transform in load.transforms}
    mixed = load
    for transform in usual:
        if transform.kind not in present:
            mixed = mixed | transform
    return mixed.named(f"base mix, {load.name}")


@dataclass(frozen=True)
class Profile:
    """A named traffic profile: what it is, whose it is, and its load at a scale that a laptop carries."""

    id: str
    says: str
    system: str
    load: Load


def _profile(id: str, says: str, system: str, load: Load) -> Profile:
    return Profile(id, says, system, load.speaking(*DIALECTS_OF[system]).named(f"{id} {says}"))


# Rates of the peak of DR, for as long as gives 10,000 events: one control run serves all of these.
_CALM = rates([(8, 80), (30, 352)])

_NAMED = (
    _profile("T1", "steady", "DR", steady(250, 44)),
    _profile("T2", "peak ratio of the system", "HA", peak("HA", calm_s=8, peak_s=36)),
    _profile("T3", "10× flood", "CORE", flood(50, 42, 21)),
    _profile("T4", "at-least-once retries", "HA", _CALM | retries(0.05)),
    _profile("T5", "incident of repeated traffic", "DEDUP", _CALM | incident(0.30, from_s=8)),
    _profile("T6", "capture before authorisation", "DR", _CALM | out_of_order(0.01)),
    _profile("T7", "lateness mix", "DR", _CALM | late(0.30)),
    _profile("T8", "additive schema", "HA", _CALM | additive(0.30, from_s=12)),
    _profile("T9", "breaking schema, corrupt bytes", "DR", _CALM | breaking(0.20, from_s=12)),
    _profile("T10", "poison", "CORE", _CALM | poison(0.01, from_s=8, large=0.1)),
    _profile("T11", "hot merchant", "CORE", _CALM | hot(0.40)),
    _profile("T12", "twins", "DEDUP", _CALM | twins(0.01)),
    _profile("T13", "reversals and corrections", "HA", _CALM | corrections(0.03)),
    _profile("T15", "two-year replay sample", "HA", _CALM | replay(0.50, seconds_each=1.6)),
)
NAMED: Mapping[str, Profile] = {profile.id: profile for profile in _NAMED}
