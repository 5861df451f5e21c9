"""Senders, one file each: they take events and report one of three fates for every attempt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

# position, t_invoke, t_done, offset, partition, error, fate: the fields of a ledger record
Report = Callable[[int, int, int, int, int, int, int], None]


class Sender(Protocol):
    """What the load process drives. Nothing here may block for longer than it is told to."""

    def ready(self, within_s: float) -> None: ...  # returns once the first event can be sent, or raises
    def send(self, position: int, key: bytes, value: bytes) -> None: ...
    def wait(self, seconds: float) -> None: ...  # serves outcomes meanwhile; returns early if there were any
    def pending(self) -> int: ...  # attempts whose outcome is not known yet
    def abandon(self) -> None: ...  # give up on what is pending: it is UNKNOWN
