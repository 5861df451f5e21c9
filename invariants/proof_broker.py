"""The proof of the judge where the broker is the only hop: the same five corruptions, planted there."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from gameday.kernel.recording import Recording
from invariants.chain import columns, same
from invariants.proof import (
    Change,
    Corruption,
    Plan,
    Row,
    at_coordinates,
    behind,
    ends,
    exchanged,
    set_where,
    some,
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


def _broker(event: Row, change: Change, *more: Row) -> Plan:
    return Plan(event, {"broker_scan": change}, [event, *more])


def loss(recording: Recording, clean: Sequence[Row]) -> Plan:
    """A record disappears."""
    event = some(clean, 0.3)
    return _broker(event, lambda table: without(table, event))


def duplicate(recording: Recording, clean: Sequence[Row]) -> Plan:
    """A record is at the end of its partition once more."""
    event = some(clean, 0.4)
    after = ends(recording)[(event["cluster"], event["topic"], event["partition"])] + 1

    def change(table: pa.Table) -> pa.Table:
        again = table.filter(at_coordinates(table, event))
        everywhere = pa.repeat(True, again.num_rows)
        return pa.concat_tables([table, set_where(again, everywhere, "src_offset", pa.scalar(after))])

    return _broker(event, change)


def changed_value(recording: Recording, clean: Sequence[Row]) -> Plan:
    """The bytes at the broker are others than those that were sent."""
    event = some(clean, 0.5)

    def change(table: pa.Table) -> pa.Table:
        return set_where(
            table, at_coordinates(table, event), "body_hash", pc.bit_wise_not(table["body_hash"])
        )

    return _broker(event, change)


def lost_tail(recording: Recording, clean: Sequence[Row]) -> Plan:
    """The last clean record of a partition and all behind it are gone: nothing later gives it away."""
    event = some(clean, 1.0)

    def change(table: pa.Table) -> pa.Table:
        gone = pc.greater_equal(table["src_offset"], event["src_offset"])
        for name in ("cluster", "topic", "partition"):
            gone = pc.and_(gone, pc.equal(table[name], event[name]))
        return table.filter(pc.invert(gone))

    return _broker(event, change, *behind(recording, event))


def reorder(recording: Recording, clean: Sequence[Row]) -> Plan:
    """Two events of one key change places, in the ledger and at the broker."""
    return exchanged(recording, clean, ("send", "broker_scan"))


CORRUPTIONS: tuple[Corruption, ...] = (
    ("a loss", loss, "W1", "broker"),
    ("a duplicate", duplicate, "W2", "broker"),
    ("a reorder", reorder, "O3", "broker"),
    ("a changed value", changed_value, "W2", "broker"),
    ("a lost tail", lost_tail, "W1", "broker"),
)
