"""A tiny TCP proxy that reads from a file how to treat its connections."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import sys
from pathlib import Path
from typing import Any

LISTEN, BEHIND, MODE = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])


def mode() -> dict[str, Any]:
    try:
        read: dict[str, Any] = json.loads(MODE.read_text())
    except FileNotFoundError:
        return {"kind": "none"}
    return read


async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, stream: str) -> None:
    while chunk := await source.read(4096):
        how = mode()
        if how["kind"] == "blackhole":
            continue
        if how["kind"] == "latency" and stream in how["streams"]:
            await asyncio.sleep(how["latency_ms"] / 1000)
        sink.write(chunk)
        await sink.drain()
    sink.close()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    if mode()["kind"] == "reset":
        raw: socket.socket = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        return
    try:
        there = await asyncio.open_connection("127.0.0.1", BEHIND)
    except OSError:
        writer.transport.abort()
        return
    await asyncio.gather(
        pump(reader, there[1], "upstream"), pump(there[0], writer, "downstream"), return_exceptions=True
    )


async def main() -> None:
    listener: asyncio.Server | None = None
    while True:
        if mode()["kind"] == "refused":
            if listener:
                listener.close()
            listener = None
        elif listener is None:
            listener = await asyncio.start_server(serve, "127.0.0.1", LISTEN)
        await asyncio.sleep(0.02)


asyncio.run(main())
