"""Locust's events wired to the helm, the load processes and the page: local, master and worker."""

from __future__ import annotations

import logging
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import gevent
from locust import User, constant, events, runners, task
from locust.runners import MasterRunner, WorkerRunner

from fixtures.driving.choice import BadChoice
from fixtures.driving.handed import HandedOrder
from gameday.kernel.clock import anchor
from gameday.kernel.recording import Recording
from loadpage.helm import Helm
from loadpage.options import add_options, order_of
from loadpage.pages import add_pages
from loadpage.parts import Parts
from loadpage.shipping import Chunk, Receiver, boot_id

# Messages between master and workers.
SLICES, STOP, CHUNK, FAILED, SHIPS = (
    f"gameday-{word}" for word in ("slices", "stop", "chunk", "failed", "ships")
)
USAGE = 4
# Locust gives a worker up after 3 s of silence and stops the test with the last of them. A machine that is
# driven to its limits is silent for longer, and a run must not end by that.
SILENT_S = 20

log = logging.getLogger(__name__)


class LoadProcess(User):
    """One user stands for one load process. The process itself is started on order: users may come and go."""

    wait_time = constant(3600)

    @task
    def stand(self) -> None:
        return


class Worker:
    """A worker of a distributed run: starts the slices that the master allots, ships ledgers if it must."""

    def __init__(self, environment: Any) -> None:
        self._environment, self._runner = environment, environment.runner
        self._parts = Parts(environment, self._failed)
        self._runner.register_message(SLICES, self._slices, concurrent=True)
        self._runner.register_message(STOP, self.test_stopping)

    def test_start(self, **_: Any) -> None:
        return

    def test_stopping(self, **_: Any) -> None:
        self._parts.stop()

    def quitting(self, **_: Any) -> None:
        self._parts.join()

    def _slices(self, environment: Any, msg: Any, **_: Any) -> None:
        handed = HandedOrder.from_json(msg.data["handed"])
        numbers = list(msg.data["slices"])
        log.info("slices %s of %s", ", ".join(map(str, numbers)), handed.parts)
        same_machine = msg.data["boot"] == boot_id()
        if same_machine and handed.recording.is_dir() and not self._environment.parsed_options.ship:
            self._parts.start(handed, numbers)
            return
        self._runner.send_message(SHIPS, {"slices": numbers})
        scratch = Recording.create(Path(tempfile.mkdtemp(prefix="gameday-load-")) / "run")
        order = handed.order if same_machine else replace(handed.order, anchor=anchor())
        self._parts.start(replace(handed, order=order, recording=scratch.folder), numbers, self._send)

    def _send(self, chunk: Chunk) -> None:
        self._runner.send_message(CHUNK, chunk)
        gevent.sleep(0)  # heartbeats must get through between the pieces of a large ledger

    def _failed(self, why: str) -> None:
        self._runner.send_message(FAILED, {"why": why})


class Master:
    """The master, or the only locust process: has the helm, and allots the slices of the plan."""

    def __init__(self, environment: Any) -> None:
        self._environment, self._runner = environment, environment.runner
        self._headless = bool(environment.parsed_options.headless)
        self.helm = Helm(self._hand_out, self._end_test, self._judged)
        self._parts = Parts(environment, self.helm.give_up)
        self._receiver: Receiver | None = None
        self._shipping: dict[str, list[int]] = {}
        if isinstance(self._runner, MasterRunner):
            self._runner.register_message(CHUNK, self._chunk)
            self._runner.register_message(SHIPS, self._ships)
            self._runner.register_message(FAILED, self._worker_failed)
        if environment.web_ui is not None:
            add_pages(environment.web_ui.app, self.helm)

    # -- locust's events -----------------------------------------------------------------------------

    def test_start(self, **_: Any) -> None:
        try:
            self.helm.begin(order_of(self._environment.parsed_options, self._runner.target_user_count))
        except (BadChoice, RuntimeError) as error:
            log.error("%s", error)
            self._environment.process_exit_code = USAGE
            gevent.spawn_later(0.5, self._runner.quit if self._headless else self._runner.stop)

    def test_stopping(self, **_: Any) -> None:
        self.helm.enough()
        self._parts.stop()

    def quitting(self, **_: Any) -> None:
        """Locust must not be gone before the verdict; nor the load processes before their ledger is whole."""
        self.helm.enough()
        self._parts.stop()
        try:
            code = self.helm.join()
            self._parts.join()
        except KeyboardInterrupt:
            self.helm.end_at_once()
            raise
        if code is not None:
            self._environment.process_exit_code = code

    # -- the run -------------------------------------------------------------------------------------

    def _hand_out(self, handed: HandedOrder) -> None:
        """Slices go round the workers as locust's users do: each worker gets as many as it has users."""
        if not isinstance(self._runner, MasterRunner):
            self._parts.start(handed, list(range(handed.parts)))
            return
        self._receiver, self._shipping = Receiver(handed.recording), {}
        clients = self._runner.clients
        workers = sorted([*clients.ready, *clients.spawning, *clients.running], key=lambda worker: worker.id)
        for at, worker in enumerate(workers):
            slices = list(range(at, handed.parts, len(workers)))
            if slices:
                data = {"handed": handed.to_json(), "slices": slices, "boot": boot_id()}
                self._runner.send_message(SLICES, data, client_id=worker.id)
        gevent.spawn(self._watch_workers)

    def _watch_workers(self) -> None:
        """A worker that vanishes with a ledger that only it has leaves a run that nobody can judge."""
        while self.helm.busy():
            for worker in self._runner.clients.missing:
                if slices := self._shipping.pop(worker.id, None):
                    self.helm.give_up(f"worker {worker.id} is gone with the ledger of slices {slices}")
            gevent.sleep(1)

    def _ships(self, environment: Any, msg: Any, **_: Any) -> None:
        self._shipping[msg.node_id] = list(msg.data["slices"])

    def _chunk(self, environment: Any, msg: Any, **_: Any) -> None:
        if self._receiver is not None:
            self._receiver.take(msg.data)

    def _worker_failed(self, environment: Any, msg: Any, **_: Any) -> None:
        self.helm.give_up(f"worker {msg.node_id}: {msg.data['why']}")

    def _end_test(self) -> None:
        """Every load process has ended, or ends now; a headless locust lives on until the verdict."""
        self._parts.stop()
        if isinstance(self._runner, MasterRunner):
            self._runner.send_message(STOP)
        if not self._headless:
            gevent.spawn(self._runner.stop)

    def _judged(self, code: int) -> None:
        if self._headless:
            self._environment.process_exit_code = code
            gevent.spawn(self._runner.quit)


def wire() -> None:
    """Called once by the locustfile."""
    runners.HEARTBEAT_LIVENESS = SILENT_S

    @events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
    def options(parser: Any, **_: Any) -> None:
        add_options(parser)

    @events.init.add_listener  # type: ignore[untyped-decorator]
    def begin(environment: Any, **_: Any) -> None:
        made: Worker | Master
        made = Worker(environment) if isinstance(environment.runner, WorkerRunner) else Master(environment)
        environment.events.test_start.add_listener(made.test_start)
        environment.events.test_stopping.add_listener(made.test_stopping)
        environment.events.quitting.add_listener(made.quitting)
