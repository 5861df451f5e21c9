"""The loop: prepare, warm up, disturb, heal, drain, scan; everything after that is a query."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from gameday.kernel.clock import US, Anchor
from gameday.kernel.drain import Drained, drain
from gameday.kernel.journal import Journal, gameday_home
from gameday.kernel.nemesis import Nemesis
from gameday.kernel.protocols import Hop, Load, RunningLoad, System, Trial
from gameday.kernel.recording import RUN_TABLES, Recording, Seal
from gameday.kernel.sampler import HopLook, live
from gameday.kernel.steering import HandsOff, Steering
from gameday.kernel.timeline import GameDay, Scenario
from gameday.kernel.trying import make_trials, promise_parts, write_settings
from gameday.kernel.waiting import pause, wait_until
from gameday.kernel.words import (
    Confirmation,
    Container,
    Frontier,
    HarnessError,
    LoadOrder,
    LoadStatus,
    Range,
    Undo,
)

READY_WITHIN_S = 60.0
SCAN_TRIES = 3


class Stopped(HarnessError):
    """A stop condition aborted the run; everything was healed."""


@dataclass(frozen=True)
class Check:
    """A yes/no fact that the harness found about itself or the stack."""

    id: str
    subject: str
    ok: bool
    detail: str

    def row(self) -> dict[str, Any]:
        return dict(vars(self))


class Ground(Protocol):
    """One run's place on a stack: a fresh namespace, watched by a sampler process."""

    @property
    def system(self) -> System: ...
    def order(self, seed: int) -> LoadOrder: ...
    def known_good(self) -> Sequence[Check]: ...
    def settings(self) -> Mapping[str, Any]: ...  # effective settings of the running parts
    def watch(self, recording: Recording) -> None: ...
    def unwatch(self) -> None: ...
    def trouble(self) -> str | None: ...  # a part of the harness that died
    def trials(self) -> Sequence[Trial]: ...  # of the parts that the system promises
    def residue(self) -> Sequence[Check]: ...
    def close(self, *, keep: bool) -> None: ...


class Narrator(Protocol):
    """Tells people what is going on."""

    def start(self, run: Mapping[str, Any]) -> None: ...  # seed, plan, load: before anything can go wrong
    def say(self, text: str) -> None: ...
    def live(
        self, phase: str, seconds: float, load: LoadStatus | None, looks: Mapping[str, HopLook], fault: str
    ) -> None: ...


@dataclass(frozen=True)
class Settings:
    """What a run is told from outside, beside its scenario."""

    seed: int
    folder: Path
    anchor: Anchor
    bounds_us: Mapping[str, int] = field(default_factory=dict)  # per hop, from the control run
    control: Sequence[Mapping[str, Any]] = ()  # rows of the table `control`
    lever: Path = field(default_factory=lambda: gameday_home() / "STOP")


Healers = Mapping[str, Callable[[Undo, Any], Confirmation]]
Reopen = Callable[[Mapping[str, Any]], Any]


