"""What people may ask of a run while it goes: more faults, an early heal, an early end of the load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gameday.kernel.protocols import Fault, System


@dataclass(frozen=True)
class Ask:
    """One fault asked for from outside; `id` is the asker's own, and every answer bears it."""

    id: str
    fault: Fault
    for_s: float


class Steering(Protocol):
    """Looked at every 100 ms while the load runs."""

    def asked(self, system: System) -> Sequence[Ask]: ...  # since the last look
    def heal_now(self) -> Sequence[str]: ...  # ids of asks whose fault shall end before its time
    def answer(self, id: str, text: str) -> None: ...  # why an ask was refused
    def seen(self, faults: Sequence[Mapping[str, Any]]) -> None: ...  # every fault so far
    def enough(self) -> bool: ...  # the load shall end now, in good order


class HandsOff:
    """Nobody asks anything: the run is what its scenario says."""

    def asked(self, system: System) -> Sequence[Ask]:
        return ()

    def heal_now(self) -> Sequence[str]:
        return ()

    def answer(self, id: str, text: str) -> None:
        return

    def seen(self, faults: Sequence[Mapping[str, Any]]) -> None:
        return

    def enough(self) -> bool:
        return False
