"""One event of a plan, years later: from seed, load and nonce alone, without making the events before it.

`python -m loadgen.single RUN UID` prints it as it was sent in a recorded run.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadgen.contract import Fact, read
from loadgen.dialects import DIALECTS
from loadgen.events import Encoder
from loadgen.ids import Ids
from loadgen.places import Assignment, Places
from loadgen.plan import Plan
from loadgen.rows import KINDS, tag_text


@dataclass(frozen=True)
class Single:
    """One (uid, copy), with the times at which it is due."""

    uid: int
    copy: int
    dialect: str
    kind: str
    tags: str
    key: bytes
    value: bytes
    due_us: tuple[int, ...]  # after the start: of the first attempt, then of its repetitions

    @property
    def canonical(self) -> dict[str, Any] | str:
        """The canonical form, or why there is none."""
        fact = read(self.value)
        return fact._asdict() if isinstance(fact, Fact) else fact


def event(plan: Plan, uid: int, ids: Ids, t0_us: int) -> list[Single]:
    """The event and its business duplicates; one block of the plan is made for it."""
    block = plan.block_of(uid)
    mask = block.rows.uid == uid
    rows = block.rows.where(mask)
    wire = Encoder(plan.seed, ids, t0_us, plan.load.entropy).encode(rows)
    found = []
    for n, place in enumerate(mask.nonzero()[0].tolist()):
        again = sorted(block.again_due[block.again_row == place].tolist())
        found.append(
            Single(
                uid,
                int(rows.copy[n]),
                DIALECTS[int(rows.dialect[n])].name,
                KINDS[int(rows.kind[n])],
                tag_text(int(rows.tags[n])),
                wire.keys[n],
                wire.values[n],
                (int(rows.due[n]), *again),
            )
        )
    return found


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 2 or not arguments[1].isdigit():
        print("usage: python -m loadgen.single RUN UID", file=sys.stderr)
        return 4
    places = Places(Path(arguments[0]))
    assignment = Assignment.read(places.order)
    t0_us = int(json.loads(places.start.read_text(encoding="utf-8"))["t0_us"])
    ids = Ids(assignment.order.nonce, assignment.order.run_tag)
    found = event(Plan(assignment.load, assignment.order.seed), int(arguments[1]), ids, t0_us)
    if not found:
        print(f"the plan of {arguments[0]} has no event {arguments[1]}", file=sys.stderr)
        return 4
    for one in found:
        due = ", ".join(f"{at / 1_000_000:.3f} s" for at in one.due_us)
        print(f"{one.kind} in dialect {one.dialect}, copy {one.copy}, due after {due} {one.tags}")
        print(one.value.decode("utf-8", errors="backslashreplace"))
        print(json.dumps(one.canonical, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
