"""A tiny server: echoes lines, and kills itself at a seam when a line asks it to pass one."""

from __future__ import annotations

import json
import os
import signal
import socketserver
import sys
from pathlib import Path


def pass_seam(seams: Path, name: str) -> None:
    armed, fired = seams / f"{name}.armed", seams / f"{name}.fired"
    if armed.exists():
        armed.write_text(json.dumps({"pid": os.getpid(), "seam": name}))
        os.replace(armed, fired)
        os.kill(os.getpid(), signal.SIGKILL)


class Echo(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            pass_seam(Path(sys.argv[2]), line.decode().strip())
            self.wfile.write(line)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    with Server(("127.0.0.1", int(sys.argv[1])), Echo) as server:
        server.serve_forever()
