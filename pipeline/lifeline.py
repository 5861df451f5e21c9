"""A worker's lifeline: a pipe whose other end the supervisor holds. When it closes, the worker ends.

The kernel closes the pipe however the supervisor dies, so no worker outlives it unwatched.
"""

import os
import signal
import threading
from typing import Final

VARIABLE: Final = "PIPELINE_LIFELINE_FD"


def hold() -> None:
    """End this process group as soon as the supervisor is gone; without a supervisor, do nothing."""
    handle = os.environ.pop(VARIABLE, None)
    if handle is None:
        return
    os.set_inheritable(int(handle), False)
    threading.Thread(target=_end_with, args=(int(handle),), name="lifeline", daemon=True).start()


def _end_with(handle: int) -> None:
    os.read(handle, 1)
    os.killpg(os.getpgrp(), signal.SIGKILL)
