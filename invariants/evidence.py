"""What a recording holds about one event: read once, asked hop by hop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from invariants.chain import BRANCH, FIRST, Chain
from invariants.engines import Engine

Row = dict[str, Any]
Sighted = tuple[int | None, int | None]  # error and time of a first sight; two None if there was none


def place(row: Mapping[str, Any]) -> str:
    return "" if row["src_offset"] is None else f"{row['topic']}/{row['partition']}@{row['src_offset']}"


def short_place(row: Mapping[str, Any]) -> str:
    return "" if row["src_offset"] is None else f"{row['partition']}@{row['src_offset']}"


class Evidence:
    """Every row that carries an id, or lies at the coordinates of one of its attempts."""

    def __init__(self, engine: Engine, uid: int) -> None:
        self._engine, self._uid = engine, uid
        self.chain: Chain = engine.chain
        self.intents = engine.rows(f"SELECT * FROM intent WHERE uid = {uid} ORDER BY copy")
        self.trail = engine.rows(f"SELECT * FROM trail WHERE uid = {uid} ORDER BY copy, attempt")
        by_coordinates = (FIRST, *self.chain.coordinates, BRANCH, "suppressed")
        self._rows = {hop: self._read(hop) for hop in by_coordinates}
        self._rows |= {
            hop: engine.rows(f"SELECT * FROM {hop}_scan WHERE uid = {uid} ORDER BY copy, src_offset")
            for hop in self.chain.event
        }

    @cached_property
    def faults(self) -> Sequence[Row]:
        return self._engine.rows(
            "SELECT id, kind, victim, target, t_bite, t_healed FROM fault "
            "WHERE t_bite IS NOT NULL ORDER BY t_bite, id"
        )

    @cached_property
    def zero_us(self) -> int | None:
        found = self._engine.rows("SELECT min(t_from) AS t FROM phase")[0]["t"]
        return None if found is None else int(found)

    @property
    def rows_anywhere(self) -> bool:
        return any(self.rows(hop) for hop in self._rows)

    def rows(self, hop: str) -> list[Row]:
        """Those that carry this id."""
        return [row for row in self._rows[hop] if row["uid"] == self._uid]

    def at(self, hop: str, attempt: Row) -> list[Row]:
        """Those at the coordinates of an attempt."""
        if attempt["src_offset"] is None:
            return []
        return [row for row in self._rows[hop] if place(row) == place(attempt)]

    def suppressed(self, attempt: Row) -> list[Row]:
        return self.at("suppressed", attempt)

    def at_event(self, hop: str) -> list[Row]:
        return self._rows[hop]

    def at_told(self, attempt: Row) -> str:
        """What the broker has at the coordinates that it once acknowledged."""
        if attempt["told_offset"] is None:
            return "no offset was told, and its bytes are nowhere"
        where = f"{attempt['told_topic']}/{attempt['told_partition']}@{attempt['told_offset']}"
        there = [row for row in self._rows[FIRST] if place(row) == where]
        if there:
            other = there[0]["uid"]
            return "another row is there" if other is None else f"event {other} is there"
        topic, partition = _quoted(attempt["told_topic"]), attempt["told_partition"]
        last = self._engine.rows(
            f"SELECT max(src_offset) AS o FROM {FIRST}_scan WHERE topic = {topic} AND partition = {partition}"
        )[0]["o"]
        return f"nothing is there; the partition ends at {'no row' if last is None else last}"

    def active(self, at: int | None) -> tuple[str, ...]:
        """The faults that had bitten and were not yet healed."""
        if at is None:
            return ()
        return tuple(
            f"{f['id']} ({f['victim']})"
            for f in self.faults
            if f["t_bite"] <= at and (f["t_healed"] is None or at <= f["t_healed"])
        )

    def sighted(self, hop: str, container: str | None) -> Sighted:
        seen = self._sightings.get((hop, container))
        return (None, None) if seen is None else (seen["t_seen"] - seen["t_prev"], seen["t_seen"])

    def batch(self, container: str | None) -> Row:
        """What the load ledger says of a batch; empty if it does not name it."""
        return self._batches.get(container, {})

    def error_of(self, attempt: Row) -> str | None:
        key = (attempt["copy"], attempt["attempt"])
        return next((row["error"] for row in self._sends if (row["copy"], row["attempt"]) == key), None)

    @cached_property
    def _sends(self) -> Sequence[Row]:
        return self._engine.rows(f"SELECT copy, attempt, error FROM send WHERE uid = {self._uid}")

    @cached_property
    def _containers(self) -> str:
        names = {row["container"] for rows in self._rows.values() for row in rows if row["container"]}
        return ", ".join(_quoted(name) for name in sorted(names)) or "''"

    @cached_property
    def _sightings(self) -> Mapping[tuple[str, str | None], Row]:
        found = self._engine.rows(
            "SELECT hop, container, min(t_prev) AS t_prev, min(t_seen) AS t_seen FROM sighting "
            f"WHERE container IN ({self._containers}) GROUP BY hop, container"
        )
        return {(row["hop"], row["container"]): row for row in found}

    @cached_property
    def _batches(self) -> Mapping[str | None, Row]:
        found = self._engine.rows(f"SELECT * FROM load_batch_scan WHERE container IN ({self._containers})")
        return {row["container"]: row for row in found}

    def _read(self, hop: str) -> list[Row]:
        """By id, and by the coordinates where an attempt was found or was told to be."""
        wanted = [f"uid = {self._uid}"]
        for row in self.trail:
            for prefix in ("", "told_"):
                offset = row["src_offset" if not prefix else "told_offset"]
                if offset is not None:
                    topic, partition = _quoted(row[f"{prefix}topic"]), row[f"{prefix}partition"]
                    wanted.append(f"(topic = {topic} AND partition = {partition} AND src_offset = {offset})")
        return self._engine.rows(
            f"SELECT * FROM {hop}_scan WHERE {' OR '.join(wanted)} ORDER BY partition, src_offset, container"
        )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
