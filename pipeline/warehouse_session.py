"""The process behind the warehouse client: takes SQL from a pipe, runs it on the server, answers."""

import signal
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import duckdb

# These say that the request or the reply did not get through, so nobody knows what became of it.
_TRANSPORT: Final = (duckdb.IOException, duckdb.HTTPException, duckdb.ConnectionException)


def connect(extensions: Sequence[Path]) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory that speaks Quack."""
    connection = duckdb.connect(":memory:", config={"threads": "1"})
    for extension in extensions:
        connection.execute(f"LOAD '{extension}'")
    return connection


def serve(pipe: Connection) -> None:
    """Answer until the other end closes."""
    uri, token, extensions = pipe.recv()
    connection = connect(extensions)
    pipe.send(("ready", None))
    while True:
        try:
            sql = pipe.recv()
        except EOFError:
            return
        pipe.send(_answer(connection, uri, token, sql))


def _answer(
    connection: duckdb.DuckDBPyConnection, uri: str, token: str, sql: str
) -> tuple[str, list[tuple[object, ...]] | str]:
    try:
        rows = connection.execute("SELECT * FROM quack_query(?, ?, token = ?)", [uri, sql, token]).fetchall()
    except _TRANSPORT as error:
        return "unknown", _first_line(error)
    except duckdb.Error as error:
        return "rejected", _first_line(error)
    return "rows", rows


def _first_line(error: duckdb.Error) -> str:
    return str(error).strip().split("\n")[0]


if __name__ == "__main__":
    # A stop request is for the worker, which ends this process when it is done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(Connection(int(sys.argv[1])))
