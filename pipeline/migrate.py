"""Migrate: attach the namespace's database to the warehouse and make its tables."""

import logging
import time
from pathlib import Path
from typing import Final

from pipeline import tables
from pipeline.config import Config
from pipeline.waiting import Backoff, Stop
from pipeline.warehouse import OutcomeUnknown, Warehouse, literal, transaction
from pipeline.warehouse_client import WarehouseClient

log = logging.getLogger("pipeline.migrate")

TIMEOUT_S: Final = 30.0


def run(config: Config) -> None:
    """Every statement may be repeated, so an unknown outcome is answered by doing it again."""
    deadline = time.monotonic() + TIMEOUT_S
    backoff, stop = Backoff(first_s=0.2, last_s=2.0), Stop().on_signals()
    with WarehouseClient.for_role(config, "admin") as warehouse:
        while not stop:
            try:
                _migrate(config, warehouse)
            except OutcomeUnknown as error:
                if time.monotonic() >= deadline:
                    raise
                log.warning("warehouse does not answer yet: %s", error)
                stop.pause(backoff.pause_s())
            else:
                return


def _migrate(config: Config, warehouse: Warehouse) -> None:
    database = config.warehouse.database
    path = (config.warehouse.data or _data_folder(warehouse)) / f"{database}.duckdb"
    warehouse.run(f"ATTACH IF NOT EXISTS {literal(str(path))} AS {database}")
    warehouse.run(transaction(*tables.create(database, config.cluster, config.weaknesses)))
    log.info("%s is ready in %s", database, path)


def _data_folder(warehouse: Warehouse) -> Path:
    """The server's data folder; it keeps its spill folder there."""
    rows = warehouse.run("SELECT current_setting('temp_directory')")
    return Path(str(rows[0][0])).parent
