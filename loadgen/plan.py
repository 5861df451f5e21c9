"""(seed, load) to slabs: the schedule with everything decided, made stretch by stretch in any order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from loadgen.draws import Draws, Ints
from loadgen.lives import block_size, lives
from loadgen.rows import NO_SENDS, PARTS, Block, Rows, Sends

if TYPE_CHECKING:
    from loadgen.profiles import Load

# A position on the schedule is (slab, place in the slab) in one number: no slab needs the ones before it.
PLACE_BITS = 20


@dataclass(frozen=True)
class Slab:
    """What is due between the first slots of two blocks. Its rows are those whose cause lies in its block;
    its sends may repeat rows of earlier blocks."""

    number: int
    rows: Rows
    sends: Sends

    @property
    def first_position(self) -> int:
        return self.number << PLACE_BITS


class Plan:
    """Times are relative to the start and there are no ids: the hash is a function of seed and load alone."""

    def __init__(self, load: Load, seed: int) -> None:
        self.load = load
        self.seed = seed
        self._draws = Draws(seed)
        self._block_size = block_size(load)
        self.slab_count = -(-load.curve.count // self._block_size)
        # A repetition may itself be repeated: the delays of all transforms add up.
        self._reach_us = sum(t.repeats_within_us for t in load.transforms)

    def block(self, number: int) -> Block:
        block = Block.of(lives(self.load, number, self._draws))
        for transform in self.load.transforms:
            block = transform.apply(block, self._draws)
        return block

    def block_of(self, uid: int) -> Block:
        """The block in which an event lives: no other has to be made to know all about it."""
        number = uid // PARTS // self._block_size
        if not 0 <= number < self.slab_count:
            raise IndexError(f"the plan has no event {uid}: it has {self.load.curve.count} slots")
        return self.block(number)

    def slab(self, number: int) -> Slab:
        """Any slab, made from its block and those before it that still reach into it."""
        if not 0 <= number < self.slab_count:
            raise IndexError(f"the plan has slabs 0 to {self.slab_count - 1}, not {number}")
        first = self.still_needed(number)
        sends = NO_SENDS
        for earlier in range(first, number):
            sends = sends.then(self.block(earlier).sends(earlier))
        block = self.block(number)
        sends = sends.then(block.sends(number))
        due = (sends.due >= self._start(number)) & (sends.due < self._end(number))
        return Slab(number, block.rows, sends.where(due).in_order())

    def slabs(self) -> Iterator[Slab]:
        """All slabs in order, each block made once."""
        waiting = NO_SENDS
        for number in range(self.slab_count):
            block = self.block(number)
            waiting = waiting.then(block.sends(number))
            now = waiting.due < self._end(number)
            yield Slab(number, block.rows, waiting.where(now).in_order())
            waiting = waiting.where(~now)

    @cached_property
    def attempts(self) -> int:
        return sum(self.block(n).attempts for n in range(self.slab_count))

    def hash(self) -> str:
        digest = hashlib.blake2b(digest_size=16, person=b"gameday-plan")
        for number in range(self.slab_count):
            block = self.block(number)
            columns = [*block.rows.columns().values(), block.again_row, block.again_attempt, block.again_due]
            for column in columns:
                digest.update(len(column).to_bytes(8, "little"))
                digest.update(column.astype("<u8" if column.dtype == np.uint64 else "<i8").tobytes())
        return digest.hexdigest()

    def still_needed(self, number: int) -> int:
        """The first block whose rows may still be sent in or after this slab."""
        first = number
        while first > 0 and self._start(first) + self._reach_us > self._start(number):
            first -= 1
        return first

    def ends(self) -> Ints:
        """Of each slab, when the next one starts; the last one never ends."""
        starts = self.load.curve.due(np.arange(1, self.slab_count, dtype=np.int64) * self._block_size)
        return np.concatenate([starts, [np.iinfo(np.int64).max]])

    def _start(self, number: int) -> int:
        return int(self.load.curve.due(np.array([number * self._block_size], dtype=np.int64))[0])

    def _end(self, number: int) -> int:
        return self._start(number + 1) if number + 1 < self.slab_count else np.iinfo(np.int64).max
