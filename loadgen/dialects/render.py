"""The simple path from columns to bytes: one event at a time, in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from loadgen.dialects import DIALECTS, template
from loadgen.dialects.layout import CHOICE, DECIMAL, HEX, Field, Parts

Values = Mapping[str, Any]


def event_bytes(dialect: int, shape_code: int, values: Values, memo: bytes) -> bytes:
    """One event; `values` has one value per column, `memo` is the text that memos are pieces of."""
    layout = template(dialect, shape_code)
    room = max(0, values["size"] - layout.head_width - len(layout.tail))
    start = values["memo"]
    return b"".join((_writer(layout.head)(values), memo[start : start + room], layout.tail))


def key_bytes(dialect: int, values: Values) -> bytes:
    return _writer(DIALECTS[dialect].key)(values)


@cache
def _writer(parts: Parts) -> Callable[[Values], bytes]:
    def write(values: Values) -> bytes:
        return b"".join([p if isinstance(p, bytes) else _field(p, values[p.column]) for p in parts])

    return write


def _field(field: Field, value: Any) -> bytes:
    if field.form == HEX:
        return b"%0*x" % (field.width, value & ((1 << (4 * field.width)) - 1))
    if field.form == DECIMAL:
        return b"%0*d" % (field.width, value)
    if field.form == CHOICE:
        return field.choices[value]
    assert len(value) == field.width, f"{field.column} holds {value!r}, the layout has {field.width} bytes"
    return bytes(value)
