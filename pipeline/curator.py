"""The curator: curated payments out of loaded batches, in the same transaction as the note that says so."""

import logging
from typing import Final

from pipeline import lease, survivor
from pipeline.clock import now_us
from pipeline.config import Config
from pipeline.waiting import Backoff, Stop
from pipeline.warehouse import Warehouse, WarehouseTrouble, literal, transaction
from pipeline.warehouse_client import WarehouseClient

log = logging.getLogger("pipeline.curator")

POLL_S: Final = 1.0
BATCHES_MAX: Final = 20
"""In one transaction; bounds its size after a long standstill."""


def waiting_batches(warehouse: Warehouse, database: str) -> list[str]:
    rows = warehouse.run(
        f"""SELECT batch_id FROM {database}.ctl.load_ledger AS loaded
        WHERE NOT EXISTS (SELECT 1 FROM {database}.ctl.task_effect
            WHERE task = 'curate' AND partition_key = loaded.batch_id)
        ORDER BY load_seq LIMIT {BATCHES_MAX}"""
    )
    return [str(row[0]) for row in rows]


def curate_transaction(
    held: lease.Lease, batches: list[str], weaknesses: frozenset[str] = frozenset()
) -> str:
    """Curated rows and task effects of these batches, behind the fence."""
    curated = survivor.curate(held.database, batches, weaknesses)
    return transaction(*held.fence(), *curated, _effects(held.database, batches))


def _effects(database: str, batches: list[str]) -> str:
    """One note per batch. Its output hash covers the curated classes that the batch touched.

    A batch that was curated meanwhile makes this break its primary key, which undoes the transaction.
    """
    listed = ", ".join(literal(batch) for batch in batches)
    return f"""INSERT INTO {database}.ctl.task_effect
        SELECT 'curate', batch_id, file_sha, coalesce(output_hash, ''), {now_us()}
        FROM {database}.ctl.load_ledger LEFT JOIN (
            SELECT touched.batch_id, sha256(string_agg(bk_hash || event_id || canonical_hash, ''
                ORDER BY bk_hash)) AS output_hash
            FROM (SELECT DISTINCT batch_id, bk_hash FROM {database}.raw.events
                  WHERE batch_id IN ({listed})) AS touched
            JOIN {database}.cur.payment_event USING (bk_hash) GROUP BY touched.batch_id
        ) USING (batch_id) WHERE batch_id IN ({listed})"""


def curate_waiting(config: Config, warehouse: Warehouse) -> bool:
    """Curate what waits, up to the bound; True if there may be more."""
    database = config.warehouse.database
    batches = waiting_batches(warehouse, database)
    if not batches:
        return False
    held = lease.held(warehouse, database, lease.CURATOR, config.cluster)
    warehouse.run(curate_transaction(held, batches, config.weaknesses))
    log.info("curated %s batches up to %s", len(batches), batches[-1])
    return len(batches) == BATCHES_MAX


def run(config: Config, stop: Stop) -> None:
    """Poll the ledger; what waits is asked anew each time, so a lost answer needs no special care."""
    backoff = Backoff(first_s=POLL_S, last_s=5.0)
    with WarehouseClient.for_role(config, "curator") as warehouse:
        while not stop:
            try:
                more = curate_waiting(config, warehouse)
            except (WarehouseTrouble, lease.NotOwner) as error:
                pause = backoff.pause_s()
                log.warning("%s: %s; again in %.1f s", type(error).__name__, error, pause)
                stop.pause(pause)
            else:
                backoff.reset()
                if not more:
                    stop.pause(POLL_S)
