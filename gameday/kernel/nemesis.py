"""Faults on their timeline: aim, write the undo record, inject, confirm, heal from the record."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from gameday.kernel.clock import US, Anchor
from gameday.kernel.journal import Journal
from gameday.kernel.protocols import Shot, System
from gameday.kernel.recording import Recording
from gameday.kernel.steering import Ask, Steering
from gameday.kernel.timeline import Act
from gameday.kernel.words import Confirmation, HarnessError, Undo

CONFIRM_WITHIN_S = 60.0
GRACE_S = 60.0  # past the planned heal, the watchdog takes over

Heal = Callable[[Undo, Any], Confirmation]


@dataclass
class _Armed:
    """One act that was aimed, until it is written into the recording."""

    id: str
    act: Act
    shot: Shot
    t_arm: int
    confirming: Future[Confirmation] | None = None
    t_heal_cmd: int | None = None
    healed: Confirmation | None = None
    asked: str = ""  # by whom, if it was asked for while the run went


class Nemesis:
    """Plays the acts of one game day; whatever happens, `heal_all` ends them."""

    def __init__(
        self,
        recording: Recording,
        anchor: Anchor,
        journal: Journal,
        healers: Mapping[str, Heal],
        reopen: Callable[[Mapping[str, Any]], Any],
        say: Callable[[str], None],
    ) -> None:
        self._recording, self._anchor, self._journal = recording, anchor, journal
        self._healers, self._reopen, self._say = healers, reopen, say
        self._waiting: list[Act] = []
        self._armed: list[_Armed] = []
        self._t0 = 0
        self._probes = ThreadPoolExecutor(max_workers=4, thread_name_prefix="confirm")

    def schedule(self, acts: Sequence[Act], t0_us: int) -> None:
        self._waiting = sorted(acts, key=lambda act: act.at_s)
        self._t0 = t0_us

    def step(self, system: System, now_us: int) -> None:
        """Do what is due: called every 100 ms."""
        while self._waiting and now_us >= self._t0 + self._waiting[0].at_s * US:
            self._inject(self._waiting.pop(0), system)
        for armed in self._armed:
            until = armed.act.until_s
            due = until is not None and armed.healed is None and now_us >= self._t0 + until * US
            # A probe that still looks is given its time, and nobody waits for it here.
            if due and (armed.confirming is None or armed.confirming.done()):
                self._heal(armed)

    def steer(self, steering: Steering, system: System, now_us: int) -> None:
        """Do what people ask for; what cannot be aimed is refused, and the run goes on."""
        for ask in steering.asked(system):
            act = Act((now_us - self._t0) / US, ask.fault, ask.for_s, stays=False)
            try:
                self._refuse_second(ask, shot := ask.fault.aim(system))
            except (HarnessError, ValueError) as error:
                steering.answer(ask.id, str(error))
                self._recording.tell("refused", id=ask.id, fault=str(ask.fault), why=str(error))
                continue
            self._arm(act, shot, asked=ask.id)
        early = set(steering.heal_now())
        for armed in self._armed:
            if armed.asked in early and armed.healed is None:
                self._heal(armed)

    def _refuse_second(self, ask: Ask, shot: Shot) -> None:
        """Two faults on one part hide one another: the first has to be healed before the second."""
        part = shot.undo.state.get("part")
        for armed in self._armed:
            if armed.healed is None and armed.shot.undo.state.get("part") == part:
                raise HarnessError(
                    f"{part} is hurt already by {armed.id} ({armed.shot.undo.kind}): heal that one first"
                )

    def busy(self) -> bool:
        """Acts still to come, or to be healed on time."""
        due = [a for a in self._armed if a.act.until_s is not None and a.healed is None]
        return bool(self._waiting or due)

    def active(self) -> str:
        return ", ".join(a.shot.undo.kind for a in self._armed if a.healed is None)

    def told(self) -> list[dict[str, Any]]:
        """Every fault so far, for whoever looks on; nothing is waited for."""
        return [self._brief(armed) for armed in list(self._armed)]

    def heal_all(self, *, also_stays: bool = False) -> None:
        """Newest first; the first trouble is raised when all were tried."""
        self._waiting = []
        trouble: list[BaseException] = []
        for armed in reversed(self._armed):
            if armed.healed is None and (also_stays or not armed.act.stays):
                try:
                    self._heal(armed)
                except Exception as error:  # the others must be healed too
                    trouble.append(error)
        if trouble:
            raise HarnessError(f"{len(trouble)} faults could not be healed: {trouble[0]}") from trouble[0]

    def span(self, default_us: int) -> tuple[int, int]:
        """From the first arm to the last heal."""
        start = min((a.t_arm for a in self._armed), default=default_us)
        ends = [self._anchor.wall_of(a.healed.at_monotonic) for a in self._armed if a.healed is not None]
        return start, max(ends, default=default_us)

    def write(self) -> None:
        self._recording.add("fault", [self._row(armed) for armed in self._armed])
        self._probes.shutdown(wait=False)

    # -- one fault -------------------------------------------------------------------------------------

    def _inject(self, act: Act, system: System) -> None:
        self._arm(act, act.fault.aim(system))

    def _arm(self, act: Act, shot: Shot, asked: str = "") -> None:
        undo = shot.undo
        armed = _Armed(f"f{len(self._armed) + 1}", act, shot, self._anchor.now_us(), asked=asked)
        until_s = act.until_s if act.until_s is not None else (armed.t_arm - self._t0) / US + 600
        overdue = self._t0 + int((until_s + GRACE_S) * US)
        self._journal.arm(undo, run=str(self._recording.folder), owner_pid=os.getpid(), overdue_at_us=overdue)
        self._armed.append(armed)
        evidence = shot.inject()
        self._say(f"fault {armed.id}: {evidence}")
        self._recording.tell("injected", id=armed.id, kind=undo.kind, evidence=evidence)
        armed.confirming = self._probes.submit(shot.confirm)

    def _heal(self, armed: _Armed) -> None:
        self._confirmation(armed)
        armed.t_heal_cmd = self._anchor.now_us()
        undo = armed.shot.undo
        healed = self._healers[undo.kind](undo, self._reopen(undo.victim))
        if healed.status != "confirmed":  # the record stays, and whoever heals next tries again
            raise HarnessError(f"fault {armed.id} ({undo.kind}) did not heal: {healed.evidence}")
        armed.healed = healed
        self._journal.healed(undo)
        self._say(f"healed {armed.id}: {armed.healed.evidence}")
        self._recording.tell("healed", id=armed.id, evidence=armed.healed.evidence)

    def _confirmation(self, armed: _Armed) -> Confirmation:
        if armed.confirming is None:
            return Confirmation(
                "inconclusive", "the injection raised before it could be confirmed", time.monotonic()
            )
        try:
            return armed.confirming.result(timeout=CONFIRM_WITHIN_S)
        except Exception as error:  # a probe that fails has seen nothing: inconclusive, and told so
            return Confirmation("inconclusive", f"the probe failed: {error}", time.monotonic())

    def _brief(self, armed: _Armed) -> dict[str, Any]:
        undo, probe = armed.shot.undo, armed.confirming
        seen = probe.result() if probe is not None and probe.done() and probe.exception() is None else None
        bite = seen is not None and seen.status == "confirmed"
        until = armed.act.until_s
        return {
            "id": armed.id,
            "asked": armed.asked,
            "kind": undo.kind,
            "target": str(undo.state.get("target", "")),
            "part": str(undo.state.get("part", "")),
            "confirmed": "" if seen is None else seen.status,
            "evidence": "" if seen is None else seen.evidence,
            "t_arm": armed.t_arm,
            "t_bite": self._anchor.wall_of(seen.at_monotonic) if seen is not None and bite else None,
            "t_due": None if until is None else self._t0 + int(until * US),
            "t_healed": None if armed.healed is None else self._anchor.wall_of(armed.healed.at_monotonic),
        }

    def _row(self, armed: _Armed) -> dict[str, Any]:
        seen = self._confirmation(armed)
        undo = armed.shot.undo
        return {
            "id": armed.id,
            "kind": undo.kind,
            "target": str(undo.state.get("target", undo.victim.get("name", ""))),
            "victim": str(undo.state.get("part", undo.victim.get("name", ""))),
            "t_arm": armed.t_arm,
            "t_bite": self._anchor.wall_of(seen.at_monotonic) if seen.status == "confirmed" else None,
            "t_heal_cmd": armed.t_heal_cmd,
            "t_healed": None if armed.healed is None else self._anchor.wall_of(armed.healed.at_monotonic),
            "confirmed": seen.status,
            "evidence": seen.evidence,
            "stays": armed.act.stays,
        }
