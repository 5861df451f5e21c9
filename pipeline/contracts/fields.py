"""Checks of single JSON fields: missing, then type, then value; the first error is raised."""

import json
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, NoReturn

JsonObject = Mapping[str, object]

INT32_MAX: Final = 2**31 - 1
KEY_SEPARATOR: Final = ":"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_DECIMAL: Final = re.compile(r"\d{1,13}(\.\d{1,6})?", re.ASCII)
_TIMESTAMP: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z", re.ASCII)


class BrokenContract(ValueError):
    """The first error found in a record; ``str()`` of it is the reason."""


class Undecodable(BrokenContract):
    """The bytes are not a JSON object in UTF-8."""

    def __init__(self) -> None:
        super().__init__("undecodable")


def json_object(value: bytes | None) -> dict[str, object]:
    """The JSON object in these bytes, or :class:`Undecodable`."""
    if value is None:
        raise Undecodable
    try:
        found = json.loads(value.decode(), parse_constant=_refuse_constant, parse_float=_finite_float)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise Undecodable from error
    if not isinstance(found, dict):
        raise Undecodable
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


class Literal(float):
    """A number with a point or an exponent, which remembers how it was written."""

    __slots__ = ("written",)
    written: str


def _finite_float(text: str) -> Literal:
    number = Literal(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is infinite")
    number.written = text
    return number


def text(record: JsonObject, field: str, *, length_max: int | None = None) -> str:
    """A required string, not empty."""
    value = _present(record, field)
    if not isinstance(value, str):
        raise BrokenContract(f"wrong_type:{field}")
    if not value or (length_max is not None and len(value) > length_max):
        raise BrokenContract(f"bad_value:{field}")
    return _storable(value, field)


def optional_text(record: JsonObject, field: str) -> str | None:
    value = record.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise BrokenContract(f"wrong_type:{field}")
    return _storable(value, field)


def one_of(record: JsonObject, field: str, choices: Mapping[str, object]) -> str:
    value = text(record, field)
    if value not in choices:
        raise BrokenContract(f"bad_value:{field}")
    return value


def integer(record: JsonObject, field: str, low: int, high: int) -> int:
    value = _present(record, field)
    # bool is an int to Python, and never one to a contract
    if not isinstance(value, int) or isinstance(value, bool):
        raise BrokenContract(f"wrong_type:{field}")
    if not low <= value <= high:
        raise BrokenContract(f"bad_value:{field}")
    return value


def decimal_text(record: JsonObject, field: str) -> Decimal:
    """A required amount in major units, written as text."""
    value = text(record, field)
    if not _DECIMAL.fullmatch(value):
        raise BrokenContract(f"bad_value:{field}")
    return Decimal(value)


def decimal_number(record: JsonObject, field: str) -> Decimal:
    """A required amount in major units, written as a number; its digits are taken, never its float."""
    value = _present(record, field)
    if isinstance(value, bool) or not isinstance(value, int | Literal):
        raise BrokenContract(f"wrong_type:{field}")
    number = Decimal(value) if isinstance(value, int) else Decimal(value.written)
    if number < 0:
        raise BrokenContract(f"bad_value:{field}")
    return number


def minor_units(amount: Decimal, exponent: int, field: str, *, at_most: int) -> int:
    """Exactly, or not at all."""
    scaled = amount.scaleb(exponent)
    if scaled > at_most or scaled != scaled.to_integral_value():
        raise BrokenContract(f"bad_value:{field}")
    return int(scaled)


def key_part(record: JsonObject, field: str) -> str:
    """A required text that may become part of a key; the separator must not occur in it."""
    value = text(record, field)
    if KEY_SEPARATOR in value:
        raise BrokenContract(f"bad_value:{field}")
    return value


def optional_integer(record: JsonObject, field: str, low: int, high: int) -> int | None:
    return None if record.get(field) is None else integer(record, field, low, high)


def correction(record: JsonObject) -> tuple[str | None, int | None]:
    """The event that is corrected, and which correction of it this is."""
    corrects_ref = optional_text(record, "corrects_ref")
    return corrects_ref, optional_integer(record, "correction_seq", -INT32_MAX - 1, INT32_MAX)


def optional_object(record: JsonObject, field: str) -> dict[str, object]:
    value = record.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BrokenContract(f"wrong_type:{field}")
    return value


def timestamp_us(record: JsonObject, field: str) -> int:
    """Microseconds since 1970 of exactly ``YYYY-MM-DDTHH:MM:SS.ffffffZ``."""
    value = text(record, field)
    if not _TIMESTAMP.fullmatch(value):
        raise BrokenContract(f"bad_value:{field}")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise BrokenContract(f"bad_value:{field}") from error
    return (moment - _EPOCH) // _MICROSECOND


def optional_timestamp_us(record: JsonObject, field: str) -> int | None:
    return None if record.get(field) is None else timestamp_us(record, field)


def attributes(record: JsonObject, known: Collection[str], payload: JsonObject) -> tuple[str, int]:
    """The payload and every unknown field as JSON, and how many of them are not null.

    The payload keeps a level of its own, so that a key in it cannot meet an unknown field.
    """
    unknown = {name: value for name, value in record.items() if name not in known}
    nested = {"payload": payload} if payload else {}
    filled = sum(value is not None for group in (payload, unknown) for value in group.values())
    return json.dumps({**unknown, **nested}, sort_keys=True, separators=(",", ":")), filled


def _present(record: JsonObject, field: str) -> object:
    value = record.get(field)
    if value is None:
        raise BrokenContract(f"missing_field:{field}")
    return value


def _storable(value: str, field: str) -> str:
    """JSON can escape half a surrogate pair, which no UTF-8 column can hold."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise BrokenContract(f"bad_value:{field}") from error
    return value
