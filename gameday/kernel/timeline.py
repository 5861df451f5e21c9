"""A game day as a value: its load, what happens when, what must hold, and what it is expected to show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from gameday.kernel.protocols import Fault, Load
from gameday.kernel.verdict import Invariant


@dataclass(frozen=True)
class Act:
    """One fault on the timeline, in seconds after the first event is due."""

    at_s: float
    fault: Fault
    for_s: float | None
    stays: bool

    @property
    def until_s(self) -> float | None:
        return None if self.for_s is None else self.at_s + self.for_s

    def describe(self) -> str:
        lasts = " and stays" if self.stays else f" for {self.for_s:g} s" if self.for_s is not None else ""
        return f"{self.at_s:g} s: {self.fault}{lasts}"


def at(when: float, fault: Fault, *, for_: float | None = None, stays: bool = False) -> Act:
    """`fault` at `when`; healed after `for_`, or at the end of the load where it is not given."""
    return Act(when, fault, for_, stays)


@dataclass(frozen=True)
class Expectation:
    """A calibration run: green only if this invariant is what it says, at that hop."""

    invariant: str
    verdict: str  # "BROKEN" | "INCONCLUSIVE"
    hop: str = ""
    # What else this very system breaks as a consequence, at this hop or later; with its own id among them,
    # the invariant may offend at later hops too.
    also: Sequence[str] = ()


def broken(invariant: str, hop: str, also: Sequence[str] = ()) -> Expectation:
    return Expectation(invariant, "BROKEN", hop, tuple(also))


def inconclusive(invariant: str) -> Expectation:
    return Expectation(invariant, "INCONCLUSIVE")


@dataclass(frozen=True)
class Minimum:
    """The traffic without which a verdict means nothing."""

    events: int = 10_000
    during_fault: int = 1_000
    per_tag: int = 30


@dataclass(frozen=True)
class GameDay:
    load: Load
    faults: Sequence[Act] = ()
    holds: Sequence[Invariant] = ()
    expects: Expectation | None = None
    minimum: Minimum = Minimum()
    weaknesses: tuple[str, ...] = ()  # deliberate weakenings of the system under test
    topic: Mapping[str, str] = field(default_factory=dict)  # settings of the topic, beside the stack's own
    drain_within_s: float = 120.0  # longer where a hop promises less: standing still must be found out
    still_s: float | None = None  # a hop that stands still for so long is stuck, whatever it promises

    def __post_init__(self) -> None:
        if not self.holds:
            raise ValueError("a game day that holds no invariant says nothing: give it `holds`")

    def schedule(self) -> list[str]:
        """What happens when, in words that are equal exactly if the faults are."""
        return [act.describe() for act in self.faults]

    def is_control(self) -> bool:
        """Nothing is disturbed, and nothing is special about the traffic: the measure of the others."""
        as_it_should_be = not self.weaknesses and not self.topic
        return not self.faults and as_it_should_be and self.load.is_base()


@dataclass(frozen=True)
class Scenario:
    """A named hypothesis: calling it gives the game day."""

    id: str
    hypothesis: str
    systems: tuple[str, ...]
    make: Callable[[], GameDay]
    function: str
    markers: tuple[str, ...] = ()
    twin: str = ""  # of a planted defect: the scenario that plays the same with the switch off

    def __call__(self) -> GameDay:
        return self.make()


def scenario(
    id: str,
    *,
    systems: str,
    lite: bool = False,
    short: bool = False,
    calibration: bool = False,
    defect: bool = False,
    twin: str = "",
) -> Callable[[Callable[[], GameDay]], Scenario]:
    """Declare a scenario; its docstring is the hypothesis."""

    def declare(make: Callable[[], GameDay]) -> Scenario:
        if not make.__doc__:
            raise ValueError(f"{id}: the docstring of {make.__name__} must state its hypothesis")
        flags = {"lite": lite, "short": short, "calibration": calibration, "defect": defect}
        marks = tuple(name for name, on in flags.items() if on)
        hypothesis = " ".join(make.__doc__.split())
        return Scenario(id, hypothesis, tuple(systems.split()), make, make.__name__, marks, twin)

    return declare
