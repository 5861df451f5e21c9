"""What a sender is given: a stretch of the schedule with its bytes, ready to be handed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from loadgen.draws import Ints

Buffer = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Texts:
    """Byte strings that lie somewhere in one buffer."""

    buffer: Buffer
    starts: Ints
    lengths: Ints

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, n: int) -> bytes:
        start = int(self.starts[n])
        return self.buffer[start : start + int(self.lengths[n])].tobytes()

    def to_list(self) -> list[bytes]:
        whole = self.buffer.tobytes()
        ends = (self.starts + self.lengths).tolist()
        return [whole[a:b] for a, b in zip(self.starts.tolist(), ends, strict=True)]

    def at(self, places: Ints) -> Texts:
        """The texts at these places."""
        return Texts(self.buffer, self.starts[places], self.lengths[places])

    @staticmethod
    def of(texts: Sequence[bytes]) -> Texts:
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        starts = np.cumsum(lengths) - lengths
        return Texts(np.frombuffer(b"".join(texts), dtype=np.uint8), starts, lengths)


@dataclass(frozen=True)
class Batch:
    """Positions ascend by one from event to event, and the times never descend."""

    first_position: int
    due: Ints  # absolute
    keys: Texts
    values: Texts
    invoked: Ints  # written by the sender, as it takes the events

    def __len__(self) -> int:
        return len(self.due)

    @staticmethod
    def of(first_position: int, due: Ints, keys: Texts, values: Texts) -> Batch:
        return Batch(first_position, due, keys, values, np.zeros(len(due), dtype=np.int64))
