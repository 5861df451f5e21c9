"""Checks of single JSON fields: missing, then type, then value; the first error is raised."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NoReturn

JsonObject = Mapping[str, object]

INT32_MAX: Final = 2**31 - 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
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


def _finite_float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is infinite")
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


def optional_integer(record: JsonObject, field: str, low: int, high: int) -> int | None:
    return None if record.get(field) is None else integer(record, field, low, high)


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
