"""Faults, one file each: how to aim, inject, confirm and heal; the lists below are found by looking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from faults.cut import Cut
from faults.delay import Delay
from faults.expire import Expire
from faults.kill import Kill
from faults.nothing import Disabled
from faults.pause import Pause
from faults.seam_kill import SeamKill
from gameday.kernel import catalog
from gameday.kernel.words import Confirmation, Undo

__all__ = ["Cut", "Delay", "Disabled", "Expire", "Kill", "Pause", "SeamKill", "healers", "inks"]

Healer = Callable[[Undo, Any], Confirmation]


def healers() -> dict[str, Healer]:
    """`heal` of every fault file, by the kind that its undo records carry: the name of the file."""
    return {
        module.__name__.rpartition(".")[2]: module.heal
        for module in catalog.modules_in(__name__)
        if hasattr(module, "heal")
    }


def inks() -> dict[str, Mapping[str, str]]:
    """Label and colour of every kind of fault, for reports, which know no fault by name."""
    painted: list[Any] = list(catalog.classes_in(__name__, where=lambda c: hasattr(c, "colour")).values())
    return {fault.kind: {"label": fault.label, "colour": fault.colour} for fault in painted}
