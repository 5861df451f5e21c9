"""What can be hurt, and how: a handle offers capabilities, and a fault asks for the one that it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from gameday.kernel.words import Probe


class Handle(Protocol):
    """Something that can be hurt. `ref` is all that another process needs to open it again."""

    @property
    def name(self) -> str: ...
    @property
    def ref(self) -> Mapping[str, Any]: ...


class Killable(Handle, Protocol):
    def identity(self) -> Mapping[str, Any]: ...  # who lives now: pid, start time
    def kill(self) -> str: ...
    def gone(self, identity: Mapping[str, Any]) -> str | None: ...  # proof that this life ended, or None
    def bring_back(self, identity: Mapping[str, Any], within_s: float) -> str: ...  # or await its supervisor


class Pausable(Handle, Protocol):
    def identity(self) -> Mapping[str, Any]: ...
    def freeze(self) -> str: ...
    def thaw(self, identity: Mapping[str, Any]) -> str: ...
    def answers(self, within_s: float) -> Probe: ...  # a fresh request to the part itself
    def frozen(self) -> str | None: ...


class Seamed(Handle, Protocol):
    def arm(self, seam: str) -> str: ...
    def disarm(self, seam: str) -> str: ...
    def fired(self, seam: str) -> str | None: ...  # the marker written at the seam just before the exit
    def back(self, within_s: float) -> str: ...


class Expirable(Handle, Protocol):
    """A log whose oldest records can be made to expire, for good."""

    def expire(self, older_than_s: float) -> str: ...
    def begins(self) -> Mapping[int, int]: ...  # per partition the first offset that is still there


class Link(Handle, Protocol):
    """A directed path between two parts, over one or more channels."""

    @property
    def channels(self) -> Sequence[str]: ...
    def disturb(self, kind: str, channels: Sequence[str], settings: Mapping[str, Any]) -> str: ...
    def restore(self) -> str: ...  # no toxic left, enabled; read back
    def probe(self, channel: str, within_s: float) -> Probe: ...  # a fresh connection through this link