class Play:
    """One run of one scenario on one ground. `record` returns when the recording is complete."""

    def __init__(
        self,
        scenario: Scenario,
        day: GameDay,
        ground: Ground,
        settings: Settings,
        journal: Journal,
        healers: Healers,
        reopen: Reopen,
        narrator: Narrator,
        steering: Steering | None = None,
    ) -> None:
        self.scenario, self.day, self.ground, self.settings = scenario, day, ground, settings
        self.narrator, self.steering = narrator, steering or HandsOff()
        self.recording = Recording(settings.folder)
        self.nemesis = Nemesis(self.recording, settings.anchor, journal, healers, reopen, narrator.say)
        self._status: LoadStatus | None = None

    def record(self) -> Recording:
        self._prepare()
        self.ground.watch(self.recording)
        try:
            running = self._start_load()
            try:
                self._disturb(running)
            finally:
                try:
                    self.nemesis.heal_all()
                    self.steering.seen(self.nemesis.told())
                finally:
                    running.stop()
            settled = running.wait(within_s=READY_WITHIN_S)
            self._phase("load", settled.t0_us, self._now())
            self.recording.tell("load ended", sent=settled.sent)
            drained = self._drain()
        finally:
            self.nemesis.heal_all()
            self.ground.unwatch()
        self._scan(drained)
        self.recording.tell("scanned", hops=[hop.name for hop in self.ground.system.hops])
        make_trials(self.recording, self.ground.trials(), self.settings.seed)
        self.recording.tell("tried")
        self.nemesis.write()
        self._phase("disturb", *self.nemesis.span(settled.t0_us))
        self.recording.add("check", [check.row() for check in self.ground.residue()])
        seal_what_the_run_wrote(self.recording)
        return self.recording

    def undo_what_stays(self) -> None:
        self.nemesis.heal_all(also_stays=True)

    # -- the phases ------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        if self.settings.lever.exists():
            raise Stopped(f"the lever {self.settings.lever} is pulled: no run starts until it is removed")
        plan_hash = self.day.load.plan_hash(self.settings.seed)
        settings, parts = self.ground.settings(), self.ground.system.promises.parts
        self.recording.note(
            scenario=self.scenario.id,
            hypothesis=self.scenario.hypothesis,
            seed=self.settings.seed,
            plan_hash=plan_hash,
            load=self.day.load.describe(),
            anchor=self.settings.anchor.to_json(),
            effective_settings=settings,
            minimum=vars(self.day.minimum),
            expects=None if self.day.expects is None else vars(self.day.expects),
            holds=[invariant.id for invariant in self.day.holds],
        )
        promise_parts(self.recording, parts)
        if "settings" in parts:
            write_settings(self.recording, settings)
        self.narrator.start(self.recording.run)
        checks = self.ground.known_good()
        self.recording.add("check", [check.row() for check in checks])
        self._write_targets()
        bad = [f"{c.subject}: {c.detail}" for c in checks if c.id == "GATE" and not c.ok]
        if bad:
            raise HarnessError("the stack is not in a known-good state: " + "; ".join(bad))
        self.recording.tell("known good", checks=len(checks))

    def _write_targets(self) -> None:
        minimum = {name: float(value) for name, value in vars(self.day.minimum).items()}
        rows = [{"invariant": "H1", "name": name, "value": value} for name, value in minimum.items()]
        rows.append({"invariant": "H0", "name": "faults", "value": float(len(self.day.faults))})
        own = {
            ("H1", name) for name in minimum
        }  # what the game day says of its traffic goes before H1's default
        rows += [
            {"invariant": invariant.id, "name": name, "value": float(value)}
            for invariant in self.day.holds
            for name, value in invariant.targets.items()
            if (invariant.id, name) not in own
        ]
        self.recording.add("target", rows)
        self.recording.add("control", self.settings.control)

    def _start_load(self) -> RunningLoad:
        load: Load = self.day.load
        running = load.start(self.ground.order(self.settings.seed), self.settings.folder)
        try:
            self._status = wait_until(
                "the load's first event",
                lambda: status if (status := running.status()).t0_us or status.error else None,
                within_s=READY_WITHIN_S,
            )
            if self._status.error:
                raise HarnessError(f"the load did not start: {self._status.error}")
        except BaseException:
            running.stop()
            raise
        self.recording.tell("load started", t0_us=self._status.t0_us)
        replayable = (self._same_plan(self._status.plan_hash), self._same_schedule())
        self.recording.add("check", [check.row() for check in replayable])
        return running

    def _same_plan(self, sent: str) -> Check:
        """The plan that is announced is the plan that another process made from the seed and sends."""
        announced = str(self.recording.run["plan_hash"])
        return Check("H4", "plan hash", sent == announced, f"announced {announced}, sent {sent or 'unknown'}")

    def _same_schedule(self) -> Check:
        """A scenario that is made anew disturbs the same things at the same times."""
        planned, anew = self.day.schedule(), self.scenario().schedule()
        same = "; ".join(planned) or "no fault"
        detail = same if planned == anew else f"{same}; made anew: {'; '.join(anew) or 'no fault'}"
        return Check("H4", "fault schedule", planned == anew, detail)

    def _disturb(self, running: RunningLoad) -> None:
        assert self._status is not None
        t0 = self._status.t0_us
        self.nemesis.schedule(self.day.faults, t0)
        first = min((act.at_s for act in self.day.faults), default=self.day.load.duration_s())
        self._phase("warmup", t0, t0 + int(first * US))
        deadline = t0 + int((self.day.load.duration_s() + READY_WITHIN_S) * US)
        while (not self._status.finished or self.nemesis.busy()) and not self.steering.enough():
            self.nemesis.step(self.ground.system, self._now())
            self.nemesis.steer(self.steering, self.ground.system, self._now())
            self.steering.seen(self.nemesis.told())
            self._status = running.status()
            if self._status.error:
                raise HarnessError(f"the load failed: {self._status.error}")
            self._look_on("disturb" if self.nemesis.active() else "load", t0)
            if self._now() > deadline:
                raise HarnessError(f"the load did not end by itself: {self._status}")
            pause(0.1)

    def _drain(self) -> Drained:
        start = self._now()
        drained = drain(
            lambda: live(self.settings.folder),
            self.ground.system,
            self.settings.anchor,
            budget_s=self.day.drain_within_s,
            still_s=self.day.still_s,
            tell=lambda: self._look_on("drain", start),
        )
        self._phase("drain", start, self._now())
        self.recording.tell("drained", **drained.states)
        self.narrator.say(
            "drained: " + ", ".join(f"{name} {state}" for name, state in drained.states.items())
        )
        return drained

    def _scan(self, drained: Drained) -> None:
        promises = self.ground.system.promises
        for order, hop in enumerate(self.ground.system.hops):
            self._scan_hop(hop)
            rto = promises.rto_s.get(hop.name)
            row = {
                "name": hop.name,
                "ord": 9 if hop.name == "dlq" else order,
                "joins": hop.joins,
                "state": drained.states[hop.name],
                "bound_us": self.settings.bounds_us.get(hop.name, US),
                "r1_target_us": None if rto is None else int(rto * US),
            }
            self.recording.add("hop", [row])

    def _scan_hop(self, hop: Hop) -> None:
        sighted = _sighted(self.recording, hop.name)
        for _ in range(SCAN_TRIES):
            scan = hop.scan(sighted)
            if all(seal.frontier_before == seal.frontier_after for seal in scan.seals):
                break
        for name, table in scan.tables.items():
            self.recording.write(name, table)
        for seal in scan.seals:
            self.recording.seal(seal)

    # -- small things ----------------------------------------------------------------------------------

    def _now(self) -> int:
        return self.settings.anchor.now_us()

    def _phase(self, name: str, start: int, end: int) -> None:
        self.recording.add("phase", [{"name": name, "t_from": start, "t_to": end}])

    def _look_on(self, phase: str, since_us: int) -> None:
        seconds = (self._now() - since_us) / US
        self.narrator.live(phase, seconds, self._status, live(self.settings.folder), self.nemesis.active())
        if self.settings.lever.exists():
            raise Stopped(f"stopped: the lever {self.settings.lever} was pulled; every fault is healed")
        trouble = self.ground.trouble()
        if trouble:
            raise HarnessError(trouble)


def seal_what_the_run_wrote(recording: Recording) -> None:
    """Tables that have no second count of their own: a row that goes missing later is seen."""
    for name in RUN_TABLES:
        if recording.files(name):
            rows = recording.stored(name)
            recording.seal(Seal(name, rows, rows, "the end of the run"))


def _sighted(recording: Recording, hop: str) -> Frontier:
    ranges: dict[str, list[Range]] = {}
    for row in recording.rows("sighting"):
        if row["hop"] == hop:
            r = Range(row["cluster"], row["topic"], row["partition"], row["from_offset"], row["to_offset"])
            ranges.setdefault(row["container"], []).append(r)
    return Frontier(tuple(Container(name, tuple(found)) for name, found in ranges.items()))
