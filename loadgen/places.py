"""Where the load process keeps its files within the folder of a run, and what its order says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gameday.kernel.clock import Anchor
from gameday.kernel.journal import write_durably
from gameday.kernel.words import LoadOrder
from loadgen.profiles import Load


@dataclass(frozen=True)
class Places:
    recording: Path

    @property
    def folder(self) -> Path:
        return self.recording / "load"

    @property
    def order(self) -> Path:
        return self.folder / "order.json"

    @property
    def status(self) -> Path:
        return self.folder / "status.json"

    @property
    def start(self) -> Path:
        """T0, durable before the first event is handed over."""
        return self.folder / "start.json"

    @property
    def mark(self) -> Path:
        return self.folder / "mark"

    @property
    def outcomes(self) -> Path:
        return self.folder / "outcomes"

    @property
    def log(self) -> Path:
        return self.recording / "logs" / "load.log"


@dataclass(frozen=True)
class Assignment:
    """An order together with the load it is about: all that a load process is told."""

    load: Load
    order: LoadOrder
    recording: Path

    def write(self) -> Path:
        order = self.order
        path = Places(self.recording).order
        data: dict[str, Any] = {
            "load": self.load.to_json(),
            "seed": order.seed,
            "nonce": order.nonce,
            "run_tag": order.run_tag,
            "anchor": order.anchor.to_json(),
            "cluster": order.cluster,
            "topic": order.topic,
            "bootstrap": order.bootstrap,
            "client": dict(order.client),
            "recording": str(self.recording.absolute()),
        }
        write_durably(path, data)
        return path

    @staticmethod
    def read(path: Path) -> Assignment:
        data = json.loads(path.read_text(encoding="utf-8"))
        order = LoadOrder(
            data["seed"],
            data["nonce"],
            data["run_tag"],
            Anchor.from_json(data["anchor"]),
            data["cluster"],
            data["topic"],
            data["bootstrap"],
            data["client"],
        )
        return Assignment(Load.from_json(data["load"]), order, Path(data["recording"]))
