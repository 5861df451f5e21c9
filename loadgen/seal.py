"""From mark and outcomes to the tables `intent`, `send` and `metric`, and the seals of the first two."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from gameday.kernel.recording import SCHEMAS, Recording, Seal, as_table
from loadgen.draws import Ints
from loadgen.events import Encoder
from loadgen.ids import Ids
from loadgen.intent import intent_table
from loadgen.ledger import Mark
from loadgen.ledger_format import ACK, FATES, RECORD, UNKNOWN, Records
from loadgen.ledger_reader import LedgerReader
from loadgen.places import WHOLE, Assignment, Part, Places, all_places
from loadgen.plan import Plan
from loadgen.schedule import Stretch, stretches
from loadgen.senders.fates import name_of

_SECOND = 1_000_000
_ROWS_AT_ONCE = 1 << 16
_COUNTED_BY = "outcomes and unknowns, against the plan's attempts below the mark"


def seal_after_crash(recording: Path) -> bool:
    """Seal what killed load processes left; False if there is nothing to seal or it was sealed before."""
    unsealed = [places for places in all_places(recording) if not _is_sealed(places)]
    for places in unsealed:
        if Assignment.read(places.order).tables:
            seal_ledger(recording, places.part)
    return bool(unsealed)


def _is_sealed(places: Places) -> bool:
    return any(_is_by(places, path) for path in Recording(places.recording).files("seal"))


def _is_by(places: Places, path: Path) -> bool:
    return path.name.rpartition("-")[0] == places.writer


def seal_ledger(folder: Path, part: Part = WHOLE) -> None:
    """Write the tables and their seals. What a sealing that was cut short had written is replaced."""
    _Sealing(Places(folder, part)).run()


class _Sealing:
    """Goes along the schedule once, some slabs at a time: memory does not depend on how long a run was."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._recording = Recording(places.recording)
        self._assignment = Assignment.read(places.order)
        self._order = self._assignment.order
        self._plan = Plan(self._assignment.load, self._order.seed)
        self._mark = Mark.read(places.mark) if places.mark.exists() else 0
        self._t0_us = _t0(places)
        self._ledger = LedgerReader.open(places.outcomes)
        ids = Ids(self._order.nonce, self._order.run_tag)
        self._encoder = Encoder(self._plan.seed, ids, self._t0_us, self._plan.load.entropy)
        self._beat = _Beat(self._t0_us)
        self._expected = self._matched = self._intended = 0

    def run(self) -> None:
        for name in ("intent", "send", "metric"):
            for leftover in self._files(name):
                leftover.unlink()
        for group in _grouped(stretches(self._plan, self._places.part), self._mark):
            self._write_intent(group)
            self._write_sends(group)
        if not self._expected:
            for name in ("intent", "send"):
                self._write(name, SCHEMAS[name].empty_table())
        self._recording.add("metric", self._beat.rows(), self._places.writer)
        # A record that belongs to no attempt below the mark, or to one that has another, is one row too many.
        surplus = self._ledger.count - self._matched
        send = Seal("send", self._stored("send") + surplus, self._expected, _COUNTED_BY)
        intent = Seal(
            "intent", self._stored("intent"), self._intended, "rows of the plan's slabs up to the mark"
        )
        self._recording.add("seal", [asdict(send), asdict(intent)], self._places.writer)

    def _files(self, name: str) -> list[Path]:
        return [path for path in self._recording.files(name) if _is_by(self._places, path)]

    def _stored(self, name: str) -> int:
        return sum(pq.read_metadata(path).num_rows for path in self._files(name))

    def _write(self, name: str, table: pa.Table) -> None:
        self._recording.write(name, table, self._places.writer)

    def _write_intent(self, group: list[Stretch]) -> None:
        tables = []
        for stretch in group:
            wire = self._encoder.encode(stretch.rows)
            tables.append(intent_table(stretch.rows, wire, self._t0_us))
            self._intended += len(stretch.rows)
        self._write("intent", pa.concat_tables(tables))

    def _write_sends(self, group: list[Stretch]) -> None:
        records = self._ledger.between(group[0].first_position, group[-1].first_position + len(group[-1]))
        tables = []
        for stretch in group:
            count = min(len(stretch), self._mark - stretch.first_position)
            tables.append(self._sends(stretch, count, records))
            self._expected += count
        self._write("send", pa.concat_tables(tables))

    def _sends(self, stretch: Stretch, count: int, records: Records) -> pa.Table:
        positions = stretch.first_position + np.arange(count, dtype=np.int64)
        at, has = _find(positions, records)
        self._matched += int(has.sum())
        mine = np.zeros(count, dtype=RECORD)
        mine["fate"], mine["offset"], mine["partition"] = UNKNOWN, -1, -1
        mine[has] = records[at[has]]
        due = stretch.due[:count] + self._t0_us
        self._beat.add(mine["t_invoke"][has], due[has])
        errors = {int(code): name_of(int(code)) for code in np.unique(mine["error"]) if code}
        return as_table(
            "send",
            {
                "uid": stretch.sent.uid[:count],
                "copy": stretch.sent.copy[:count].astype(np.int32),
                "attempt": stretch.attempt[:count].astype(np.int32),
                "path": ["kafka"] * count,
                "t_due": due,
                "t_invoke": _unless(~has, mine["t_invoke"]),
                "t_done": _unless(~has, mine["t_done"]),
                "outcome": [FATES[fate] for fate in mine["fate"].tolist()],
                "cluster": [self._order.cluster] * count,
                "topic": [self._order.topic] * count,
                "partition": _unless(mine["partition"] < 0, mine["partition"]),
                "src_offset": _unless((mine["offset"] < 0) | (mine["fate"] != ACK), mine["offset"]),
                "error": [
                    errors.get(code) if recorded else "no outcome was recorded"
                    for code, recorded in zip(mine["error"].tolist(), has.tolist(), strict=True)
                ],
            },
        )


