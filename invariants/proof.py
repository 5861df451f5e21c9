"""The proof of the judge: five corruptions, planted one at a time into a copy of the recording.

Each is planted on an event that offends nowhere, as if it had been scanned: the copy is sealed anew.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from gameday.kernel.recording import SCHEMAS, Recording, Seal
from invariants.catalog import everything
from invariants.chain import columns, same
from invariants.engines.duckdb import DuckDb
from invariants.judge import LARGE, MakeEngine, all_offenders, judge

COORDINATES = ("cluster", "topic", "partition", "src_offset")
Where = tuple[Any, ...]
Row = Mapping[str, Any]

# Events of one attempt each, found once everywhere, with no dead letter and no suppression of their kind.
_CLEAN = f"""
SELECT t.uid, t.copy, {columns("t")}, t.key, t.seq
FROM trail t
JOIN (SELECT uid FROM trail GROUP BY uid HAVING count(*) = 1) o ON o.uid = t.uid
LEFT JOIN surplus s ON {same("s", "t")}
WHERE t.fate = 'demanded' AND t.outcome = 'ACK' AND t.class = 'valid' AND t.first_missing_hop IS NULL
  AND t.n_raw = 1 AND t.n_load = 1 AND t.n_curated = 1 AND t.n_dlq IS NULL AND t.n_suppressed IS NULL
  AND s.uid IS NULL AND t.attempt = 0
ORDER BY t.cluster, t.topic, t.partition, t.src_offset"""


# Of a large recording, the events at the end of each partition and in its middle are enough to plant on.
_FEW = 256
_SAMPLE = f"""SELECT b.uid FROM broker_scan b
JOIN (SELECT cluster, topic, partition, min(src_offset) AS low, max(src_offset) AS high FROM broker_scan
      GROUP BY cluster, topic, partition) e
  ON e.cluster = b.cluster AND e.topic = b.topic AND e.partition = b.partition
