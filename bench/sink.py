"""`python -m bench.sink PATH`: takes events over a Unix socket, throws them away, acknowledges."""

from __future__ import annotations

import socket
import sys

from loadgen.senders.sink import FRAME, WORD


def serve(path: str) -> None:
    """One connection, then the end."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(1)
    connection, _ = listener.accept()
    space = memoryview(bytearray(1 << 22))
    arrived = 0
    while True:
        head = connection.recv(FRAME.size, socket.MSG_WAITALL)
        if len(head) < FRAME.size:
            return
        count, size = FRAME.unpack(head)
        while size:
            taken = connection.recv_into(space[: min(size, len(space))])
            if not taken:
                return
            size -= taken
        arrived += count
        connection.sendall(WORD.pack(arrived))


if __name__ == "__main__":
    serve(sys.argv[1])
