"""Expire: confirmed by what is gone, refused where nothing can expire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from faults import Expire
from faults._aim import CannotBeHurt
from faults.expire import heal


@dataclass
class Log:
    """Partitions of ten records a second; `deaf` ones expire nothing."""

    deaf: tuple[int, ...] = ()
    name: str = "topic"
    ref: Mapping[str, Any] = field(default_factory=dict)
    first: dict[int, int] = field(default_factory=lambda: {0: 0, 1: 0})

    def begins(self) -> Mapping[int, int]:
        return dict(self.first)

    def expire(self, older_than_s: float) -> str:
        for partition in self.first:
            if partition not in self.deaf:
                self.first[partition] = 100 - int(10 * older_than_s)
        return "expired"


def status_of(log: Log) -> str:
    fault = Expire("topic", older_than_s=2, confirm_within_s=0.2)
    shot = fault.aim(SimpleNamespace(victims={"topic": log}))  # type: ignore[arg-type]
    shot.inject()
    assert heal(shot.undo, log).status == "confirmed"
    return shot.confirm().status


def test_every_partition_must_begin_later() -> None:
    assert status_of(Log()) == "confirmed"
    assert status_of(Log(deaf=(1,))) == "mismatch"
    assert status_of(Log(first={})) == "mismatch"


def test_what_keeps_no_log_cannot_expire() -> None:
    broker = SimpleNamespace(name="broker-1", kill=lambda: "")
    with pytest.raises(CannotBeHurt, match="begins, expire"):
        Expire("broker-1", 2).aim(SimpleNamespace(victims={"broker-1": broker}))  # type: ignore[arg-type]


def test_a_plan_says_what_expires() -> None:
    assert str(Expire("topic", 2.5)) == "records of topic older than 2.5 s"