def _grouped(all_stretches: Iterator[Stretch], mark: int) -> Iterator[list[Stretch]]:
    """Those below the mark, so many at a time that files are of a good size."""
    group: list[Stretch] = []
    for stretch in all_stretches:
        if stretch.first_position >= mark:
            break
        group.append(stretch)
        if sum(map(len, group)) >= _ROWS_AT_ONCE:
            yield group
            group = []
    if group:
        yield group


def _t0(places: Places) -> int:
    if not places.start.exists():
        return 0
    return int(json.loads(places.start.read_text(encoding="utf-8"))["t0_us"])


def _find(positions: Ints, records: Records) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Where the first record of each position is, and whether there is one."""
    at = np.searchsorted(records["position"], positions)
    inside = np.minimum(at, max(0, len(records) - 1))
    has = (at < len(records)) & (records["position"][inside] == positions) if len(records) else at < 0
    return inside, has


def _unless(null: npt.NDArray[np.bool_], values: npt.NDArray[Any]) -> pa.Array:
    return pa.array(values, mask=null)


class _Beat:
    """Per second: the schedule's error at the 99th percentile, and the sends. Fed in order."""

    def __init__(self, t0_us: int) -> None:
        self._t0_us = t0_us
        self._open: dict[int, list[Ints]] = {}
        self._rows: list[dict[str, Any]] = []

    def add(self, invoked: Ints, due: Ints) -> None:
        second = (invoked - self._t0_us) // _SECOND
        for number in np.unique(second).tolist():
            self._open.setdefault(number, []).append((invoked - due)[second == number])
        for number in sorted(self._open)[:-1]:  # events are invoked in the order in which they are due
            self._close(number)

    def rows(self) -> list[dict[str, Any]]:
        for number in sorted(self._open):
            self._close(number)
        return self._rows

    def _close(self, number: int) -> None:
        errors = np.concatenate(self._open.pop(number))
        t = self._t0_us + number * _SECOND
        p99 = float(np.percentile(errors, 99))
        self._rows.append({"t": t, "name": "schedule_late_us", "labels": "", "value": p99})
        self._rows.append({"t": t, "name": "rate", "labels": "", "value": float(len(errors))})
