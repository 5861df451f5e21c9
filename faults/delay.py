"""Delay: every byte arrives, but late (a saturated link, a far region).

It attacks deadlines that are shorter than the network, and throughput that rests on a short round trip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from faults import _aim
from faults import _confirm as see
from gameday.kernel.handles import Link
from gameday.kernel.protocols import System
from gameday.kernel.words import Confirmation, HarnessError, Probe, Undo

PROBES = 8
ENOUGH = 6  # "more than five"


@dataclass(frozen=True)
class Delay:
    """`ms` in each direction, so that a round trip takes twice that; with `one_way` (answers only), once."""

    links: _aim.Paths
    ms: float
    jitter_ms: float = 0.0
    channels: Sequence[str] | None = None
    one_way: bool = False
    confirm_within_s: float = 20.0
    back_within_s: float = 30.0

    kind: ClassVar[str] = "delay"
    label: ClassVar[str] = "delay"
    colour: ClassVar[str] = "#3d8fb5"

    @property
    def slow_s(self) -> float:
        """A round trip that takes this long was delayed."""
        return 0.8 * (1 if self.one_way else 2) * self.ms / 1000

    def __str__(self) -> str:
        return f"{self.label} of {self.ms:g} ms on {_aim.words(self.links)}"

    def aim(self, system: System) -> DelayShot:
        links = _aim.paths(system, self.links)
        chosen = _aim.channels_of(links, self.channels)
        undo = _aim.undo(
            self.kind, links, f"{self.ms:g} ms on {_aim.words(self.links)}", _aim.part_hurt(links),
            links=[link.name for link in links], slow_s=self.slow_s, back_within_s=self.back_within_s,
        )  # fmt: skip
        return DelayShot(undo, self, chosen)


@dataclass
class DelayShot:
    undo: Undo
    fault: Delay
    chosen: Sequence[tuple[Link, Sequence[str]]]
    before: list[list[Probe]] = field(default_factory=list)

    def inject(self) -> str:
        self.before = _round_trips(see.spots(self.chosen), self.fault.slow_s)
        streams = ("downstream",) if self.fault.one_way else ("upstream", "downstream")
        settings = {"latency_ms": self.fault.ms, "jitter_ms": self.fault.jitter_ms, "streams": streams}
        return "; ".join(link.disturb("latency", channels, settings) for link, channels in self.chosen)

    def confirm(self) -> Confirmation:
        """More than five of eight round trips are slow now, and more than five were quick before."""
        return see.look_until_confirmed(self._look, self.fault.confirm_within_s)

    def _look(self) -> tuple[str, str]:
        where, slow_s = see.spots(self.chosen), self.fault.slow_s
        now = _round_trips(where, slow_s)
        ways = "one way" if self.fault.one_way else "both ways"
        seen = f"slow from {slow_s * 1000:.0f} ms ({self.fault.ms:g} ms {ways}): " + "; ".join(
            f"{see.place(spot)} {_spread(probes)}" for spot, probes in zip(where, now, strict=True)
        )
        if any(_quick(probes, slow_s) >= ENOUGH for probes in now):
            return see.MISMATCH, seen
        if any(_slow(probes, slow_s) < ENOUGH for probes in now):
            return see.INCONCLUSIVE, seen
        for spot, probes in zip(where, self.before, strict=False):
            if _quick(probes, slow_s) < ENOUGH:
                return see.INCONCLUSIVE, f"{seen}; but {see.place(spot)} was slow before: {_spread(probes)}"
        return see.CONFIRMED, seen


def heal(undo: Undo, victim: Link | Sequence[Link]) -> Confirmation:
    """Restore every link, until no round trip looks delayed any more."""
    links = list(victim) if isinstance(victim, Sequence) else [victim]
    if not links:
        raise HarnessError(f"undo record {undo.id} was opened without its links: {undo.state.get('links')}")
    slow_s = undo.state["slow_s"]
    where = see.spots([(link, link.channels) for link in links])

    def look() -> tuple[str, str]:
        now = _round_trips(where, slow_s)
        well = all(_within(probes, slow_s) >= ENOUGH for probes in now)
        seen = "; ".join(f"{see.place(s)} {_spread(p)}" for s, p in zip(where, now, strict=True))
        return (see.CONFIRMED if well else see.MISMATCH), seen

    return see.healed_when(lambda: see.restore_all(links), look, undo.state["back_within_s"])


def _round_trips(where: Sequence[see.Spot], slow_s: float) -> list[list[Probe]]:
    """Eight probes one after another at every spot; all spots side by side."""
    patience = 1.0 + 3 * slow_s
    return see.at_once(lambda spot: [spot[0].probe(spot[1], patience) for _ in range(PROBES)], where)


def _slow(probes: Sequence[Probe], slow_s: float) -> int:
    return sum(probe.outcome == "answered" and probe.seconds >= slow_s for probe in probes)


def _within(probes: Sequence[Probe], seconds: float) -> int:
    return sum(probe.outcome == "answered" and probe.seconds < seconds for probe in probes)


def _quick(probes: Sequence[Probe], slow_s: float) -> int:
    return _within(probes, slow_s / 2)


def _spread(probes: Sequence[Probe]) -> str:
    answered = sorted(probe.seconds * 1000 for probe in probes if probe.outcome == "answered")
    if not answered:
        return f"0 of {len(probes)} answered"
    middle = answered[len(answered) // 2]
    return f"{answered[0]:.0f}/{middle:.0f}/{answered[-1]:.0f} ms (min/median/max of {len(answered)})"
