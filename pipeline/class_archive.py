"""The class-data archive of the landing's JVM: made once, it saves a third of a restart.

A JVM that finds no archive, or one of another JVM or class path, starts as if none had been named.
"""

import logging
import socket
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession

from pipeline import landing, spark
from pipeline.config import Config, ConfigError
from pipeline.lake import Lake
from pipeline.waiting import wait_until

log = logging.getLogger("pipeline.class_archive")

BATCHES: Final = 3
REHEARSAL_S: Final = 120.0
WRITE_S: Final = 120.0


def make(config: Config) -> None:
    """Run the landing's path once, and let its JVM write what it loaded when it exits."""
    target = config.spark.class_archive
    if target is None:
        raise ConfigError("spark.class_archive is not set; name the file that the archive shall be")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.draft")
    draft.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        _run_once(_aside(config, Path(scratch), draft))
    draft.replace(target)
    log.info("%s written, %.0f MB", target, target.stat().st_size / 1e6)


def _aside(config: Config, scratch: Path, draft: Path) -> Config:
    writing = replace(config.spark, class_archive=None, java_options=(f"-XX:ArchiveClassesAtExit={draft}",))
    aside = replace(config, lake=scratch / "lake", state=scratch / "state", logs=scratch, spark=writing)
    aside.make_folders()
    return aside


def _run_once(config: Config) -> None:
    spark.prepare_environment(config)
    session = spark.session(config)
    gateway = session.sparkContext._gateway
    if gateway is None:
        raise RuntimeError("the Spark session has no JVM of its own; start this command by itself")
    _rehearse_batches(session, config)
    _rehearse_kafka(session, config)
    session.stop()
    # The JVM ends with its standard input, and writes the archive on its way out.
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait(WRITE_S)


def _rehearse_batches(session: SparkSession, config: Config) -> None:
    """Some micro-batches of records that break every contract, through decode and both files."""
    records = (
        session.readStream.format("rate-micro-batch")
        .option("rowsPerBatch", "100")
        .load()
        .selectExpr(
            "CAST(NULL AS BINARY) AS key",
            "CAST('{}' AS BINARY) AS value",
            "'none' AS topic",
            "0 AS partition",
            "value AS offset",
            "timestamp",
        )
    )
    landed: list[int] = []

    def land(rows: DataFrame, batch: int) -> None:
        rows = rows.persist(landing.CACHED)
        landing.count(rows)
        lake = Lake(config.lake, f"rehearsal-{batch}")
        lake.write_raw(rows)
        lake.write_dead_letters(rows)
        rows.unpersist()
        landed.append(batch)

    rows = landing.decoded(records, config.cluster)
    checkpoint = str(config.state / "checkpoint")
    query = rows.writeStream.foreachBatch(land).option("checkpointLocation", checkpoint).start()
    wait_until(lambda: len(landed) >= BATCHES or not query.isActive, timeout_s=REHEARSAL_S)
    query.stop()
    if len(landed) < BATCHES:
        raise RuntimeError(f"the rehearsal landed {len(landed)} of {BATCHES} batches: {query.exception()}")


def _rehearse_kafka(session: SparkSession, config: Config) -> None:
    """The Kafka source up to its first question, asked of a port where nobody answers."""
    with socket.create_server(("127.0.0.1", 0)) as unheard:
        nobody = f"127.0.0.1:{unheard.getsockname()[1]}"
    impatient = {"request.timeout.ms": "500", "default.api.timeout.ms": "1000"}
    options = spark.source_options(
        replace(config, kafka=replace(config.kafka, bootstrap=nobody, options=impatient))
    )
    del options["maxOffsetsPerTrigger"]
    try:
        session.read.format("kafka").options(**options).load().count()
    except Py4JJavaError:
        log.info("nobody answered, as was intended")
