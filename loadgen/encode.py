"""Rows to bytes, column by column: the same bytes as `loadgen.events` makes one by one.

Events of one dialect and shape have every field at the same place. So the rows are sorted by shape, the
constant bytes of a shape are written for all its rows at once, then field after field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from loadgen.batch import Buffer, Texts
from loadgen.dialects import DIALECTS, template
from loadgen.dialects.columns import plain_columns
from loadgen.dialects.layout import CHOICE, DECIMAL, HEX, Field, Parts, shape_codes
from loadgen.dialects.payload import memo_text
from loadgen.digits import Column, decimal, hex_of_bytes, hexadecimal, timestamps
from loadgen.draws import Draws, Ints
from loadgen.flaws import flaws_of
from loadgen.ids import Ids
from loadgen.plan import Plan
from loadgen.rows import Rows

_SHAPES = 1 << 32  # more than there are codes
_LINE = 64  # events begin at multiples of this
_SPARE = 128  # bytes by which a flaw may make an event longer


@dataclass(frozen=True)
class _Form:
    """Parts as they are written: constant bytes with gaps, and which field goes into which gap."""

    constant: np.void
    width: int
    gaps: tuple[tuple[int, Field], ...]

    @staticmethod
    def of(parts: Parts) -> _Form:
        constant, gaps = b"", []
        for part in parts:
            if isinstance(part, Field):
                gaps.append((len(constant), part))
            constant += b" " * part.width if isinstance(part, Field) else part
        return _Form(np.void(constant), len(constant), tuple(gaps))


@cache
def _forms(dialect: int, shape: int) -> tuple[_Form, _Form, bytes]:
    """Of key and head, and the tail."""
    layout = template(dialect, shape)
    return _Form.of(DIALECTS[dialect].key), _Form.of(layout.head), layout.tail


@dataclass(frozen=True)
class _Group:
    """Rows `start` to `stop`, in order of shape, are written alike."""

    start: int
    stop: int
    key: _Form
    head: _Form
    tail: bytes


class SlabEncoder:
    def __init__(self, plan: Plan, ids: Ids, t0_us: int) -> None:
        self._draws = Draws(plan.seed)
        self._ids = ids
        self._t0_us = t0_us
        self._memo = memo_text(plan.load.entropy)

    def encode(self, rows: Rows) -> tuple[Texts, Texts]:
        """Keys and values, in the order of the rows."""
        codes = rows.dialect * _SHAPES + shape_codes(rows)
        order = np.argsort(codes, kind="stable")
        rows = rows.at(order)
        groups = list(_groups(codes[order]))
        columns = _Columns(rows, plain_columns(rows, self._draws), self._ids, self._t0_us)
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        return _keys(groups, columns).at(place), self._values(rows, groups, columns).at(place)

    def _values(self, rows: Rows, groups: Sequence[_Group], columns: _Columns) -> Texts:
        shortest = [group.head.width + len(group.tail) for group in groups]
        lengths = np.maximum(columns.numbers["size"], _spread(shortest, groups))
        stride = -(-int(lengths.max(initial=0)) // _LINE) * _LINE
        flawed = np.nonzero(rows.flaw)[0]
        free = len(rows) * stride
        buffer = np.empty(free + len(flawed) * (stride + _SPARE), dtype=np.uint8)
        for group in groups:
            self._fill(_Block(buffer, group.start, group.stop, stride), group, columns)
        values = Texts(buffer, np.arange(len(rows), dtype=np.int64) * stride, lengths)
        _close(values, groups)
        return _spoil(values, flawed, rows, free)

    def _fill(self, block: _Block, group: _Group, columns: _Columns) -> None:
        _write(block, group.head, group, columns)
        room = block.stride - group.head.width
        starts = columns.numbers["memo"][group.start : group.stop]
        block.field(group.head.width, room)[:] = _pieces(self._memo, room)[starts]


class _Block:
    """Some rows of a buffer, as columns of fixed-width bytes."""

    def __init__(self, buffer: Buffer, start: int, stop: int, stride: int) -> None:
        self._buffer, self._start, self._count = buffer, start * stride, stop - start
        self.stride = stride

    def field(self, at: int, width: int) -> Column:
        offset, strides = self._start + at, (self.stride,)
        return np.ndarray(self._count, f"V{width}", self._buffer, offset, strides)


class _Columns:
    """What fields are made of: rendered for all rows at once, when a layout first asks for it."""

    def __init__(self, rows: Rows, numbers: Mapping[str, npt.NDArray[Any]], ids: Ids, t0_us: int) -> None:
        self._rows, self._ids, self._t0_us = rows, ids, t0_us
        self.numbers = numbers
        self._made: dict[tuple[str, str, int, int], Column] = {}

    def of(self, field: Field) -> Column:
        key = (field.form, field.column, field.width, id(field.choices))
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._render(field)
        return made

    def _render(self, field: Field) -> Column:
        if field.form == CHOICE:
            chosen: Column = _choices(field.choices)[self.numbers[field.column]]
            return chosen
        if field.form == HEX:
            return hexadecimal(self.numbers[field.column], field.width)
        if field.form == DECIMAL:
            return decimal(self.numbers[field.column], field.width)
        return self._text(field.column)

    def _text(self, name: str) -> Column:
        rows = self._rows
        if name == "event_id":
            return hex_of_bytes(self._ids.blocks(rows.uid, rows.copy), 32)
        if name == "corrects_ref":
            corrected = np.maximum(rows.corrects, 0)
            return hex_of_bytes(self._ids.blocks(corrected, np.zeros_like(corrected)), 32)
        return timestamps(self._t0_us + {"event_ts": rows.event_ts, "produced_ts": rows.due}[name])


def _groups(codes: Ints) -> Iterator[_Group]:
    starts = np.nonzero(np.concatenate([[True], codes[1:] != codes[:-1]]))[0].tolist() if len(codes) else []
    for start, stop in zip(starts, [*starts[1:], len(codes)], strict=True):
        dialect, shape = divmod(int(codes[start]), _SHAPES)
        yield _Group(start, stop, *_forms(dialect, shape))


def _spread(values: Sequence[int], groups: Sequence[_Group]) -> Ints:
    """A value per group to a value per row."""
    return np.repeat(np.array(values, dtype=np.int64), [group.stop - group.start for group in groups])


def _write(block: _Block, form: _Form, group: _Group, columns: _Columns) -> None:
    """The constant bytes of all rows at once, then field after field."""
    block.field(0, form.width)[:] = form.constant
    for at, field in form.gaps:
        block.field(at, field.width)[:] = columns.of(field)[group.start : group.stop]


@cache
def _choices(choices: tuple[bytes, ...]) -> Column:
    return np.frombuffer(b"".join(choices), dtype=f"V{len(choices[0])}")


@cache
def _pieces(text: bytes, width: int) -> Column:
    """Every piece of this width, by where it begins."""
    return np.ndarray(len(text) - width + 1, f"V{width}", text, strides=(1,))


def _keys(groups: Sequence[_Group], columns: _Columns) -> Texts:
    widths = [group.key.width for group in groups]
    stride = max(widths, default=0)
    count = groups[-1].stop if groups else 0
    buffer = np.empty(count * stride, dtype=np.uint8)
    for group in groups:
        _write(_Block(buffer, group.start, group.stop, stride), group.key, group, columns)
    return Texts(buffer, np.arange(count, dtype=np.int64) * stride, _spread(widths, groups))


def _close(values: Texts, groups: Sequence[_Group]) -> None:
    """The tail of each event, behind as much memo as it has room for."""
    ends = values.starts + values.lengths
    for tail in {group.tail for group in groups}:
        with_it = _spread([group.tail == tail for group in groups], groups) > 0
        at = (ends if with_it.all() else ends[with_it]) - len(tail)
        for n, byte in enumerate(tail):
            values.buffer[at + n] = byte


def _spoil(values: Texts, flawed: Ints, rows: Rows, free: int) -> Texts:
    """Few are flawed, and each in its own way: they are written anew, behind all the others."""
    flaws = zip(flawed.tolist(), rows.dialect[flawed].tolist(), rows.flaw[flawed].tolist(), strict=True)
    spoiled = Texts.of([flaws_of(dialect)[flaw].spoil(values[n]) for n, dialect, flaw in flaws])
    buffer = values.buffer
    if len(spoiled.buffer) > len(buffer) - free:
        buffer = np.concatenate([buffer[:free], spoiled.buffer])
    else:
        buffer[free : free + len(spoiled.buffer)] = spoiled.buffer
    values.starts[flawed], values.lengths[flawed] = free + spoiled.starts, spoiled.lengths
    return Texts(buffer, values.starts, values.lengths)
