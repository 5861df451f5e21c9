"""The pytest plugin: scenarios become tests whose fixture plays and judges, and whose call is the verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from gameday.kernel.outcome import Outcome
from gameday.kernel.timeline import Scenario
from gameday.kernel.words import HarnessError

MARKERS = {
    "gameday": "a game day on the real stack",
    "short": "the short game day",
    "lite": "the nightly set",
    "smoke": "recorded ledgers only",
    "calibration": "a run that must go wrong in a known way",
    "defect": "a planted defect, which the expected invariant has to find first",
    "stack": "a test that starts real servers",
}


class InvariantViolation(AssertionError):
    """An invariant of the scenario is BROKEN (or a calibration run did not show what it must)."""


class Inconclusive(HarnessError):
    """Neither held nor broken: VACUOUS, UNKNOWN, void, or the harness in trouble of its own."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gameday", "game days")
    group.addoption(
        "--gameday-seed", type=int, default=None, metavar="N", help="the seed of every run (default: 7)"
    )
    group.addoption("--gameday-system", default=None, metavar="MODULE:NAME", help="the system under test")
    group.addoption(
        "--gameday-runs", default=None, metavar="FOLDER", help="where recordings go (default: runs)"
    )


def pytest_configure(config: pytest.Config) -> None:
    for name, text in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {text}")


class GameDayItem(pytest.Function):
    """One scenario. Its one argument, the fixture `recording`, does all the work."""

    scenario: Scenario


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Module, name: str, obj: object) -> Any:
    if not isinstance(obj, Scenario):
        return None
    if obj.make.__module__ != collector.obj.__name__:  # imported from where it is collected already
        return []

    def verdict(recording: Outcome) -> None:
        __tracebackhide__ = True
        if recording.status == "broken":
            raise InvariantViolation(recording.message)

    item = GameDayItem.from_parent(collector, name=name, callobj=verdict)
    item.scenario = obj
    item.extra_keyword_matches.update({obj.id, *obj.systems})
    for marker in ("gameday", *obj.markers):
        item.add_marker(marker)
    item.add_marker(pytest.mark.xdist_group("stack"))
    return item


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Control runs first: the others are read beside them."""
    items.sort(key=lambda item: not (isinstance(item, GameDayItem) and item.scenario().is_control()))


def pytest_report_header(config: pytest.Config) -> list[str]:
    from fixtures.settings import BadSetting, resolve

    try:
        settings = resolve(Path(config.rootpath), _options(config))
        return [f"gameday: seed={settings.seed}, system={settings.system}, runs={settings.runs}"]
    except BadSetting as error:
        raise pytest.UsageError(str(error)) from None


def _options(config: pytest.Config) -> dict[str, Any]:
    return {name: config.getoption(f"--gameday-{name}") for name in ("seed", "system", "runs")}


class Teller:
    """Lines on the terminal while pytest captures everything else."""

    def __init__(self, config: pytest.Config) -> None:
        self._reporter: Any = config.pluginmanager.getplugin("terminalreporter")
        self._capture: Any = config.pluginmanager.getplugin("capturemanager")

    def __call__(self, text: str) -> None:
        if self._reporter is None:
            return
        suspended: Callable[[], AbstractContextManager[None]] = (
            self._capture.global_and_fixture_disabled if self._capture else nullcontext
        )
        with suspended():
            self._reporter.write_line(text)


@pytest.fixture(scope="session")
def gameday_session(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The warm stack, for as long as this pytest session plays on it."""
    from fixtures.session import open_session

    root = Path(request.config.rootpath)
    with open_session(root, _options(request.config), Teller(request.config)) as session:
        yield session


@pytest.fixture
def recording(request: pytest.FixtureRequest, gameday_session: Any) -> Outcome:
    """Plays, scans, judges and proves the judge; trouble here is an error, never a failure."""
    item = request.node
    if not isinstance(item, GameDayItem):
        raise pytest.UsageError("the fixture `recording` belongs to scenarios")
    outcome: Outcome = gameday_session.play(item.scenario, again=item.nodeid)
    from reports.allure_results import allure_report
    from reports.facts import open_run
    from reports.junit import properties

    run = open_run(outcome.folder)
    item.user_properties.extend(properties(outcome.folder))
    allure_report(run, outcome.folder / "logs")
    if outcome.status not in ("held", "broken"):
        raise Inconclusive(outcome.message)
    return outcome