WHERE b.src_offset > e.high - {_FEW} OR abs(2 * b.src_offset - e.low - e.high) <= {_FEW}"""


@dataclass(frozen=True)
class Planted:
    """One corruption, what must notice it where, and whether it did."""

    corruption: str
    invariant: str
    hop: str
    uid: int | None
    copy: int | None
    caught: bool
    detail: str


Change = Callable[[pa.Table], pa.Table]


@dataclass(frozen=True)
class Plan:
    """What to change at which places, by table, and the event that must then offend."""

    event: Row
    changes: Mapping[str, Change]
    places: Sequence[Row]  # coordinates; a file that holds none of them stays as it is


Make = Callable[[Recording, Sequence[Row]], Plan]
Corruption = tuple[str, Make, str, str]  # what, how, the invariant that must see it, at which hop


class NothingToPlant(LookupError):
    """The recording has no event on which this corruption could be planted."""


@dataclass
class Field:
    """Events that are whole and offend nowhere: of a large recording a few, all only where these fail."""

    recording: Recording
    make_engine: MakeEngine
    clean_sql: str
    judged: Sequence[str]
    _found: dict[bool, list[Row]] = field(default_factory=dict)

    def planted(self, make: Make) -> Plan:
        large = self.recording.stored("send") >= LARGE
        try:
            return make(self.recording, self._clean(few=large))
        except NothingToPlant:
            if not large:
                raise
        return make(self.recording, self._clean(few=False))

    def _clean(self, few: bool) -> list[Row]:
        if few not in self._found:
            engine = self.make_engine(self.recording)
            try:
                if few:
                    engine.sample(_SAMPLE)
                rows = engine.rows(self.clean_sql)
            finally:
                engine.close()
            offending = _offending(self.recording, self.judged)
            self._found[few] = [row for row in rows if row["uid"] not in offending]
        return self._found[few]


def prove(
    recording: Recording,
    workdir: Path,
    *,
    make_engine: MakeEngine = DuckDb,
    clean_sql: str = _CLEAN,
    corruptions: Sequence[Corruption] | None = None,
    judged: Iterable[str] | None = None,
) -> list[Planted]:
    """Plant each corruption and ask the judge; five of five have to be caught."""
    clean = Field(recording, make_engine, clean_sql, list(everything() if judged is None else judged))
    return [_plant(clean, workdir, *corruption) for corruption in corruptions or CORRUPTIONS]


def _offending(recording: Recording, judged: Iterable[str]) -> set[Any]:
    known: set[Any] = set()
    for id in judged:
        path = recording.folder / "offenders" / f"{id}.parquet"
        if path.exists() and "uid" in pq.read_schema(path).names:
            known.update(pq.read_table(path, columns=["uid"])["uid"].unique().to_pylist())
    return known


def _plant(clean: Field, workdir: Path, corruption: str, make: Make, id: str, hop: str) -> Planted:
    try:
        plan = clean.planted(make)
    except NothingToPlant as error:
        return Planted(corruption, id, hop, None, None, False, str(error))
    uid, copy = plan.event["uid"], plan.event["copy"]
    folder = workdir / corruption.replace(" ", "-")
    copied = _copy_of(clean.recording, folder, plan)
    try:
        (finding,) = judge(copied, [everything()[id]], held=[id], make_engine=clean.make_engine)
        caught = any(
            (row["uid"], row["copy"], row["hop"]) == (uid, copy, hop) for row in all_offenders(copied, id)
        )
        detail = "caught" if caught else f"not among the offenders: {finding.verdict.name}, {finding.why}"
        return Planted(corruption, id, hop, uid, copy, caught, detail)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy_of(recording: Recording, folder: Path, plan: Plan) -> Recording:
    """The recording once more: unchanged files are links, changed tables are written and sealed anew."""
    shutil.rmtree(folder, ignore_errors=True)
    copied = Recording.create(folder)
    shutil.copyfile(recording.folder / "run.json", folder / "run.json")
    for name in recording.tables():
        if name == "seal":
            continue
        (folder / "tables" / name).mkdir()
        for path in recording.files(name):
            if name in plan.changes and holds(path, plan.places):
                copied.write(name, plan.changes[name](part(path, name)), writer="planted")
            else:
                _link(path, folder / "tables" / name / path.name)
    for row in recording.rows("seal"):
        if row["hop"] not in plan.changes:
            copied.seal(Seal(**row))
    for name in plan.changes:
        rows = copied.stored(name)
        copied.seal(Seal(name, rows, rows, "planted"))
    return copied


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copyfile(source, target)


def part(path: Path, name: str) -> pa.Table:
    return pq.read_table(path).select(SCHEMAS[name].names).cast(SCHEMAS[name])


def holds(path: Path, places: Sequence[Row]) -> bool:
    """Whether a file has a row that may be at one of the places."""
    offsets = pa.array([place["src_offset"] for place in places], pa.int64())
    found = pc.is_in(pq.read_table(path, columns=["src_offset"])["src_offset"], value_set=offsets)
    return bool(pc.any(found, min_count=0).as_py())


def rows_at(recording: Recording, name: str, place: Row) -> pa.Table:
    """The rows of a table at a place."""
    parts = [part(path, name) for path in recording.files(name) if holds(path, [place])]
    whole = pa.concat_tables([SCHEMAS[name].empty_table(), *parts])
    return whole.filter(at_coordinates(whole, place))


def ends(recording: Recording) -> dict[Where, int]:
    """The last offset of each partition at the broker."""
    last: dict[Where, int] = {}
    for path in recording.files("broker_scan"):
        table = pq.read_table(path, columns=list(COORDINATES))
        for row in table.group_by(list(COORDINATES[:3])).aggregate([("src_offset", "max")]).to_pylist():
            where = (row["cluster"], row["topic"], row["partition"])
            last[where] = max(last.get(where, -1), row["src_offset_max"])
    return last


def at_coordinates(table: pa.Table, event: Row) -> pa.Array:
    """A mask of the rows at an event's coordinates."""
    mask = pc.equal(table["src_offset"], event["src_offset"])
    for name in ("cluster", "topic", "partition"):
        mask = pc.and_(mask, pc.equal(table[name], event[name]))
    return pc.fill_null(mask, False)


def without(table: pa.Table, event: Row) -> pa.Table:
    return table.filter(pc.invert(at_coordinates(table, event)))


def once_more(table: pa.Table, event: Row) -> pa.Table:
    return pa.concat_tables([table, table.filter(at_coordinates(table, event))])


def set_where(table: pa.Table, mask: pa.Array, column: str, value: pa.Scalar | pa.Array) -> pa.Table:
    index = table.schema.get_field_index(column)
    changed = pc.if_else(mask, value, table[column])
    return table.set_column(index, table.schema.field(column), changed.cast(table.schema.field(column).type))


