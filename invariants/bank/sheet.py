"""The tables of a made-up recording as rows, with the means to damage them and to write them down."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gameday.kernel.parts import PART_OF, PARTS
from gameday.kernel.recording import SCHEMAS, Recording, Seal

Row = dict[str, Any]
COORDINATES = ("cluster", "topic", "partition", "src_offset")


def at(row: Row) -> tuple[Any, ...]:
    """Where a row lies in the source."""
    return tuple(row[name] for name in COORDINATES)


def place(row: Row) -> tuple[Any, ...]:
    """The partition that a row lies in."""
    return tuple(row[name] for name in COORDINATES[:3])


@dataclass
class Sheet:
    """Rows by table; columns whose names begin with an underscore are notes that are not written."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in SCHEMAS})
    absent: set[str] = field(default_factory=lambda: {*PART_OF, "trial"})
    built: set[str] = field(default_factory=set)

    def add(self, table: str, **row: Any) -> Row:
        self.rows[table].append(row)
        return row

    def build(self, *parts: str) -> None:
        """The system makes these parts: their tables are written, be they empty."""
        self.built |= set(parts)
        for part in parts:
            self.absent -= set(PARTS[part])

    def find(self, table: str, **where: Any) -> list[Row]:
        return [row for row in self.rows[table] if all(row.get(k) == v for k, v in where.items())]

    def keep(self, table: str, wanted: Callable[[Row], bool]) -> None:
        self.rows[table] = [row for row in self.rows[table] if wanted(row)]

    def target(self, invariant: str, **values: float) -> None:
        for name, value in values.items():
            self.keep(
                "target",
                lambda row, name=name: (row["invariant"], row["name"]) != (invariant, name),  # type: ignore[misc]
            )
            self.add("target", invariant=invariant, name=name, value=float(value))

    def write(self, folder: Path, **facts: Any) -> Recording:
        recording = Recording.create(folder)
        recording.note(**facts)
        self.rows["part"] = [{"name": name, "built": name in self.built} for name in PARTS]
        seals = self.rows["seal"]
        for name, rows in self.rows.items():
            if name in self.absent or name == "seal":
                continue
            recording.add(name, [_told(row) for row in rows])
            seals = [*seals, vars(Seal(name, len(rows), len(rows), "rows made"))]
        recording.add("seal", seals)
        return recording


def _told(row: Row) -> Row:
    return {name: value for name, value in row.items() if not name.startswith("_")}


def by(rows: Iterable[Row], *names: str) -> dict[tuple[Any, ...], list[Row]]:
    """Rows grouped by the values of some columns, in the order of their first appearance."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row.get(name) for name in names), []).append(row)
    return groups
