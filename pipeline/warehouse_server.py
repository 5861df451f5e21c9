"""The warehouse server: DuckDB behind Quack, serving every database of its data folder."""

import logging
from typing import Final

import duckdb

from pipeline.config import ServerConfig
from pipeline.waiting import Stop
from pipeline.warehouse import literal
from pipeline.warehouse_session import connect

log = logging.getLogger("pipeline.warehouse")

MEMORY_LIMIT: Final = "1GB"
THREADS: Final = 2
POLL_S: Final = 0.2


def run(config: ServerConfig, stop: Stop) -> None:
    """Serve until asked to stop, then write everything from the logs into the databases."""
    config.data.mkdir(parents=True, exist_ok=True)
    connection = connect(config.extensions)
    connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
    connection.execute(f"SET threads = {THREADS}")
    connection.execute(f"SET temp_directory = {literal(str(config.data / 'spill'))}")
    for path in sorted(config.data.glob("*.duckdb")):
        connection.execute(f"ATTACH {literal(str(path))} AS {path.stem}")
    uri = f"quack:{config.host}:{config.port}"
    connection.execute(f"CALL quack_serve({literal(uri)}, token = {literal(config.token)})")
    log.info("ready at %s with %s", uri, _databases(connection) or "no databases")
    while not stop:
        stop.pause(POLL_S)
    connection.execute(f"CALL quack_stop({literal(uri)})")
    for name in _databases(connection):
        connection.execute(f"CHECKPOINT {name}")
    connection.close()
    log.info("stopped")


def _databases(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "SELECT database_name FROM duckdb_databases() WHERE path IS NOT NULL ORDER BY database_name"
    ).fetchall()
    return [name for (name,) in rows]
