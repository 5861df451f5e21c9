"""The nouns that the rooms exchange: plain frozen values, all of them printable and most of them JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from gameday.kernel.clock import Anchor
from gameday.kernel.recording import Seal


class HarnessError(Exception):
    """The harness or its stack is in trouble: says nothing about the pipeline (a pytest error)."""


class NothingToAim(HarnessError):
    """A question for a target had no answer."""


@dataclass(frozen=True)
class Undo:
    """What heals a fault, as data. `kind` names the file in faults/ whose `heal` understands it."""

    id: str
    kind: str
    victim: Mapping[str, Any]  # Handle.ref
    state: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Confirmation:
    status: str  # "confirmed" | "mismatch" | "inconclusive"
    evidence: str
    at_monotonic: float  # time.monotonic() when it was seen


@dataclass(frozen=True)
class Probe:
    """What one fresh, bounded request saw: answered, silent, reset or refused."""

    outcome: str  # "answered" | "silent" | "reset" | "refused"
    seconds: float
    detail: str = ""


@dataclass(frozen=True)
class Range:
    """Half-open range of source offsets."""

    cluster: str
    topic: str
    partition: int
    start: int
    stop: int


@dataclass(frozen=True)
class Container:
    """What becomes visible at once at a hop: a batch, a file, a load, a stretch of a log."""

    name: str
    ranges: Sequence[Range]


@dataclass(frozen=True)
class Frontier:
    """How far a hop has come: its containers so far, in order of appearance, and who did not answer."""

    containers: Sequence[Container]
    silent: frozenset[int] = frozenset()  # partitions whose end is not known at this look

    def positions(self) -> dict[tuple[str, str, int], int]:
        """Per partition, the offset below which everything is covered without a hole, counted from 0."""
        spans: dict[tuple[str, str, int], list[tuple[int, int]]] = {}
        for container in self.containers:
            for r in container.ranges:
                spans.setdefault((r.cluster, r.topic, r.partition), []).append((r.start, r.stop))
        reached: dict[tuple[str, str, int], int] = {}
        for key, pieces in spans.items():
            pieces.sort()
            end = 0
            for start, stop in pieces:
                if start > end:
                    break
                end = max(end, stop)
            reached[key] = end
        return reached

    def brief(self) -> str:
        """A text that is equal exactly if the frontier is."""
        ends = sorted(self.positions().items())
        return f"{len(self.containers)} containers; " + " ".join(f"{t}/{p}:{end}" for (_, t, p), end in ends)


@dataclass(frozen=True)
class Scan:
    """Everything found at a hop: one or more tables of the recording, each with its seal."""

    tables: Mapping[str, pa.Table]
    seals: Sequence[Seal]


@dataclass(frozen=True)
class Promises:
    """What a system promises: per hop, the seconds within which it serves again; which parts it makes."""

    rto_s: Mapping[str, float] = field(default_factory=dict)
    parts: tuple[str, ...] = ()  # of those in `parts.py`; for the others nothing is judged


@dataclass(frozen=True)
class LoadOrder:
    """Everything that a load process needs beside the plan itself."""

    seed: int
    nonce: str
    run_tag: int
    anchor: Anchor
    cluster: str
    topic: str
    bootstrap: str
    client: Mapping[str, Any] = field(default_factory=dict)
    owner: Mapping[str, Any] | None = None  # whose death makes the load process a leftover


@dataclass(frozen=True)
class LoadStatus:
    """Counts so far; `t0_us` is 0 until the first event is due."""

    t0_us: int
    planned: int
    due: int
    sent: int
    acked: int
    failed: int
    unknown: int
    late_ms_p99: float
    finished: bool
    error: str = ""
    plan_hash: str = ""  # as the load process made the plan
