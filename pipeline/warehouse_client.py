"""The client of the warehouse, with a deadline that works.

DuckDB's client waits for ever on a server that stands still, and cannot be interrupted. It therefore
lives in a child process, which is killed when the deadline passes.
"""

import logging
import subprocess
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from types import TracebackType
from typing import Final

from pipeline.config import Config
from pipeline.warehouse import OutcomeUnknown, Rejected, Row

log = logging.getLogger("pipeline.warehouse_client")

START_S: Final = 30.0


class WarehouseClient:
    """A :class:`~pipeline.warehouse.Warehouse` that sends each text to a session process."""

    def __init__(self, uri: str, token: str, extensions: Sequence[Path], deadline_s: float) -> None:
        self._uri = uri
        self._token = token
        self._extensions = tuple(extensions)
        self._deadline_s = deadline_s
        self._session: tuple[subprocess.Popen[bytes], Connection] | None = None

    @classmethod
    def for_role(cls, config: Config, role: str) -> "WarehouseClient":
        warehouse = config.warehouse
        return cls(warehouse.uri[role], warehouse.token, config.extensions, warehouse.deadline_s)

    def run(self, sql: str) -> list[Row]:
        process, connection = self._session = self._session or self._open()
        try:
            connection.send(sql)
            if not connection.poll(self._deadline_s):
                raise OutcomeUnknown(f"no answer from {self._uri} within {self._deadline_s:g} s")
            verdict, answer = connection.recv()
        except (OutcomeUnknown, EOFError, OSError) as error:
            self.close()
            if isinstance(error, OutcomeUnknown):
                raise
            raise OutcomeUnknown(f"the session with {self._uri} ended (pid {process.pid})") from error
        if verdict == "rows":
            rows: list[Row] = answer
            return rows
        raise (Rejected if verdict == "rejected" else OutcomeUnknown)(answer)

    def close(self) -> None:
        """End the session, at once and whatever it is doing."""
        if self._session is not None:
            process, connection = self._session
            self._session = None
            process.kill()
            process.wait()
            connection.close()

    def __enter__(self) -> "WarehouseClient":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> tuple[subprocess.Popen[bytes], Connection]:
        ours, theirs = Pipe()
        handle = theirs.fileno()
        process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.warehouse_session", str(handle)],
            stdin=subprocess.DEVNULL,
            pass_fds=(handle,),
        )
        theirs.close()
        # By the pipe and not by arguments, which everybody on the machine can read: there is a token in it.
        ours.send((self._uri, self._token, self._extensions))
        if not ours.poll(START_S):
            process.kill()
            process.wait()
            raise OutcomeUnknown(f"the warehouse session did not start within {START_S:g} s")
        ours.recv()
        return process, ours
