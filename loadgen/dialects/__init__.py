"""The dialects of the producers, one file each: a layout per shape of event, read from columns of the plan.

To add one: a file with NAME, SIZES, PAYLOAD, TYPES, KEY and `head(shape)`, and its name in DIALECTS (the
order is part of every recorded plan).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType

from loadgen.dialects import dedup, dr, ha
from loadgen.dialects.layout import Field, Parts, Shape, Template, hexadecimal, joined
from loadgen.dialects.payload import payload


@dataclass(frozen=True)
class Dialect:
    name: str
    sizes: tuple[int, int]  # smallest and largest event in bytes
    types: Mapping[int, str]  # its word for each kind of event that it knows
    key: Parts  # of the Kafka key
    head: Callable[[Shape], Parts]
    payload: str  # its name for the payload


def _dialect(module: ModuleType) -> Dialect:
    return Dialect(module.NAME, module.SIZES, module.TYPES, module.KEY, module.head, module.PAYLOAD)


DIALECTS: tuple[Dialect, ...] = tuple(_dialect(module) for module in (dedup, dr, ha))
CODES: Mapping[str, int] = {dialect.name: code for code, dialect in enumerate(DIALECTS)}

# What a partner adds without notice; the contract does not know these names.
_ADDITIVE: Parts = joined(
    b'"loyalty_tier":"gold","partner":{"id":"', hexadecimal("fingerprint"), b'","stage":2},'
)


@cache
def template(dialect: int, shape_code: int) -> Template:
    """The layout of all events of this dialect and shape."""
    speaks, shape = DIALECTS[dialect], Shape.of(shape_code)
    if shape.kind not in speaks.types:
        raise ValueError(f"dialect {speaks.name} has no word for events of kind {shape.kind}")
    return Template(
        joined(
            speaks.head(shape),
            _ADDITIVE if shape.additive else (),
            f'"{speaks.payload}":{{'.encode(),
        ),
        payload(shape.style),
        b'"}}',
    )


__all__ = ["CODES", "DIALECTS", "Dialect", "Field", "Parts", "Shape", "Template", "template"]
