"""Sends to a process that only counts and acknowledges: what the load itself costs, without a broker.

Over one Unix socket go frames: two 64-bit words (how many events, how many bytes) and the bytes. Back come
acknowledgements of one word each: the number of events that arrived so far.
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
import socket
import struct
from collections import deque

import numpy as np
import numpy.typing as npt

from gameday.kernel.waiting import wait_until
from gameday.kernel.words import HarnessError
from loadgen.batch import Batch
from loadgen.draws import Ints
from loadgen.ledger_format import ACK, UNKNOWN
from loadgen.senders import NOTHING_SETTLED, SETTLED, Clock, Settled

SCHEME = "sink:"
FRAME = struct.Struct("<qq")
WORD = struct.Struct("<q")
_MOST_PIECES = 1_024  # of one writev
_PIECE = np.dtype([("at", "<u8"), ("size", "<u8")])  # struct iovec


class SinkSender:
    path = "sink"
    way = "frames over a socket; acknowledged, never stored"

    def __init__(self, address: str, now_us: Clock) -> None:
        self._path = address.removeprefix(SCHEME)
        self._now_us = now_us
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._outgoing: deque[_Pieces] = deque()
        self._incoming = b""
        self._under_way: deque[Settled] = deque()
        self._sent = self._acknowledged = 0

    def ready(self, within_s: float) -> None:
        def connected() -> bool:
            try:
                self._socket.connect(self._path)
            except (FileNotFoundError, ConnectionRefusedError):
                return False
            return True

        wait_until(f"the sink {self._path} answers", connected, within_s=within_s)
        self._socket.setblocking(False)

    def send(self, batch: Batch, start: int, stop: int) -> None:
        invoked = self._now_us()
        batch.invoked[start:stop] = invoked
        settled = np.zeros(stop - start, dtype=SETTLED)
        settled["position"] = batch.first_position + np.arange(start, stop, dtype=np.int64)
        settled["t_due"], settled["t_invoke"] = batch.due[start:stop], invoked
        settled["offset"], settled["partition"], settled["fate"] = -1, -1, UNKNOWN
        self._under_way.append(settled)
        self._sent += len(settled)
        self._outgoing.append(_Pieces(batch, start, stop))
        self._push()

    def take(self, seconds: float) -> Settled:
        wanted = [self._socket] if self._outgoing else []
        select.select([self._socket], wanted, [], seconds)
        self._push()
        try:
            self._incoming += self._socket.recv(1 << 16)
        except BlockingIOError:
            return NOTHING_SETTLED
        whole = len(self._incoming) // WORD.size * WORD.size
        if not whole:
            raise HarnessError(f"the sink {self._path} has gone away with {self.pending()} events under way")
        (arrived,) = WORD.unpack_from(self._incoming, whole - WORD.size)
        self._incoming = self._incoming[whole:]
        return self._settle(arrived - self._acknowledged)

    def _settle(self, count: int) -> Settled:
        """The oldest so many events under way; frames arrive whole and in order."""
        found = []
        self._acknowledged += count
        while count:
            settled = self._under_way.popleft()
            count -= len(settled)
            found.append(settled)
        done = np.concatenate(found) if found else NOTHING_SETTLED
        done["t_done"], done["fate"] = self._now_us(), ACK
        return done

    def _push(self) -> None:
        while self._outgoing and self._outgoing[0].write(self._socket.fileno()):
            self._outgoing.popleft()

    def pending(self) -> int:
        return self._sent - self._acknowledged

    def abandon(self) -> None:
        self._outgoing.clear()

    def close(self) -> None:
        self._socket.close()


class _Pieces:
    """A frame on its way out: where its pieces lie, and what is written of them."""

    def __init__(self, batch: Batch, start: int, stop: int) -> None:
        values = batch.values
        self._head = np.array([stop - start, values.lengths[start:stop].sum()], dtype=np.int64)
        self._kept = values.buffer  # must not go away before it is written
        self._list: npt.NDArray[np.void] = np.zeros(stop - start + 1, dtype=_PIECE)
        self._list["at"][0], self._list["size"][0] = self._head.ctypes.data, FRAME.size
        self._list["at"][1:] = values.buffer.ctypes.data + values.starts[start:stop]
        self._list["size"][1:] = values.lengths[start:stop]
        self._next = 0

    def write(self, file: int) -> bool:
        """True once all is written; False if the socket takes no more at present."""
        while self._next < len(self._list):
            pieces = self._list[self._next : self._next + _MOST_PIECES]
            taken = _writev(file, pieces.ctypes.data, len(pieces))
            if taken < 0:
                code = ctypes.get_errno()
                if code == errno.EAGAIN:
                    return False
                raise OSError(code, os.strerror(code))
            ends: Ints = np.cumsum(pieces["size"].astype(np.int64))
            whole = int(np.searchsorted(ends, taken, side="right"))
            self._next += whole
            if whole < len(pieces):
                rest = taken - (int(ends[whole - 1]) if whole else 0)
                pieces["at"][whole] += rest
                pieces["size"][whole] -= rest
        return True


_writev = ctypes.CDLL(None, use_errno=True).writev
_writev.argtypes, _writev.restype = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int], ctypes.c_ssize_t
