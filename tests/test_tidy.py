"""The rules of the house, kept by tests; and each rule is shown a file that breaks it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import tidy
from tests.tidy import Rule

ROOT = Path(__file__).resolve().parents[1]
LONG = '"""Long."""\n\n\ndef f() -> None:\n' + "    print()\n" * 70
HOST = "files." + "python" + "hosted.org"

PLANTED: dict[Rule, dict[str, str]] = {
    tidy.functions_are_short: {"gameday/bad.py": LONG},
    tidy.files_are_short: {"faults/bad.py": '"""Long."""\n' + "A = 1\n" * 400},
    tidy.protocols_fit_one_screen: {"gameday/kernel/protocols.py": "A = 1\n" * 80},
    tidy.modules_say_what_lives_there: {"reports/bad.py": "A = 1\n"},
    tidy.only_waiting_sleeps: {"fixtures/bad.py": '"""Bad."""\nfrom time import sleep as nap\n\nnap(1)\n'},
    tidy.durations_come_from_the_monotonic_clock: {"bench/bad.py": "import time\n\nSTART = time.time()\n"},
    tidy.chance_is_seeded: {"loadgen/bad.py": "import random\n\nA = random.random()\n"},
    tidy.no_exception_is_caught_bare: {"tests/bad.py": "try:\n    A = 1\nexcept:\n    A = 2\n"},
    tidy.the_pipeline_knows_no_harness: {"pipeline/bad.py": "# what the harness wants\n"},
    tidy.no_registry_is_named: {"docs/bad.md": f"see {HOST}\n"},
}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A small repository in which every rule is kept."""
    files = {
        "gameday/kernel/protocols.py": '"""Protocols."""\n',
        "gameday/kernel/handles.py": '"""Handles."""\n',
        "gameday/kernel/waiting.py": '"""Waiting."""\nimport time\n\ntime.sleep(1)\nA = time.monotonic()\n',
        "gameday/__init__.py": "",
        "loadgen/fine.py": '"""Fine."""\nimport random\n\nA = random.Random(7).random()\n',
        "pipeline/fine.py": '"""Fine: it reports its invariant-free faults to nobody."""\n',
        "docs/fine.md": "nothing\n",
        ".venv/bad.py": f"# {HOST}\n",
    }
    return plant(tmp_path, files)


def plant(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize("rule", PLANTED, ids=lambda rule: rule.__name__)
def test_the_house_keeps_its_rules(rule: Rule) -> None:
    assert list(rule(ROOT)) == []


@pytest.mark.parametrize("rule", PLANTED, ids=lambda rule: rule.__name__)
def test_a_rule_can_be_broken(rule: Rule, house: Path) -> None:
    assert list(rule(house)) == []
    plant(house, PLANTED[rule])
    (said,) = rule(house)
    assert next(iter(PLANTED[rule])) in said


@pytest.mark.parametrize(
    "text",
    [
        "import random\nA = random.Random()",
        "from random import choice\nA = choice([1])",
        "import numpy as np\nA = np.random.default_rng()",
        "import numpy as np\nA = np.random.rand(3)",
        "from numpy.random import default_rng\nA = default_rng()",
    ],
)
def test_chance_has_many_names(text: str, house: Path) -> None:
    plant(house, {"loadgen/bad.py": text})
    assert len(list(tidy.chance_is_seeded(house))) == 1


def test_every_package_of_the_house_is_looked_at() -> None:
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert found - set(tidy.PACKAGES) == set()
    assert len(tidy.python_files(ROOT)) > 100
