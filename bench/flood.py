"""`python -m bench.flood ORDER.json WARM_UP`: the parts of the load process, without waiting for what is due.

Plan, encoder, mark, sender and ledger are those of `loadgen.process`. Only the pacing is left out, and no
more than a bounded number of events is under way. Prints one line of JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from bench.machine import cpu_s, rss_mb
from loadgen.buffers import keep_memory
from loadgen.encode import SlabEncoder
from loadgen.feed import Feed, batches
from loadgen.ids import Ids
from loadgen.ledger import Mark, Outcomes
from loadgen.ledger_format import ACK
from loadgen.places import Assignment
from loadgen.plan import Plan
from loadgen.senders.choice import open_sender

UNDER_WAY = 40_000
_AT_ONCE = 1_024
_FLUSH_S = 0.05


class Flood:
    def __init__(self, assignment: Assignment, warm_up: int) -> None:
        order = assignment.order
        self.plan = Plan(assignment.load, order.seed)
        self.mark = Mark(assignment.places.mark)
        self.outcomes = Outcomes(assignment.places.outcomes)
        self.sender = open_sender(assignment)
        self.sender.ready(30.0)
        encoder = SlabEncoder(self.plan, Ids(order.nonce, order.run_tag), order.anchor.now_us())
        self.feed = Feed(batches(self.plan, encoder, order.anchor.now_us()))
        self.warm_up = warm_up
        self.acked = self.other = 0
        self.bytes = 0
        self.rates: list[tuple[float, int]] = []  # (moment, acknowledged so far)
        self._next_flush = 0.0

    def run(self) -> None:
        while not self.feed.over:
            batch = self.feed.take()
            if batch is None:
                self._serve(0.001)
                continue
            for start in range(0, len(batch), _AT_ONCE):
                stop = min(start + _AT_ONCE, len(batch))
                self.mark.raise_to(batch.first_position + stop)
                self.sender.send(batch, start, stop)
                self.bytes += int(batch.values.lengths[start:stop].sum())
                self._serve(0)
                while self.sender.pending() > UNDER_WAY:
                    self._serve(0.005)
        while self.sender.pending():
            self._serve(0.02)
        self.outcomes.close()
        self.sender.close()

    def _serve(self, seconds: float) -> None:
        settled = self.sender.take(seconds)
        if len(settled):
            self.outcomes.add(settled)
            acked = int((settled["fate"] == ACK).sum())
            self.acked += acked
            self.other += len(settled) - acked
            self.rates.append((time.monotonic(), self.acked))
        if time.monotonic() >= self._next_flush:
            self.outcomes.flush()
            self._next_flush = time.monotonic() + _FLUSH_S

    def rate(self) -> float:
        """Acknowledged per second after the warm-up, until the last acknowledgement."""
        begin = next(point for point in self.rates if point[1] >= self.warm_up)
        end = self.rates[-1]
        return (end[1] - begin[1]) / (end[0] - begin[0])


def main(order: str, warm_up: str) -> None:
    keep_memory()
    flood = Flood(Assignment.read(Path(order)), int(warm_up))
    flood.run()
    facts = {
        "rate": flood.rate(),
        "acked": flood.acked,
        "not_acked": flood.other,
        "bytes_per_event": flood.bytes / (flood.acked + flood.other),
        "ledger_bytes_per_event": flood.outcomes.size / flood.acked,
        "cpu_us_per_event": 1e6 * cpu_s(resource.RUSAGE_SELF) / flood.acked,
        "rss_mb": rss_mb(),
        "way": flood.sender.way,
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main(*sys.argv[1:])
