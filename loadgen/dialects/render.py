"""The simple path from columns to bytes: one event at a time, in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from loadgen.dialects import DIALECTS, template
from loadgen.dialects.layout import Field, Parts, as_format, flat

Values = Mapping[str, Any]


def event_bytes(dialect: int, shape_code: int, values: Values, memo: bytes) -> bytes:
    """One event; `values` has one value per column, `memo` is the text that memos are pieces of."""
    write, width, tail = _writer_of(dialect, shape_code)
    head = write(values)
    if len(head) != width:
        raise ValueError(f"a value does not fit its field: {head!r} has {len(head)} bytes instead of {width}")
    start = values["memo"]
    return b"".join((head, memo[start : start + max(0, values["size"] - width - len(tail))], tail))


def key_bytes(dialect: int, values: Values) -> bytes:
    return _writer(DIALECTS[dialect].key)(values)


@cache
def _writer_of(dialect: int, shape_code: int) -> tuple[Callable[[Values], bytes], int, bytes]:
    layout = template(dialect, shape_code)
    return _writer(layout.head), layout.head_width, layout.tail


@cache
def _writer(parts: Parts) -> Callable[[Values], bytes]:
    """All parts as one format, filled in one go."""
    parts = flat(parts)
    form = as_format(parts)
    slots = [(p.column, p.choices) for p in parts if isinstance(p, Field)]

    def write(values: Values) -> bytes:
        return form % tuple([choices[values[name]] if choices else values[name] for name, choices in slots])

    return write
