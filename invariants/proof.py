"""The proof of the judge: five corruptions, planted one at a time into a copy of the recording.

Each is planted on an event that offends nowhere, as if it had been scanned: the copy is sealed anew.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from gameday.kernel.recording import Recording, Seal
from invariants.catalog import everything
from invariants.chain import columns, same
from invariants.engines.duckdb import DuckDb
from invariants.judge import MakeEngine, all_offenders, judge

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


@dataclass(frozen=True)
class Plan:
    """What to change: new tables by name, and the event that must then offend."""

    event: Row
    tables: Mapping[str, pa.Table]


Make = Callable[[Recording, Sequence[Row]], Plan]
Corruption = tuple[str, Make, str, str]  # what, how, the invariant that must see it, at which hop


class NothingToPlant(LookupError):
    """The recording has no event on which this corruption could be planted."""


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
    engine = make_engine(recording)
    try:
        clean = engine.rows(clean_sql)
    finally:
        engine.close()
    spotless = _offending_nowhere(recording, clean, everything() if judged is None else judged)
    return [
        _plant(
            recording,
            workdir / corruption.replace(" ", "-"),
            corruption,
            make,
            id,
            hop,
            spotless,
            make_engine,
        )
        for corruption, make, id, hop in corruptions or CORRUPTIONS
    ]


def _offending_nowhere(recording: Recording, clean: Sequence[Row], judged: Iterable[str]) -> list[Row]:
    known: set[Any] = set()
    for id in judged:
        known |= {row.get("uid") for row in all_offenders(recording, id)}
    return [row for row in clean if row["uid"] not in known]


def _plant(
    recording: Recording,
    folder: Path,
    corruption: str,
    make: Callable[[Recording, Sequence[Row]], Plan],
    id: str,
    hop: str,
    clean: Sequence[Row],
    make_engine: MakeEngine,
) -> Planted:
    try:
        plan = make(recording, clean)
    except NothingToPlant as error:
        return Planted(corruption, id, hop, None, None, False, str(error))
    uid, copy = plan.event["uid"], plan.event["copy"]
    copied = _copy_of(recording, folder, plan.tables)
    try:
        (finding,) = judge(copied, [everything()[id]], held=[id], make_engine=make_engine)
        caught = any(
            (row["uid"], row["copy"], row["hop"]) == (uid, copy, hop) for row in all_offenders(copied, id)
        )
        detail = "caught" if caught else f"not among the offenders: {finding.verdict.name}, {finding.why}"
        return Planted(corruption, id, hop, uid, copy, caught, detail)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy_of(recording: Recording, folder: Path, changed: Mapping[str, pa.Table]) -> Recording:
    """The recording once more: unchanged files are links, changed tables are written and sealed anew."""
    shutil.rmtree(folder, ignore_errors=True)
    copied = Recording.create(folder)
    shutil.copyfile(recording.folder / "run.json", folder / "run.json")
    for name in recording.tables():
        if name in changed or name == "seal":
            continue
        (folder / "tables" / name).mkdir()
        for path in recording.files(name):
            _link(path, folder / "tables" / name / path.name)
    for name, table in changed.items():
        copied.write(name, table)
    for row in recording.rows("seal"):
        if row["hop"] not in changed:
            copied.seal(Seal(**row))
    for name, table in changed.items():
        copied.seal(Seal(name, table.num_rows, table.num_rows, "planted"))
    return copied


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copyfile(source, target)


def at_coordinates(table: pa.Table, event: Row) -> pa.Array:
    """A mask of the rows at an event's coordinates."""
    mask = pc.equal(table["src_offset"], event["src_offset"])
    for name in ("cluster", "topic", "partition"):
        mask = pc.and_(mask, pc.equal(table[name], event[name]))
    return pc.fill_null(mask, False)


def without(table: pa.Table, event: Row) -> pa.Table:
    return table.filter(pc.invert(at_coordinates(table, event)))


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
    return Plan(event, {"load_scan": without(recording.read("load_scan"), event)})


def duplicate(recording: Recording, clean: Sequence[Row]) -> Plan:
    """A row of curated appears once more."""
    event = some(clean, 0.4)
    table = recording.read("curated_scan")
    return Plan(
        event, {"curated_scan": pa.concat_tables([table, table.filter(at_coordinates(table, event))])}
    )


def changed_value(recording: Recording, clean: Sequence[Row]) -> Plan:
    """The amount in curated is one minor unit more; the scan computes another hash from it."""
    event = some(clean, 0.5)
    table = recording.read("curated_scan")
    mask = at_coordinates(table, event)
    table = set_where(table, mask, "amount_minor", pc.add(table["amount_minor"], 1))
    return Plan(
        event,
        {"curated_scan": set_where(table, mask, "canonical_hash", pc.bit_wise_not(table["canonical_hash"]))},
    )


def lost_tail(recording: Recording, clean: Sequence[Row]) -> Plan:
    """The last record of a partition never gets beyond the broker: no later row gives it away."""
    last: dict[Where, int] = {}
    broker = recording.read("broker_scan").select(list(COORDINATES)).to_pylist()
    for row in broker:
        where = (row["cluster"], row["topic"], row["partition"])
        last[where] = max(last.get(where, -1), row["src_offset"])
    tails = [e for e in clean if last.get((e["cluster"], e["topic"], e["partition"])) == e["src_offset"]]
    if tails:
        return _drop_downstream(recording, tails[-1], ())
    # No partition ends with a clean event: the records behind the last clean one are taken away everywhere.
    event = some(clean, 1.0)
    where = (event["cluster"], event["topic"], event["partition"])
    behind = [
        row
        for row in broker
        if (row["cluster"], row["topic"], row["partition"]) == where
        and row["src_offset"] > event["src_offset"]
    ]
    return _drop_downstream(recording, event, behind)


def _drop_downstream(recording: Recording, event: Row, behind: Iterable[Row]) -> Plan:
    tables = {}
    for name in ("raw_scan", "load_scan", "curated_scan", "suppressed_scan", "dlq_scan"):
        if not recording.files(name):
            continue
        table = recording.read(name)
        for gone in (event, *behind):
            table = without(table, gone)
        tables[name] = table
    return Plan(event, tables)


def reorder(recording: Recording, clean: Sequence[Row]) -> Plan:
    """Two events of one key change places, in the ledger and in every scan."""
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
    earlier, later = pairs[len(pairs) // 2]
    names = ("send", "broker_scan", "raw_scan", "load_scan", "curated_scan")
    return Plan(later, {name: swap(recording.read(name), earlier, later) for name in names})


def swap(table: pa.Table, one: Row, other: Row) -> pa.Table:
    """What was at one place is at the other; a place keeps its container and position."""
    at_one, at_other = at_coordinates(table, one), at_coordinates(table, other)
    for name in ("src_offset", "container", "position"):
        if name not in table.schema.names:
            continue
        first, second = table[name].filter(at_one), table[name].filter(at_other)
        if len(first) == 1 and len(second) == 1:
            table = set_where(set_where(table, at_one, name, second[0]), at_other, name, first[0])
    return table


CORRUPTIONS: tuple[Corruption, ...] = (
    ("a loss", loss, "Z2", "load"),
    ("a duplicate", duplicate, "U1", "curated"),
    ("a reorder", reorder, "O3", "broker"),
    ("a changed value", changed_value, "Z8", "curated"),
    ("a lost tail", lost_tail, "Z2", "raw"),
)
