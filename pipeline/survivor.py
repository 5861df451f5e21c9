"""The survivor rule as SQL: curated rows as a function of the set of raw facts.

Every class of equal ``bk_hash`` that a batch touches is computed anew from all of its raw rows. The
order is total and made of content, so neither the order of batches nor that of rows can show.
"""

from collections.abc import Sequence
from typing import Final

from pipeline import raw_schema
from pipeline.tables import PAYMENT_EVENT_COLUMNS
from pipeline.warehouse import literal

_COORDINATES: Final = ", ".join(raw_schema.COORDINATES)

# Only valid rows are loaded, so the first rule (valid schema first) needs no term of its own.
_SURVIVOR_ORDER: Final = f"""n_attributes DESC, CASE dialect WHEN 'DEDUP' THEN 0 WHEN 'DR' THEN 1 ELSE 2 END,
    canonical_hash, event_id, {_COORDINATES}"""


def curate(database: str, batches: Sequence[str]) -> tuple[str, str]:
    """Bring payments and duplicates up to date with these batches; repeatable."""
    return _payments(database, batches), _duplicates(database, batches)


def _classes(database: str, batches: Sequence[str]) -> str:
    """All raw rows of the touched classes, ranked: 1 survives."""
    listed = ", ".join(literal(batch) for batch in batches)
    return f"""
        touched AS (
            SELECT DISTINCT bk_hash FROM {database}.raw.events WHERE batch_id IN ({listed})),
        facts AS (
            SELECT * EXCLUDE (copy) FROM (
                SELECT events.*, row_number() OVER (PARTITION BY {_COORDINATES} ORDER BY batch_id) AS copy
                FROM {database}.raw.events AS events SEMI JOIN touched USING (bk_hash))
            WHERE copy = 1),
        ranked AS (
            SELECT facts.*,
                row_number() OVER (PARTITION BY bk_hash ORDER BY {_SURVIVOR_ORDER}) AS place,
                min(load_seq) OVER (PARTITION BY bk_hash) AS known_from
            FROM facts JOIN {database}.ctl.load_ledger USING (batch_id))"""


def _payments(database: str, batches: Sequence[str]) -> str:
    columns = ", ".join(PAYMENT_EVENT_COLUMNS)
    updates = ", ".join(f"{name} = excluded.{name}" for name in PAYMENT_EVENT_COLUMNS if name != "bk_hash")
    return f"""INSERT INTO {database}.cur.payment_event ({columns})
        WITH {_classes(database, batches)}
        SELECT {columns} FROM ranked WHERE place = 1
        ON CONFLICT (bk_hash) DO UPDATE SET {updates}"""


def _duplicates(database: str, batches: Sequence[str]) -> str:
    """A row that survived once and is displaced enters here; the new survivor was never in here."""
    survivor = ", ".join(f"survivor.{name} AS survivor_{name}" for name in raw_schema.COORDINATES)
    updated = ("survivor_event_id", *(f"survivor_{name}" for name in raw_schema.COORDINATES), "rule")
    updates = ", ".join(f"{name} = excluded.{name}" for name in updated)
    return f"""INSERT INTO {database}.cur.duplicate
        ({_COORDINATES}, event_id, bk_hash, survivor_event_id,
         {", ".join(f"survivor_{name}" for name in raw_schema.COORDINATES)}, rule, batch_id)
        WITH {_classes(database, batches)}
        SELECT {", ".join(f"other.{name}" for name in raw_schema.COORDINATES)},
            other.event_id, other.bk_hash, survivor.event_id AS survivor_event_id, {survivor},
            CASE WHEN other.event_id = survivor.event_id
                  AND other.canonical_hash = survivor.canonical_hash THEN 'ID1' ELSE 'ID3' END AS rule,
            other.batch_id
        FROM ranked AS other JOIN ranked AS survivor ON survivor.bk_hash = other.bk_hash
        WHERE survivor.place = 1 AND other.place > 1
        ON CONFLICT ({_COORDINATES}) DO UPDATE SET {updates}"""
