"""Words for layouts: a template is constant bytes and fields; what a field holds comes from a column.

An event's layout depends on its dialect and its shape alone, and the shape is computed from columns of the
plan. All events of one (dialect, shape) have every field at the same place. The one stretch of variable
length is the memo at the end, which fills an event up to its size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from loadgen.draws import Ints
from loadgen.rows import KINDS, NOTHING_CORRECTED, WITHOUT_CENTS, Rows

HEX, DECIMAL, TEXT, CHOICE, TOGETHER = "hex", "decimal", "text", "choice", "together"

# How a payload may be written; copies of one fact may differ in it.
STYLES = ("plain", "null for a value", "one more key", "keys in another order", "numbers as text")

DIGITS_MAX = 13  # 10^12 has thirteen


@dataclass(frozen=True)
class Field:
    """`width` bytes, made from one column.

    hex: the low digits of a 64-bit word · decimal: zero-padded · text: the column holds the bytes ·
    choice: the column holds an index into `choices`, which are all `width` long · together: `parts`, one
    after another; `column` is their name, and no column.
    """

    form: str
    column: str
    width: int
    choices: tuple[bytes, ...] = ()
    parts: tuple[bytes | Field, ...] = ()


Part = bytes | Field
Parts = tuple[Part, ...]


def hexadecimal(column: str, width: int = 16) -> Field:
    return Field(HEX, column, width)


def decimal(column: str, width: int) -> Field:
    return Field(DECIMAL, column, width)


def text(column: str, width: int) -> Field:
    return Field(TEXT, column, width)


def choice(column: str, options: Sequence[str]) -> Field:
    choices = tuple(option.encode() for option in options)
    if len({len(option) for option in choices}) != 1:
        raise ValueError(f"the choices of {column} have to be of one length: {options}")
    return Field(CHOICE, column, len(choices[0]), choices)


def together(name: str, *parts: Part) -> Field:
    """Parts that stand side by side in many layouts: they are put together once, and moved as one."""
    return Field(TOGETHER, name, width_of(parts), parts=parts)


def width_of(parts: Parts) -> int:
    return sum(len(part) if isinstance(part, bytes) else part.width for part in parts)


def joined(*parts: Part | Parts) -> Parts:
    """Flat, with neighbouring constants made one."""
    flat: list[Part] = []
    for part in parts:
        for piece in part if isinstance(part, tuple) else (part,):
            if isinstance(piece, bytes) and flat and isinstance(flat[-1], bytes):
                flat[-1] += piece
            elif piece != b"":
                flat.append(piece)
    return tuple(flat)


def flat(parts: Parts) -> Parts:
    """Without any `together`."""
    return joined(*(flat(p.parts) if isinstance(p, Field) and p.parts else p for p in parts))


def as_format(parts: Parts) -> bytes:
    """Of flat parts, for the operator %, with the values of the fields; a choice is given as its bytes."""
    return b"".join(p.replace(b"%", b"%%") if isinstance(p, bytes) else _directive(p) for p in parts)


def _directive(field: Field) -> bytes:
    if field.form == HEX:
        return b"%%0%dx" % field.width
    if field.form == DECIMAL:
        return b"%%0%dd" % field.width
    return b"%b"


@dataclass(frozen=True)
class Template:
    """front and body, then `size - head_width - len(tail)` bytes of memo text from `memo` on, then tail.

    The body is the same for all shapes of one style.
    """

    front: Parts
    body: Parts
    tail: bytes

    @property
    def head(self) -> Parts:
        return flat(joined(self.front, self.body))

    @property
    def head_width(self) -> int:
        return width_of(self.head)


class Shape(NamedTuple):
    """All that decides where an event's fields lie. What moves the fewest fields comes last, since events
    are written in the order of their codes, and neighbours with a field at one place at once."""

    style: int
    additive: int
    correcting: int  # 1: it names the event it corrects
    kind: int
    bare: int  # 1: no lifecycle reference
    digits: int  # of the amount in minor units
    without_cents: int  # 1: the currency has no minor unit

    @property
    def code(self) -> int:
        code = 0
        for value, radix in zip(self, _RADIX, strict=True):
            code = code * radix + value
        return code

    @staticmethod
    def of(code: int) -> Shape:
        values = []
        for radix in reversed(_RADIX):
            code, value = divmod(code, radix)
            values.append(value)
        return Shape(*reversed(values))


_RADIX = (len(STYLES), 2, 2, len(KINDS), 2, DIGITS_MAX + 1, 2)
SHAPES = math.prod(_RADIX)  # every code is smaller
_POWERS = 10 ** np.arange(1, DIGITS_MAX, dtype=np.int64)


def shape_codes(rows: Rows) -> Ints:
    """The code of each row's shape."""
    values = (
        rows.style,
        rows.additive,
        rows.corrects != NOTHING_CORRECTED,
        rows.kind,
        rows.lifecycle == 0,
        _digits(rows.amount),
        rows.currency == WITHOUT_CENTS,
    )
    code = np.zeros(len(rows), dtype=np.int64)
    for value, radix in zip(values, _RADIX, strict=True):
        code *= radix
        code += value
    return code


def _digits(amounts: Ints) -> Ints:
    """How many each number has; it is at least one."""
    digits = np.ones(len(amounts), dtype=np.int64)
    most = len(str(amounts.max(initial=0)))
    for power in _POWERS[: most - 1].tolist():
        digits += amounts >= power
    return digits
