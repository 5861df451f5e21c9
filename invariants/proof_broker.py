"""The proof of the judge where the broker is the only hop: the same five corruptions, planted there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from gameday.kernel.recording import Recording
from invariants.chain import columns, same
from invariants.proof import (
    COORDINATES,
    Corruption,
    NothingToPlant,
    Plan,
    Row,
    Where,
    at_coordinates,
    set_where,
    some,
    swap,
    without,
)

# Events of one attempt each that are where their acknowledgement says.
CLEAN = f"""
SELECT t.uid, t.copy, {columns("t")}, t.key, t.seq
FROM attempts t
JOIN (SELECT uid FROM attempts GROUP BY uid HAVING count(*) = 1) o ON o.uid = t.uid
LEFT JOIN surplus s ON {same("s", "t")}
WHERE t.outcome = 'ACK' AND t.class = 'valid' AND t.attempt = 0 AND t.src_offset IS NOT NULL AND s.uid IS NULL
ORDER BY t.cluster, t.topic, t.partition, t.src_offset"""


def _broker(table: pa.Table) -> Mapping[str, pa.Table]:
    return {"broker_scan": table}


def loss(recording: Recording, clean: Sequence[Row]) -> Plan:
    """A record disappears."""
    event = some(clean, 0.3)
    return Plan(event, _broker(without(recording.read("broker_scan"), event)))


def duplicate(recording: Recording, clean: Sequence[Row]) -> Plan:
    """A record is at the end of its partition once more."""
    event = some(clean, 0.4)
    table = recording.read("broker_scan")
    again = table.filter(at_coordinates(table, event))
    last = _ends(table)[(event["cluster"], event["topic"], event["partition"])]
    number = again.schema.get_field_index("src_offset")
    again = again.set_column(number, again.schema.field(number), pa.array([last + 1], pa.int64()))
    return Plan(event, _broker(pa.concat_tables([table, again])))


def changed_value(recording: Recording, clean: Sequence[Row]) -> Plan:
    """The bytes at the broker are others than those that were sent."""
    event = some(clean, 0.5)
    table = recording.read("broker_scan")
    mask = at_coordinates(table, event)
    return Plan(event, _broker(set_where(table, mask, "body_hash", pc.bit_wise_not(table["body_hash"]))))


def lost_tail(recording: Recording, clean: Sequence[Row]) -> Plan:
    """The last clean record of a partition and all behind it are gone: nothing later gives it away."""
    event = some(clean, 1.0)
    table = recording.read("broker_scan")
    behind = pc.greater_equal(table["src_offset"], event["src_offset"])
    for name in ("cluster", "topic", "partition"):
        behind = pc.and_(behind, pc.equal(table[name], event[name]))
    return Plan(event, _broker(table.filter(pc.invert(behind))))


def reorder(recording: Recording, clean: Sequence[Row]) -> Plan:
    """Two events of one key change places, in the ledger and at the broker."""
    latest: dict[Where, Row] = {}
    pairs = []
    for row in clean:
        where = (row["cluster"], row["topic"], row["partition"], row["key"])
        before = latest.get(where)
        if before is not None and row["seq"] > before["seq"]:
            pairs.append((before, row))
        latest[where] = row
    if not pairs:
        raise NothingToPlant("no key has two clean events in one partition: there is nothing to reorder")
    earlier, later = pairs[len(pairs) // 2]
    return Plan(later, {name: swap(recording.read(name), earlier, later) for name in ("send", "broker_scan")})


def _ends(table: pa.Table) -> dict[Where, int]:
    last: dict[Where, int] = {}
    for row in table.select(list(COORDINATES)).to_pylist():
        where = (row["cluster"], row["topic"], row["partition"])
        last[where] = max(last.get(where, -1), row["src_offset"])
    return last


CORRUPTIONS: tuple[Corruption, ...] = (
    ("a loss", loss, "W1", "broker"),
    ("a duplicate", duplicate, "W2", "broker"),
    ("a reorder", reorder, "O3", "broker"),
    ("a changed value", changed_value, "W2", "broker"),
    ("a lost tail", lost_tail, "W1", "broker"),
)
