"""What Spark's checkpoint says about a micro-batch: whose it is, and which offsets it covers.

The offset log is written before a batch runs, so the range of a replayed batch is the range of
its first run. Taking it from the rows instead would miss transaction markers and empty ends.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from pipeline.manifest import OffsetRange

Offsets = dict[int, int]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    folder: Path

    def query_id(self) -> str:
        found: str = json.loads((self.folder / "metadata").read_text())["id"]
        return found

    def committed(self, batch: int) -> bool:
        """Whether Spark is done with this batch: the next life goes on after it."""
        return (self.folder / "commits" / str(batch)).exists()

    def offset_ranges(self, cluster: str, topic: str, batch: int) -> tuple[OffsetRange, ...]:
        """The non-empty ranges of this batch, by partition."""
        before = self._end(topic, batch - 1) if batch else self._initial(topic)
        after = self._end(topic, batch)
        # A partition that was added later starts at 0; the source refuses anything else.
        return tuple(
            OffsetRange(cluster, topic, partition, before.get(partition, 0), end)
            for partition, end in sorted(after.items())
            if end > before.get(partition, 0)
        )

    def _initial(self, topic: str) -> Offsets:
        text = (self.folder / "sources" / "0" / "0").read_text()
        # Written as an optional NUL byte, a version line, and the offsets.
        return _offsets(text[text.index("{") :], topic)

    def _end(self, topic: str, batch: int) -> Offsets:
        lines = (self.folder / "offsets" / str(batch)).read_text().splitlines()
        return _offsets(lines[2], topic)


def _offsets(text: str, topic: str) -> Offsets:
    by_topic: dict[str, dict[str, int]] = json.loads(text)
    return {int(partition): offset for partition, offset in by_topic[topic].items()}
