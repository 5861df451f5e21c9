"""One synthetic run, written once: a broken one of the scenario GD-01."""

from __future__ import annotations

import pytest

from reports.facts import Run, open_run
from tests.reports.synthetic import synthetic


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return open_run(synthetic(tmp_path_factory.mktemp("runs") / "20251009T085312Z-GD-01-7").folder)
