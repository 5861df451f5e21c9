"""The bank by name: every planted defect, and how a history with or without it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import cast

from gameday.kernel.recording import SCHEMAS
from invariants.bank import consumer, lake, producer, recovery, warehouse, watched
from invariants.bank.planting import Defect, NothingToPlant, Plant, PlantInTables
from invariants.bank.sheet import Sheet
from invariants.bank.told import sheet_of
from invariants.bank.traffic import Spec
from invariants.bank.world import World

SECTIONS = (producer, consumer, lake, warehouse, recovery, watched)
TRIES = 40  # seeds that are looked at for a history on which a defect can act


@cache
def defects() -> tuple[Defect, ...]:
    """D01 to D41 in order, each with its variants."""
    found = [one for section in SECTIONS for one in vars(section).values() if isinstance(one, Defect)]
    return tuple(sorted(found, key=lambda one: (one.id, one.variant)))


def expressible(defect: Defect) -> bool:
    """Whether the recording has the tables that this defect needs."""
    return set(defect.tables) <= set(SCHEMAS)


def control(defect: Defect, seed: int) -> Sheet:
    """The same history with the switch off."""
    return sheet_of(World(_spec(defect, seed)))


def planted(defect: Defect, seed: int) -> tuple[Sheet, int]:
    """A history with the defect, and the seed that gave it: the first from this one on that it can act on."""
    for tried in range(seed, seed + TRIES * 1000, 1000):
        try:
            return _planted(defect, _spec(defect, tried)), tried
        except NothingToPlant:
            continue
    raise NothingToPlant(f"{defect.name}: none of {TRIES} histories has anything to act on")


def planted_in(defect: Defect, spec: Spec) -> Sheet:
    """The defect in a history of the caller's choice."""
    return _planted(defect, spec)


def _planted(defect: Defect, spec: Spec) -> Sheet:
    if defect.after == "told":
        world = World(spec)
        sheet = sheet_of(world)
        cast(PlantInTables, defect.plant)(sheet, world)
        return sheet
    plant: Plant = cast(Callable[[World], None], defect.plant)
    return sheet_of(World(spec, {defect.after: plant}))


def _spec(defect: Defect, seed: int) -> Spec:
    return replace(defect.spec, seed=seed)
