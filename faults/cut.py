"""Cut: a path that no longer carries anything, in one of three ways that clients see differently.

Black hole (open, but silent) attacks clients without a deadline; reset leaves the outcome of the request in
flight unknown; refused provokes retry storms.
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

EXPECTED = {"blackhole": "silent", "reset": "reset", "refused": "refused"}


@dataclass(frozen=True)
class Cut:
    links: _aim.Paths
    how: str = "blackhole"
    channels: Sequence[str] | None = None  # all of them
    confirm_within_s: float = 10.0
    answer_within_s: float = 1.0
    back_within_s: float = 30.0

    kind: ClassVar[str] = "cut"
    label: ClassVar[str] = "cut"
    colour: ClassVar[str] = "#e08e1b"

    def __post_init__(self) -> None:
        if self.how not in EXPECTED:
            raise ValueError(f"a cut cannot be {self.how!r}; choose one of {', '.join(EXPECTED)}")

    def __str__(self) -> str:
        return f"{self.label} ({self.how}) {_aim.words(self.links)}"

    def aim(self, system: System) -> CutShot:
        links = _aim.paths(system, self.links)
        chosen = _aim.channels_of(links, self.channels)
        undo = _aim.undo(
            self.kind, links, f"{self.how} of {_aim.words(self.links)}", _aim.part_hurt(links),
            links=[link.name for link in links], how=self.how,
            answer_within_s=self.answer_within_s, back_within_s=self.back_within_s,
        )  # fmt: skip
        return CutShot(undo, chosen, self.how, self.confirm_within_s, self.answer_within_s)


@dataclass
class CutShot:
    undo: Undo
    chosen: Sequence[tuple[Link, Sequence[str]]]
    how: str
    within_s: float
    answer_within_s: float
    before: list[Probe] = field(default_factory=list)

    def inject(self) -> str:
        # What was dead before proves nothing by being dead afterwards.
        self.before = see.probe_all(see.spots(self.chosen), self.answer_within_s)
        return "; ".join(link.disturb(self.how, channels, {}) for link, channels in self.chosen)

    def confirm(self) -> Confirmation:
        """A fresh connection through every channel shows the kind of cut that was asked for."""
        return see.look_until_confirmed(self._look, self.within_s)

    def _look(self) -> tuple[str, str]:
        where = see.spots(self.chosen)
        dead = [see.place(s) for s, p in zip(where, self.before, strict=False) if p.outcome != "answered"]
        probes = see.probe_all(where, self.answer_within_s)
        seen = see.tell(where, probes)
        outcomes = {probe.outcome for probe in probes}
        if "answered" in outcomes:
            return see.MISMATCH, seen
        if outcomes != {EXPECTED[self.how]}:
            return see.INCONCLUSIVE, f"{seen}: {EXPECTED[self.how]} was expected"
        if dead:
            return see.INCONCLUSIVE, f"{seen}; but before the cut there was no answer at {', '.join(dead)}"
        return see.CONFIRMED, seen


def heal(undo: Undo, victim: Link | Sequence[Link]) -> Confirmation:
    """Restore every link, until a fresh connection through each is answered again."""
    links = list(victim) if isinstance(victim, Sequence) else [victim]
    if not links:
        raise HarnessError(f"undo record {undo.id} was opened without its links: {undo.state.get('links')}")
    state = undo.state
    return see.healed_when(
        lambda: see.restore_all(links),
        lambda: see.links_answer(links, state["answer_within_s"]),
        state["back_within_s"],
    )
