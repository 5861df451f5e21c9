"""The lease: which region may write in a role, and the fence that holds a deposed writer back."""

from dataclasses import dataclass
from typing import Final

from pipeline.warehouse import Warehouse, literal, refuse_unless

LOADER: Final = "loader"
CURATOR: Final = "curator"
ROLES: Final = (LOADER, CURATOR)


class NotOwner(Exception):
    """Another region holds the lease."""


@dataclass(frozen=True, slots=True)
class Lease:
    database: str
    role: str
    region: str
    epoch: int

    def fence(self) -> tuple[str, str]:
        """The statements that open a fenced transaction.

        Only reading the lease would let a load commit after a takeover (write skew). The update makes
        the two collide, so that one of them is undone.
        """
        table = f"{self.database}.ctl.region_lease"
        ours = (
            f"role = {literal(self.role)} AND owner_region = {literal(self.region)} AND epoch = {self.epoch}"
        )
        return (
            f"UPDATE {table} SET fence = fence + 1 WHERE {ours}",
            refuse_unless(
                f"(SELECT count(*) FROM {table} WHERE {ours}) = 1",
                f"fenced: {self.region} no longer holds {self.role} with epoch {self.epoch}",
            ),
        )


def held(warehouse: Warehouse, database: str, role: str, region: str) -> Lease:
    """The lease as it is now; raises :class:`NotOwner` if it is not ours."""
    rows = warehouse.run(
        f"SELECT owner_region, epoch FROM {database}.ctl.region_lease WHERE role = {literal(role)}"
    )
    owner, epoch = rows[0] if rows else (None, 0)
    if owner != region:
        raise NotOwner(f"the lease {role} is held by {owner}, not by {region}")
    return Lease(database, role, region, int(str(epoch)))
