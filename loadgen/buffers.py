"""Memory that is used again: a page that comes anew from the system has to be cleared, and that costs more
than what is done in it."""

from __future__ import annotations

import ctypes
import mmap
import weakref
from collections import deque

import numpy as np

from loadgen.batch import Buffer

_LARGE_PAGE = 1 << 21
# Of mallopt, by glibc's numbers: up to how much freed memory is kept, and from which size on a piece is
# mapped by itself (the largest that is allowed).
_KEPT = ((-1, 1 << 28), (-3, 1 << 25))


def keep_memory() -> None:
    """What this process frees stays with it. Other C libraries than glibc are left as they are."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for parameter, size in _KEPT:
            mallopt(parameter, size)


class Buffers:
    """A buffer is free again once nothing refers to it or to any part of it."""

    def __init__(self) -> None:
        self._free: deque[mmap.mmap] = deque()

    def take(self, size: int) -> Buffer:
        """At least so many bytes. Whatever was in it before is still there."""
        memory = self._found(size) or _made(size)
        buffer = np.frombuffer(memory, dtype=np.uint8)
        # Views of this array refer to it, and not to the memory: it ends when the last of them does.
        weakref.finalize(buffer, self._free.append, memory).atexit = False
        return buffer

    def _found(self, size: int) -> mmap.mmap | None:
        """What is too small is given back to the system: sizes grow a few times and then no more."""
        while True:
            try:
                memory = self._free.pop()  # what was used last is nearest
            except IndexError:
                return None
            if len(memory) >= size:
                return memory


def _made(size: int) -> mmap.mmap:
    memory = mmap.mmap(-1, max(1, -(-size // _LARGE_PAGE)) * _LARGE_PAGE)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE)
    return memory
