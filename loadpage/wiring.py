"""Locust's events wired to the helm, the load processes and the page: local, master and worker."""

from __future__ import annotations

import logging
from typing import Any

import gevent
from locust import User, constant, events, task
from locust.runners import MasterRunner, WorkerRunner

from fixtures.driving.choice import BadChoice
from fixtures.driving.handed import HandedOrder
from loadpage.helm import TROUBLE, Helm
from loadpage.options import add_options, order_of
from loadpage.pages import add_pages
from loadpage.parts import Parts

SLICES = "gameday-slices"
USAGE = 4

log = logging.getLogger(__name__)


class LoadProcess(User):
    """One user stands for one load process. The process itself is started on order: users may come and go."""

    wait_time = constant(3600)

    @task
    def stand(self) -> None:
        return


class Wiring:
    """What one locust process does for a run; which of it depends on its runner."""

    def __init__(self, environment: Any) -> None:
        self._environment = environment
        self.runner = environment.runner
        self.headless = bool(environment.parsed_options and environment.parsed_options.headless)
        self.parts = Parts(environment)
        self.helm: Helm | None = None
        if isinstance(self.runner, WorkerRunner):
            self.runner.register_message(SLICES, self._slices, concurrent=True)
        else:
            self.helm = Helm(self._hand_out, self._end_test, self._judged)
        if environment.web_ui is not None and self.helm is not None:
            add_pages(environment.web_ui.app, self.helm)

    # -- locust's events -----------------------------------------------------------------------------

    def test_start(self, **_: Any) -> None:
        if self.helm is None:
            return
        try:
            self.helm.begin(order_of(self._environment.parsed_options, self.runner.target_user_count))
        except (BadChoice, RuntimeError) as error:
            log.error("%s", error)
            self._environment.process_exit_code = USAGE
            gevent.spawn_later(0.5, self.runner.quit if self.headless else self.runner.stop)

    def test_stopping(self, **_: Any) -> None:
        if self.helm is not None:
            self.helm.enough()
        self.parts.stop()

    def quitting(self, **_: Any) -> None:
        """Locust must not be gone before the verdict; nor the load processes before their ledger is whole."""
        if self.helm is None:
            self.parts.join()
            return
        self.helm.enough()
        self.parts.stop()
        try:
            code = self.helm.join()
            self.parts.join()
        except KeyboardInterrupt:
            self.helm.end_at_once()
            raise
        if code is not None:
            self._environment.process_exit_code = code

    # -- the run -------------------------------------------------------------------------------------

    def _hand_out(self, handed: HandedOrder) -> None:
        """Slices go round the workers as locust's users do: each worker gets as many as it has users."""
        if not isinstance(self.runner, MasterRunner):
            self.parts.start(handed, list(range(handed.parts)))
            return
        clients = self.runner.clients
        workers = sorted([*clients.ready, *clients.spawning, *clients.running], key=lambda worker: worker.id)
        for at, worker in enumerate(workers):
            slices = list(range(at, handed.parts, len(workers)))
            if slices:
                data = {"handed": handed.to_json(), "slices": slices}
                self.runner.send_message(SLICES, data, client_id=worker.id)

    def _slices(self, environment: Any, msg: Any, **_: Any) -> None:
        self.parts.start(HandedOrder.from_json(msg.data["handed"]), list(msg.data["slices"]))

    def _end_test(self) -> None:
        if not self.headless:
            gevent.spawn(self.runner.stop)
        else:
            self.parts.stop()

    def _judged(self, code: int) -> None:
        if self.headless:
            self._environment.process_exit_code = code
            gevent.spawn(self.runner.quit)


def wire() -> None:
    """Called once by the locustfile."""

    @events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
    def parser(parser: Any, **_: Any) -> None:
        add_options(parser)

    @events.init.add_listener  # type: ignore[untyped-decorator]
    def begin(environment: Any, **_: Any) -> None:
        wiring = Wiring(environment)
        environment.events.test_start.add_listener(wiring.test_start)
        environment.events.test_stopping.add_listener(wiring.test_stopping)
        environment.events.quitting.add_listener(wiring.quitting)


__all__ = ["TROUBLE", "LoadProcess", "Wiring", "wire"]
