"""Where a load process keeps its files within the folder of a run, and what its order says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gameday.kernel.clock import Anchor
from gameday.kernel.journal import write_durably
from gameday.kernel.words import LoadOrder
from loadgen.profiles import Load


@dataclass(frozen=True)
class Part:
    """One of several load processes that share a plan: it sends the payments that fall to it."""

    number: int = 0
    of: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.number < self.of:
            raise ValueError(f"of {self.of} parts there is none with number {self.number}")


WHOLE = Part()


@dataclass(frozen=True)
class Places:
    recording: Path
    part: Part = WHOLE

    @property
    def writer(self) -> str:
        """Under which name tables are written."""
        return "load" if self.part == WHOLE else f"load-{self.part.number}"

    @property
    def folder(self) -> Path:
        whole = self.recording / "load"
        return whole if self.part == WHOLE else whole / str(self.part.number)

    @property
    def order(self) -> Path:
        return self.folder / "order.json"

    @property
    def status(self) -> Path:
        return self.folder / "status.json"

    @property
    def counters(self) -> Path:
        return self.folder / "counters"

    @property
    def start(self) -> Path:
        """T0, durable before the first event is handed over."""
        return self.folder / "start.json"

    @property
    def ready(self) -> Path:
        """When this part could start, for the other parts to read."""
        return self.recording / "load" / "ready" / str(self.part.number)

    @property
    def mark(self) -> Path:
        return self.folder / "mark"

    @property
    def outcomes(self) -> Path:
        return self.folder / "outcomes"

    @property
    def log(self) -> Path:
        return self.recording / "logs" / f"{self.writer}.log"


def all_places(recording: Path) -> Iterator[Places]:
    """Of every load process that was given an order in this run."""
    for path in sorted((recording / "load").glob("**/order.json")):
        yield Places(recording, Assignment.read(path).part)


@dataclass(frozen=True)
class Assignment:
    """An order together with the load it is about: all that a load process is told."""

    load: Load
    order: LoadOrder
    recording: Path
    part: Part = WHOLE
    t0_us: int | None = None  # None: as soon as the process is ready
    tables: bool = True  # False: counters and ledger alone, for loads that nobody judges

    @property
    def places(self) -> Places:
        return Places(self.recording, self.part)

    def write(self) -> Path:
        order = self.order
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
            "part": asdict(self.part),
            "t0_us": self.t0_us,
            "tables": self.tables,
        }
        write_durably(self.places.order, data)
        return self.places.order

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
        return Assignment(
            Load.from_json(data["load"]),
            order,
            Path(data["recording"]),
            Part(**data["part"]),
            data["t0_us"],
            data["tables"],
        )
