"""The warehouse as the workers see it: whole transactions in, rows or one of two failures out."""

from collections.abc import Sequence
from typing import Protocol

Row = Sequence[object]


class WarehouseTrouble(Exception):
    """A statement did not come back well."""


class OutcomeUnknown(WarehouseTrouble):
    """No answer came: the transaction may have committed, or may yet commit. Ask before repeating it."""


class Rejected(WarehouseTrouble):
    """The server answered with an error, and undid the transaction."""


class Warehouse(Protocol):
    """Runs SQL where the data is. Answers within a deadline, whatever the server does."""

    def run(self, sql: str) -> list[Row]: ...


def transaction(*statements: str) -> str:
    """One text that the server runs wholly or not at all."""
    return ";\n".join(["BEGIN", *(statement.strip().rstrip(";") for statement in statements), "COMMIT"])


def literal(value: str | int | None) -> str:
    """A value as SQL text: the server takes one text and no parameters."""
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    return "'" + value.replace("'", "''") + "'"


def refuse_unless(condition: str, message: str) -> str:
    """A statement that ends the transaction with ``message`` unless the condition holds."""
    return f"SELECT CASE WHEN ({condition}) THEN 0 ELSE error({literal(message)}) END"