def some(events: Sequence[Row], share: float) -> Row:
    if not events:
        raise NothingToPlant("no event is whole at every hop: there is nothing to plant on")
    return events[int(share * (len(events) - 1))]


def loss(recording: Recording, clean: Sequence[Row]) -> Plan:
    """A row of the load disappears."""
    event = some(clean, 0.3)
    return Plan(event, {"load_scan": lambda table: without(table, event)}, [event])


def duplicate(recording: Recording, clean: Sequence[Row]) -> Plan:
    """A row of curated appears once more."""
    event = some(clean, 0.4)
    return Plan(event, {"curated_scan": lambda table: once_more(table, event)}, [event])


def changed_value(recording: Recording, clean: Sequence[Row]) -> Plan:
    """The amount in curated is one minor unit more; the scan computes another hash from it."""
    event = some(clean, 0.5)

    def change(table: pa.Table) -> pa.Table:
        mask = at_coordinates(table, event)
        table = set_where(table, mask, "amount_minor", pc.add(table["amount_minor"], 1))
        return set_where(table, mask, "canonical_hash", pc.bit_wise_not(table["canonical_hash"]))

    return Plan(event, {"curated_scan": change}, [event])


def lost_tail(recording: Recording, clean: Sequence[Row]) -> Plan:
    """The last record of a partition never gets beyond the broker: no later row gives it away."""
    last = ends(recording)
    tails = [e for e in clean if last.get((e["cluster"], e["topic"], e["partition"])) == e["src_offset"]]
    if tails:
        return _drop_downstream(recording, [tails[-1]])
    # No partition ends with a clean event: the records behind the last clean one are taken away everywhere.
    event = some(clean, 1.0)
    return _drop_downstream(recording, [event, *behind(recording, event)])


def behind(recording: Recording, event: Row) -> list[Row]:
    found: list[Row] = []
    for path in recording.files("broker_scan"):
        table = pq.read_table(path, columns=list(COORDINATES))
        later = pc.greater(table["src_offset"], event["src_offset"])
        for name in COORDINATES[:3]:
            later = pc.and_(later, pc.equal(table[name], event[name]))
        found += table.filter(later).to_pylist()
    return found


def _drop_downstream(recording: Recording, gone: Sequence[Row]) -> Plan:
    def change(table: pa.Table) -> pa.Table:
        for place in gone:
            table = without(table, place)
        return table

    names = ("raw_scan", "load_scan", "curated_scan", "suppressed_scan", "dlq_scan")
    return Plan(gone[0], {name: change for name in names if recording.files(name)}, gone)


def reorder(recording: Recording, clean: Sequence[Row]) -> Plan:
    """Two events of one key change places, in the ledger and in every scan."""
    return exchanged(recording, clean, ("send", "broker_scan", "raw_scan", "load_scan", "curated_scan"))


def exchanged(recording: Recording, clean: Sequence[Row], names: Sequence[str]) -> Plan:
    latest: dict[Where, Row] = {}
    pairs = []
    for row in clean:
        where = (row["cluster"], row["topic"], row["partition"], row["key"])
        before = latest.get(where)
        if before is not None and row["seq"] > before["seq"]:
            pairs.append((before, row))
        latest[where] = row
    if not pairs:
        raise NothingToPlant("no key has two whole events in one partition: there is nothing to reorder")
    pair = pairs[len(pairs) // 2]
    return Plan(pair[1], {name: swap(recording, name, *pair) for name in names}, pair)


def swap(recording: Recording, name: str, one: Row, other: Row) -> Change:
    """What was at one place is at the other; a place keeps its container and position."""
    first, second = (rows_at(recording, name, place) for place in (one, other))

    def change(table: pa.Table) -> pa.Table:
        at_one, at_other = at_coordinates(table, one), at_coordinates(table, other)
        for column in ("src_offset", "container", "position"):
            if column in table.schema.names and len(first) == 1 and len(second) == 1:
                table = set_where(table, at_one, column, second[column][0])
                table = set_where(table, at_other, column, first[column][0])
        return table

    return change


CORRUPTIONS: tuple[Corruption, ...] = (
    ("a loss", loss, "Z2", "load"),
    ("a duplicate", duplicate, "U1", "curated"),
    ("a reorder", reorder, "O3", "broker"),
    ("a changed value", changed_value, "Z8", "curated"),
    ("a lost tail", lost_tail, "Z2", "raw"),
)
