"""Handles on small real processes: parts with a supervisor, and links through a real proxy."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gameday.kernel.handles import Handle, Link
from gameday.kernel.protocols import Hop
from gameday.kernel.waiting import wait_until
from gameday.kernel.words import HarnessError, Probe, Promises

HERE = Path(__file__).parent


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


def ask(port: int, line: str, within_s: float) -> Probe:
    """One fresh connection, one line, one answer."""
    began = time.monotonic()

    def saw(outcome: str) -> Probe:
        return Probe(outcome, time.monotonic() - began)

    try:
        with socket.create_connection(("127.0.0.1", port), timeout=within_s) as s:
            s.sendall(line.encode() + b"\n")
            return saw("answered" if s.recv(100) else "reset")
    except TimeoutError:
        return saw("silent")
    except ConnectionRefusedError:
        return saw("refused")
    except (ConnectionResetError, BrokenPipeError):
        return saw("reset")


def process_state(pid: int) -> str:
    """The letter of /proc, or `gone`; a zombie is gone."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "gone"
    return "gone" if state == "Z" else state


@dataclass(frozen=True)
class Part:
    """A supervised echo server; everything that another process needs is in its folder."""

    name: str
    folder: Path

    @property
    def ref(self) -> Mapping[str, Any]:
        return {"name": self.name, "folder": str(self.folder)}

    def _now(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.folder / "state.json").read_text())
        return state

    def identity(self) -> Mapping[str, Any]:
        return {"pid": self._now()["pid"]}

    # -- killable
    def kill(self) -> str:
        os.kill(self._now()["pid"], signal.SIGKILL)
        return f"SIGKILL to {self._now()['pid']}"

    def gone(self, identity: Mapping[str, Any]) -> str | None:
        pid = identity["pid"]
        return f"pid {pid} gone" if process_state(pid) == "gone" else None

    def bring_back(self, identity: Mapping[str, Any], within_s: float) -> str:
        return self.back(within_s)

    # -- pausable
    def freeze(self) -> str:
        os.kill(self._now()["pid"], signal.SIGSTOP)
        return f"SIGSTOP to {self._now()['pid']}"

    def thaw(self, identity: Mapping[str, Any]) -> str:
        os.kill(identity["pid"], signal.SIGCONT)
        return f"SIGCONT to {identity['pid']}"

    def frozen(self) -> str | None:
        pid = self._now()["pid"]
        return f"pid {pid} in state T" if process_state(pid) == "T" else None

    def answers(self, within_s: float) -> Probe:
        return ask(self._now()["port"], "hello", within_s)

    # -- seamed
    def arm(self, seam: str) -> str:
        (self.folder / f"{seam}.fired").unlink(missing_ok=True)
        (self.folder / f"{seam}.armed").touch()
        return f"{seam} armed"

    def disarm(self, seam: str) -> str:
        (self.folder / f"{seam}.armed").unlink(missing_ok=True)
        return f"{seam} disarmed"

    def fired(self, seam: str) -> str | None:
        marker = self.folder / f"{seam}.fired"
        return marker.read_text() if marker.exists() else None

    def back(self, within_s: float) -> str:
        wait_until(f"{self.name} back", lambda: self.answers(0.2).outcome == "answered", within_s=within_s)
        return f"{self.name} answers as pid {self._now()['pid']}"


@dataclass(frozen=True)
class Path_:
    """A link with one or more channels, each through a proxy of its own."""

    name: str
    ports: Mapping[str, int]
    modes: Mapping[str, str]

    @property
    def ref(self) -> Mapping[str, Any]:
        return {"name": self.name, "ports": dict(self.ports), "modes": dict(self.modes)}

    @property
    def channels(self) -> Sequence[str]:
        return list(self.ports)

    def disturb(self, kind: str, channels: Sequence[str], settings: Mapping[str, Any]) -> str:
        for channel in channels:
            write_whole(Path(self.modes[channel]), json.dumps({"kind": kind, **settings}))
            if kind == "refused":
                probe = lambda c=channel: ask(self.ports[c], "x", 0.2).outcome == "refused"  # noqa: E731
                wait_until("the proxy to have closed its port", probe, within_s=2, every_s=0.02)
        return f"{self.name}: {kind} on {', '.join(channels)}"

    def restore(self) -> str:
        for mode in self.modes.values():
            Path(mode).unlink(missing_ok=True)
        return f"{self.name} restored"

    def probe(self, channel: str, within_s: float) -> Probe:
        return ask(self.ports[channel], "hello", within_s)


def write_whole(path: Path, text: str) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(text)
    os.replace(partial, path)


def reopen(ref: Mapping[str, Any]) -> Any:
    """What a substrate does with the victim of an undo record."""
    if "each" in ref:
        return [reopen(one) for one in ref["each"]]
    if "folder" in ref:
        return Part(ref["name"], Path(ref["folder"]))
    return Path_(ref["name"], ref["ports"], ref["modes"])


@dataclass
class Rig:
    """A `System` of parts and links; ends every process that it started."""

    folder: Path
    victims: dict[str, Handle] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    hops: Sequence[Hop] = ()
    promises: Promises = field(default_factory=Promises)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    closing: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def part(self, name: str) -> Part:
        folder = self.folder / name
        folder.mkdir()
        part = Part(name, folder)
        self._start_part(part, free_port())
        thread = threading.Thread(target=self._supervise, args=(part,))
        thread.start()
        self.threads.append(thread)
        part.back(10)
        self.victims[name] = part
        return part

    def link(self, name: str, to: Part, channels: Sequence[str] = ("only",)) -> Path_:
        ports = {channel: free_port() for channel in channels}
        modes = {channel: str(self.folder / f"{len(self.running)}-{channel}.json") for channel in channels}
        for channel, port in ports.items():
            self._spawn(f"{name}/{channel}", "proxy.py", str(port), str(to._now()["port"]), modes[channel])
        link = Path_(name, ports, modes)
        for channel in channels:
            up = lambda c=channel: link.probe(c, 0.5).outcome == "answered"  # noqa: E731
            wait_until(f"proxy {name}", up, within_s=10)
        self.links[name] = link
        return link

    def close(self) -> None:
        self.closing.set()
        for process in list(self.running.values()):
            process.kill()
        for thread in self.threads:
            thread.join(5)
        for process in self.running.values():
            process.wait(5)

    def _spawn(self, name: str, script: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(HERE / script), *arguments]
        self.running[name] = subprocess.Popen(command, start_new_session=True)
        return self.running[name]

    def _start_part(self, part: Part, port: int) -> None:
        process = self._spawn(part.name, "part.py", str(port), str(part.folder))
        write_whole(part.folder / "state.json", json.dumps({"pid": process.pid, "port": port}))

    def _supervise(self, part: Part) -> None:
        while not self.closing.wait(0.1):
            if self.running[part.name].poll() is not None:
                self._start_part(part, part._now()["port"])
        self.running[part.name].kill()


class Broken:
    """A handle whose probes themselves fail."""

    name = "broken"
    ref: Mapping[str, Any] = {}

    def __getattr__(self, method: str) -> Any:
        if method.startswith("_"):
            raise AttributeError(method)

        def fails(*_: Any) -> Any:
            harmless = {
                "identity": {"pid": 1},
                "fired": None,
                "kill": "done",
                "freeze": "done",
                "arm": "done",
            }
            if method in harmless:
                return harmless[method]
            raise HarnessError("the probe lost its footing")

        return fails
