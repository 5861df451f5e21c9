"""Everything that waits: the stop signal, growing pauses, and conditions with a deadline."""

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType


class Stop:
    """Asked to stop? Set by SIGTERM and SIGINT once :meth:`on_signals` was called."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def on_signals(self) -> "Stop":
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._handle)
        return self

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self._event.set()

    def set(self) -> None:
        self._event.set()

    def __bool__(self) -> bool:
        return self._event.is_set()

    def pause(self, seconds: float) -> None:
        """Wait, but not beyond the request to stop."""
        self._event.wait(seconds)


@dataclass
class Backoff:
    """Pauses that double from ``first_s`` to ``last_s``."""

    first_s: float = 0.5
    last_s: float = 10.0
    _next_s: float = field(default=0.0, init=False)

    def pause_s(self) -> float:
        """The pause to make now; the next one is twice as long."""
        pause = self._next_s or self.first_s
        self._next_s = min(pause * 2, self.last_s)
        return pause

    def reset(self) -> None:
        self._next_s = 0.0


def wait_until(condition: Callable[[], bool], timeout_s: float, poll_s: float = 0.05) -> bool:
    """True as soon as the condition holds, False when the time is over."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(poll_s)
    return True
