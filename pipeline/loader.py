"""The loader: manifests of the lake, in order, into the warehouse; each exactly once.

One transaction per manifest holds its rows and its ledger entry, so either both are there or none.
When no answer comes, nobody knows which: the ledger is asked before anything is repeated, and its
primary key refuses a second entry in case the first transaction was only late.
"""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pipeline import files, lease, manifest, raw_schema
from pipeline.clock import now_us
from pipeline.config import Config
from pipeline.load_memory import LedgerMemory, LoadMemory, LocalFileMemory
from pipeline.manifest import Manifest
from pipeline.seams import COMMITTED_NOT_ANSWERED, Seams
from pipeline.waiting import Backoff, Stop
from pipeline.warehouse import Warehouse, WarehouseTrouble, literal, refuse_unless, transaction
from pipeline.warehouse_client import WarehouseClient
from pipeline.weaknesses import NO_LOAD_LEDGER

log = logging.getLogger("pipeline.loader")

POLL_S: Final = 0.5


class TornFile(Exception):
    """A file is not the one that its manifest names."""


@dataclass
class Loader:
    config: Config
    warehouse: Warehouse
    memory: LoadMemory
    seam: Seams
    held: lease.Lease | None = field(default=None, init=False)

    def forget(self) -> None:
        """After a failure: what we knew of the warehouse may be wrong."""
        self.held = None
        self.memory.forget()

    def load_pending(self, stop: Stop) -> None:
        """Load every manifest that the ledger does not name."""
        self.held = self.held or lease.held(
            self.warehouse, self.config.warehouse.database, lease.LOADER, self.config.cluster
        )
        for pending in self._pending():
            if stop:
                return
            self._load(self.held, pending)

    def _pending(self) -> list[Manifest]:
        loaded = self.memory.loaded()
        found = sorted(path for path in self.config.manifests.glob("*.json") if path.stem not in loaded)
        return [manifest.read(path) for path in found]

    def _load(self, held: lease.Lease, pending: Manifest) -> None:
        file = self.config.lake / pending.raw.path
        if files.sha256_of(file) != pending.raw.sha256:
            raise TornFile(f"{file} is not the file that manifest {pending.batch_id} names; restore it")
        self.warehouse.run(load_transaction(held, pending, file, self.config.weaknesses))
        self.seam(COMMITTED_NOT_ANSWERED)
        self.memory.remember(pending.batch_id)
        log.info("loaded %s: %s rows", pending.batch_id, pending.valid_rows)


def load_transaction(
    held: lease.Lease, pending: Manifest, file: Path, weaknesses: frozenset[str] = frozenset()
) -> str:
    """Rows and ledger entry of one manifest, behind the fence."""
    columns = raw_schema.names(raw_schema.WAREHOUSE_RAW)
    batch = literal(pending.batch_id)
    events = f"{held.database}.raw.events"
    statements = [
        *held.fence(),
        _ledger_entry(held, pending, weaknesses),
        f"""INSERT INTO {events} ({columns}, batch_id)
            SELECT {columns}, {batch} FROM read_parquet({literal(str(file))}) WHERE reason IS NULL""",
    ]
    if NO_LOAD_LEDGER not in weaknesses:
        statements.append(
            refuse_unless(
                f"(SELECT count(*) FROM {events} WHERE batch_id = {batch}) = {pending.valid_rows}",
                f"{pending.batch_id} must add {pending.valid_rows} rows",
            )
        )
    return transaction(*statements)


def _ledger_entry(held: lease.Lease, pending: Manifest, weaknesses: frozenset[str]) -> str:
    ledger = f"{held.database}.ctl.load_ledger"
    lenient = "OR IGNORE " if NO_LOAD_LEDGER in weaknesses else ""
    return f"""INSERT {lenient}INTO {ledger}
        (file_sha, src_range, batch_id, region, epoch, rows, load_seq, loaded_at_us, status)
        SELECT {literal(pending.raw.sha256)}, {literal(pending.src_range)}, {literal(pending.batch_id)},
            {literal(held.region)}, {held.epoch}, {pending.valid_rows},
            coalesce(max(load_seq), 0) + 1, {now_us()}, 'loaded' FROM {ledger}"""


def run(config: Config, stop: Stop) -> None:
    with WarehouseClient.for_role(config, "loader") as warehouse:
        memory: LoadMemory = LedgerMemory(warehouse, config.warehouse.database)
        if NO_LOAD_LEDGER in config.weaknesses:
            memory = LocalFileMemory(config.state / "loaded.txt")
        _poll(Loader(config, warehouse, memory, Seams(config.seams)), stop)


def _poll(loader: Loader, stop: Stop) -> None:
    backoff = Backoff(first_s=POLL_S, last_s=5.0)
    while not stop:
        try:
            loader.load_pending(stop)
        except (WarehouseTrouble, lease.NotOwner) as error:
            loader.forget()
            pause = backoff.pause_s()
            log.warning("%s: %s; asking the ledger again in %.1f s", type(error).__name__, error, pause)
            stop.pause(pause)
        else:
            backoff.reset()
            stop.pause(POLL_S)
