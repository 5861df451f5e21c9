"""Configs that cannot be used say so, and weaknesses need permission."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline import weaknesses
from pipeline.config import ConfigError, load

ROOT = Path(__file__).parents[2]


def config(tmp_path: Path, **changes: Any) -> Path:
    body: dict[str, Any] = {
        "namespace": "n",
        "cluster": "a",
        "kafka": {"bootstrap": "127.0.0.1:1", "topic": "n.payments.events.v1", "options": {}},
        "lake": str(tmp_path / "lake"),
        "state": str(tmp_path / "state"),
        "logs": str(tmp_path / "logs"),
        "warehouse": {"database": "n", "token": "secret", "uri": {}, "deadline_s": 10},
        "spark": {"java_home": None, "jars": []},
        "extensions": [],
        "weaknesses": [],
    }
    path = tmp_path / "config.json"
    path.write_text(json.dumps(body | changes))
    return path


def test_a_config_has_defaults_for_what_rarely_changes(tmp_path: Path) -> None:
    found = load(config(tmp_path))
    assert (found.spark.master, found.spark.trigger_s, found.spark.heap_mb) == ("local[2]", 5, 512)


def test_a_missing_setting_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.json: the setting 'topic' is missing"):
        load(config(tmp_path, kafka={"bootstrap": "x"}))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.json"):
        load(tmp_path / "nowhere.json")


def test_weaknesses_need_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = config(tmp_path, weaknesses=["no_load_ledger"])
    monkeypatch.delenv(weaknesses.PERMISSION, raising=False)
    with pytest.raises(weaknesses.WeaknessRefused, match="not allowed"):
        load(path)
    monkeypatch.setenv(weaknesses.PERMISSION, "1")
    assert load(path).weaknesses == {"no_load_ledger"}
    with pytest.raises(weaknesses.WeaknessRefused, match="unknown"):
        load(config(tmp_path, weaknesses=["no_such"]))


def test_a_refused_weakness_is_exit_code_4(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != weaknesses.PERMISSION}
    path = config(tmp_path, weaknesses=["no_load_ledger"])
    ended = subprocess.run(
        [sys.executable, "-m", "pipeline", "loader", "--config", str(path)],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert ended.returncode == 4
    assert "not allowed" in ended.stderr


def test_the_pipeline_does_not_know_who_watches_it() -> None:
    strangers = re.compile(r"gameday|loadgen|\bharness\b|\b(faults|invariants|fixtures|reports|scenarios)\b")
    for path in (ROOT / "pipeline").rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            found = strangers.search(path.read_text())
            assert found is None, f"{path} mentions {found}"
