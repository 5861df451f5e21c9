"""A process of its own that knows nothing but the undo record: what a `heal` command does."""

from __future__ import annotations

import json
import sys

from faults import healers
from gameday.kernel.words import Undo
from tests.faults.rig import reopen

if __name__ == "__main__":
    undo = Undo(**json.loads(sys.stdin.read()))
    print(healers()[undo.kind](undo, reopen(undo.victim)).status)
