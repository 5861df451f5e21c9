"""Commit seams: named gaps between two commits, where a drill may ask the process to die.

A seam is armed by a file ``<name>.armed`` in the folder of seams. The process that reaches it
says so in the file, renames it to ``<name>.fired`` and kills itself: once, and never unarmed.
"""

import json
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.clock import now_us
from pipeline.files import sync_folder

BEFORE_SINK: Final = "1-before-sink"
FILES_WRITTEN: Final = "2-files-written"
MANIFEST_WRITTEN: Final = "3-manifest-written"
BETWEEN_SINKS: Final = "4-between-sinks"
COMMITTED_NOT_ANSWERED: Final = "6-committed-not-answered"


@dataclass(frozen=True, slots=True)
class Seams:
    folder: Path

    def __call__(self, name: str) -> None:
        armed = self.folder / f"{name}.armed"
        if armed.exists():
            self._fire(armed, name)

    def _fire(self, armed: Path, name: str) -> None:
        marker = {"pid": os.getpid(), "at_us": now_us(), "seam": name}
        with armed.open("w") as file:
            json.dump(marker, file)
            file.flush()
            os.fsync(file.fileno())
        armed.rename(armed.with_suffix(".fired"))
        sync_folder(self.folder)
        os.kill(os.getpid(), signal.SIGKILL)
