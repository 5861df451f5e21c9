"""What has been loaded already: asked of the ledger, or (a weakness) kept in a local file."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pipeline.warehouse import Warehouse


class LoadMemory(Protocol):
    def loaded(self) -> frozenset[str]: ...

    def remember(self, batch_id: str) -> None: ...

    def forget(self) -> None: ...


@dataclass
class LedgerMemory:
    """The ledger's answer, kept until something goes wrong: nobody else writes it while we hold the lease."""

    warehouse: Warehouse
    database: str
    _known: set[str] | None = field(default=None, init=False)

    def loaded(self) -> frozenset[str]:
        if self._known is None:
            rows = self.warehouse.run(f"SELECT batch_id FROM {self.database}.ctl.load_ledger")
            self._known = {str(row[0]) for row in rows}
        return frozenset(self._known)

    def remember(self, batch_id: str) -> None:
        if self._known is not None:
            self._known.add(batch_id)

    def forget(self) -> None:
        self._known = None


@dataclass
class LocalFileMemory:
    """The weakness ``no_load_ledger``: written after the reply, so a lost reply is a second load."""

    path: Path

    def loaded(self) -> frozenset[str]:
        return frozenset(self.path.read_text().split()) if self.path.exists() else frozenset()

    def remember(self, batch_id: str) -> None:
        with self.path.open("a") as file:
            file.write(f"{batch_id}\n")
            file.flush()
            os.fsync(file.fileno())

    def forget(self) -> None:
        return None
