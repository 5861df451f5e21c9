"""Rows to bytes, column by column: the same bytes as `loadgen.events` makes one by one.

A row of the buffer is first filled with its memo, then constant bytes and fields are laid over it. Within
its row an event lies such that what follows its front is at one place for all events, however long the front
is; and the rows are sorted by shape. So most fields are at one place in many neighbouring rows, and one copy
writes them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from loadgen.batch import Buffer, Texts
from loadgen.buffers import Buffers
from loadgen.dialects import DIALECTS, template
from loadgen.dialects.columns import PlainColumns
from loadgen.dialects.layout import SHAPES, shape_codes
from loadgen.dialects.payload import memo_text
from loadgen.digits import Column
from loadgen.draws import Draws, Ints
from loadgen.flaws import flaws_of
from loadgen.ids import Ids
from loadgen.plan import Plan
from loadgen.rendered import Form, Gap, Rendered, form_of
from loadgen.rows import Rows

T = TypeVar("T")
_LINE = 64  # rows of the buffer begin at multiples of this
_NOTHING = (1 << 16) - 1  # no code is as large
_AT_ONCE = 4_096  # rows that are written from beginning to end before others are begun
_SPARE_ROWS = 2  # behind the others, for each event that a flaw makes longer


@dataclass(frozen=True, eq=False)
class _Layout:
    """Of a dialect and shape. The front ends where the body begins."""

    key: Form
    front: Form
    body: Form
    tail: bytes

    @property
    def shortest(self) -> int:
        return self.front.width + self.body.width + len(self.tail)


@cache
def _layout(code: int) -> _Layout:
    dialect, shape = divmod(code, SHAPES)
    found = template(dialect, shape)
    key = form_of(DIALECTS[dialect].key)
    return _Layout(key, form_of(found.front, from_end=True), form_of(found.body), found.tail)


@dataclass(frozen=True)
class _Group:
    """Rows `start` to `stop`, in order of shape, are written alike."""

    start: int
    stop: int
    layout: _Layout


class SlabEncoder:
    def __init__(self, plan: Plan, ids: Ids, t0_us: int) -> None:
        self._draws = Draws(plan.seed)
        self._ids = ids
        self._t0_us = t0_us
        self._memo = memo_text(plan.load.entropy)
        self._buffers = Buffers()

    def encode(self, known: Rows, which: Ints) -> tuple[Texts, Texts]:
        """Keys and values of the rows with these places; one that is named twice is written once."""
        codes = (known.dialect * SHAPES + shape_codes(known)).astype(np.uint16)
        named = np.zeros(len(known), dtype=np.bool_)
        named[which] = True
        codes[~named] = _NOTHING  # behind all others
        order = np.argsort(codes, kind="stable")[: int(np.count_nonzero(named))]
        rows = known.at(order)
        groups = list(_groups(codes[order]))
        numbers = PlainColumns(rows, self._draws)
        columns = Rendered(rows, numbers, self._ids, self._t0_us)
        keys = _Picture(_joined((g.layout.key, g.start, g.stop) for g in groups), columns)
        values = [_Values.of(some, columns) for some in _some_at_a_time(groups)]
        place = np.zeros(len(known), dtype=np.int64)
        place[order] = np.arange(len(order))
        wanted = place[which]
        return _keys(keys, groups).at(wanted), self._values(values, rows, groups, numbers).at(wanted)

    def _values(
        self, values: Iterable[_Values], rows: Rows, groups: Sequence[_Group], numbers: PlainColumns
    ) -> Texts:
        lengths = np.maximum(numbers["size"], _spread([group.layout.shortest for group in groups], groups))
        fronts = [group.layout.front.width for group in groups]
        middle = max(fronts, default=0)  # where fronts end and bodies begin
        begins = _spread([middle - width for width in fronts], groups)
        ends = begins + lengths
        # An odd number of lines: otherwise a field of all rows would share a few places of the caches.
        stride = (-(-int(ends.max(initial=0)) // _LINE) | 1) * _LINE
        flawed = np.nonzero(rows.flaw)[0]
        buffer = self._buffers.take((len(rows) + _SPARE_ROWS * len(flawed)) * stride)
        canvas = _Canvas(buffer, middle, stride)
        starts = np.arange(len(rows), dtype=np.int64) * stride
        ends += starts
        for some in values:
            some.paint(canvas, self._memo, numbers["memo"], ends)
        return _spoil(Texts(buffer, starts + begins, lengths), flawed, rows, len(rows) * stride)


def _groups(codes: npt.NDArray[np.uint16]) -> Iterator[_Group]:
    starts = np.nonzero(np.concatenate([[True], codes[1:] != codes[:-1]]))[0].tolist() if len(codes) else []
    for start, stop in zip(starts, [*starts[1:], len(codes)], strict=True):
        yield _Group(start, stop, _layout(int(codes[start])))


def _some_at_a_time(groups: Iterable[_Group]) -> Iterator[list[_Group]]:
    """Groups of so few rows that their bytes stay in a near cache until they are complete."""
    some: list[_Group] = []
    left = _AT_ONCE
    for group in groups:
        start = group.start
        while group.stop - start > left:
            yield [*some, _Group(start, start + left, group.layout)]
            start, left, some = start + left, _AT_ONCE, []
        some.append(_Group(start, group.stop, group.layout))
        left -= group.stop - start
    if some:
        yield some


def _spread(values: Sequence[int], groups: Sequence[_Group]) -> Ints:
    """A value per group to a value per row."""
    return np.repeat(np.array(values, dtype=np.int64), [group.stop - group.start for group in groups])


@dataclass(frozen=True)
class _Canvas:
    """Rows of a buffer; columns count from `origin` within the row."""

    buffer: Buffer
    origin: int
    stride: int

    def field(self, at: int, width: int, start: int, stop: int) -> Column:
        offset, strides = start * self.stride + self.origin + at, (self.stride,)
        return np.ndarray(stop - start, f"V{width}", self.buffer, offset, strides)


Stroke = tuple[Form, int, int]  # a form, for the rows from one to another


class _Picture:
    """What is written where: each field with the runs of neighbouring rows that have it at one place."""

    def __init__(self, strokes: Iterable[Stroke], columns: Rendered) -> None:
        self._strokes = list(strokes)
        self._columns = columns
        self._runs: dict[Gap, list[list[int]]] = {}
        for form, start, stop in self._strokes:
            for gap in form.gaps:
                found = self._runs.get(gap)
                if found is None:
                    self._runs[gap] = [[start, stop]]
                elif found[-1][1] == start:
                    found[-1][1] = stop
                else:
                    found.append([start, stop])
        for (_, width, source), found in self._runs.items():
            columns.need(source, width, found[0][0], found[-1][1])

    def paint(self, canvas: _Canvas) -> None:
        """The constant bytes of every form, then field after field."""
        for form, start, stop in self._strokes:
            canvas.field(form.constant_at, form.constant.itemsize, start, stop)[:] = form.constant
        for (at, width, source), found in self._runs.items():
            for start, stop in found:
                canvas.field(at, width, start, stop)[:] = self._columns.of(source, width, start, stop)


def _joined(strokes: Iterable[tuple[T, int, int]]) -> Iterator[tuple[T, int, int]]:
    """Neighbours of one form as one."""
    last: tuple[T, int, int] | None = None
    for form, start, stop in strokes:
        if last and last[0] == form:
            last = (form, last[1], stop)
        else:
            if last:
                yield last
            last = (form, start, stop)
    if last:
        yield last


@cache
def _pieces(text: bytes, width: int) -> Column:
    """Every piece of this width, by where it begins."""
    return np.ndarray(len(text) - width + 1, f"V{width}", text, strides=(1,))


@dataclass(frozen=True)
class _Values:
    """Some neighbouring rows, to be written from beginning to end."""

    picture: _Picture
    bodies: Sequence[Stroke]
    tails: Sequence[tuple[bytes, int, int]]

    @staticmethod
    def of(groups: Sequence[_Group], columns: Rendered) -> _Values:
        fronts = _joined((g.layout.front, g.start, g.stop) for g in groups)
        bodies = list(_joined((g.layout.body, g.start, g.stop) for g in groups))
        tails = list(_joined((g.layout.tail, g.start, g.stop) for g in groups))
        return _Values(_Picture([*fronts, *bodies], columns), bodies, tails)

    def paint(self, canvas: _Canvas, text: bytes, memo: Ints, ends: Ints) -> None:
        """What lies behind a body is a piece of the text, up to the tail."""
        self.picture.paint(canvas)
        for form, start, stop in self.bodies:
            room = canvas.stride - canvas.origin - form.width
            canvas.field(form.width, room, start, stop)[:] = _pieces(text, room)[memo[start:stop]]
        for tail, start, stop in self.tails:
            places = np.ndarray(
                len(canvas.buffer) - len(tail) + 1, f"V{len(tail)}", canvas.buffer, strides=(1,)
            )
            places[ends[start:stop] - len(tail)] = np.void(tail)


def _keys(picture: _Picture, groups: Sequence[_Group]) -> Texts:
    widths = [group.layout.key.width for group in groups]
    stride = max(widths, default=0)
    count = groups[-1].stop if groups else 0
    buffer = np.empty(count * stride, dtype=np.uint8)
    picture.paint(_Canvas(buffer, 0, stride))
    return Texts(buffer, np.arange(count, dtype=np.int64) * stride, _spread(widths, groups))


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
