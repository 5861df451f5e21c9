"""Fields as columns of fixed-width bytes, each rendered once for all rows of a slab that have it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from loadgen.dialects.columns import PlainColumns
from loadgen.dialects.layout import DECIMAL, HEX, TOGETHER, Field, Parts
from loadgen.digits import Column, decimal, hex_of_bytes, hexadecimal, timestamps
from loadgen.ids import Ids
from loadgen.rows import Rows

_HEX_DIGITS = 16  # of every word; a field takes the last ones


@dataclass(frozen=True, eq=False)
class Source:
    """What is rendered; fields of several widths may be the last digits of one source. One object each."""

    form: str
    column: str
    choices: Column | None
    parts: Form | None


class Gap(NamedTuple):
    """Where a field lies within a form."""

    at: int
    width: int
    source: Source


@dataclass(frozen=True, eq=False)
class Form:
    """Parts as they are written: constant bytes with gaps. Places count from its start, or from its end."""

    constant_at: int  # behind the gap with which it may begin
    constant: np.void
    width: int
    gaps: tuple[Gap, ...]


@cache
def form_of(parts: Parts, from_end: bool = False) -> Form:
    constant, places = b"", []
    for part in parts:
        if isinstance(part, Field):
            places.append((len(constant), part))
        constant += b" " * part.width if isinstance(part, Field) else part
    first = -len(constant) if from_end else 0
    gaps = tuple(Gap(first + at, field.width, _source_of(field)) for at, field in places)
    lead = parts[0].width if parts and isinstance(parts[0], Field) else 0
    return Form(first + lead, np.void(constant[lead:]), len(constant), gaps)


def _source_of(field: Field) -> Source:
    return _source(field.form, field.column, field.choices, field.parts)


@cache
def _source(form: str, column: str, choices: tuple[bytes, ...], parts: Parts) -> Source:
    table = np.frombuffer(b"".join(choices), dtype=f"V{len(choices[0])}") if choices else None
    return Source(form, column, table, form_of(parts) if parts else None)


class _Need:
    """Which rows a source is wanted for, and how wide."""

    def __init__(self, width: int, start: int, stop: int) -> None:
        self.width, self.start, self.stop = width, start, stop

    def grow(self, width: int, start: int, stop: int) -> None:
        self.width, self.start, self.stop = (
            max(self.width, width), min(self.start, start), max(self.stop, stop),
        )  # fmt: skip


class Rendered:
    """First everything is asked for with `need`, then `of` gives it."""

    def __init__(self, rows: Rows, numbers: PlainColumns, ids: Ids, t0_us: int) -> None:
        self._rows, self._ids, self._t0_us = rows, ids, t0_us
        self._numbers = numbers
        self._needs: dict[Source, _Need] = {}
        self._made: dict[Source, Column] = {}

    def need(self, source: Source, width: int, start: int, stop: int) -> None:
        found = self._needs.get(source)
        if found is None:
            self._needs[source] = _Need(width, start, stop)
        else:
            found.grow(width, start, stop)
        for gap in source.parts.gaps if source.parts else ():
            self.need(gap.source, gap.width, start, stop)

    def of(self, source: Source, width: int, start: int, stop: int) -> Column:
        """Of these rows, the last `width` bytes."""
        if source.choices is not None:  # chosen where it is written, so that long ones do not travel twice
            return source.choices.take(self._numbers[source.column][start:stop])
        made = self._made.get(source)
        need = self._needs[source]
        if made is None:
            made = self._made[source] = self._render(source, need)
        part = made[start - need.start : stop - need.start]
        return part if width == need.width else part.getfield(f"V{width}", need.width - width)

    def _render(self, source: Source, need: _Need) -> Column:
        if source.form == TOGETHER:
            assert source.parts is not None
            return self._together(source.parts, need)
        rows = slice(need.start, need.stop)
        if source.form == HEX:
            need.width = _HEX_DIGITS
            return hexadecimal(self._numbers[source.column][rows], _HEX_DIGITS)
        if source.form == DECIMAL:
            return decimal(self._numbers[source.column][rows], need.width)
        return self._text(source.column, rows)

    def _together(self, form: Form, need: _Need) -> Column:
        out = np.empty(need.stop - need.start, dtype=f"V{form.width}")
        constant = form.constant
        np.ndarray(len(out), constant.dtype, out, form.constant_at, (form.width,))[:] = constant
        for at, width, source in form.gaps:
            field = np.ndarray(len(out), f"V{width}", out, at, (form.width,))
            field[:] = self.of(source, width, need.start, need.stop)
        return out

    def _text(self, name: str, which: slice) -> Column:
        rows = self._rows
        if name == "event_id":
            return hex_of_bytes(self._ids.blocks(rows.uid[which], rows.copy[which]), 32)
        if name == "corrects_ref":
            corrected = np.maximum(rows.corrects[which], 0)
            return hex_of_bytes(self._ids.blocks(corrected, np.zeros_like(corrected)), 32)
        return timestamps(self._t0_us + {"event_ts": rows.event_ts, "produced_ts": rows.due}[name][which])
