"""The Spark session of the landing, and the options of its Kafka client."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pyspark.sql import SparkSession

from pipeline.config import Config
from pipeline.weaknesses import SKIP_VANISHED

_CHECKOUT: Final = Path(__file__).resolve().parent.parent
_LOGGING: Final = Path(__file__).with_name("log4j2.properties")

# A killed broker must cost seconds, a frozen one must not end the query. So single requests give up
# early (5 s instead of 30 s: a frozen leader is left, its successor asked) and metadata is refreshed
# often, while the call around them keeps trying for longer than a broker is away (120 s instead of
# 60 s). Shortening that outer deadline too ends the query at the first hiccup, and a restart of
# Spark costs more than the wait.
KAFKA_CLIENT: Final[Mapping[str, str]] = {
    "request.timeout.ms": "5000",
    "default.api.timeout.ms": "120000",
    "socket.connection.setup.timeout.ms": "2000",
    "socket.connection.setup.timeout.max.ms": "4000",
    "metadata.max.age.ms": "5000",
    "reconnect.backoff.ms": "50",
    "reconnect.backoff.max.ms": "500",
    "retry.backoff.ms": "100",
    "isolation.level": "read_committed",
}

# The quick compiler alone: until its first batch a restart took 9 s of CPU time instead of 16 s (with
# the class archive), and batches of this size are no slower for it. A large and steady load wants the
# other one as well: `java_options: ["-XX:TieredStopAtLevel=4"]`.
JAVA_OPTIONS: Final = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss1m", "-XX:-UsePerfData")

BATCH_RECORDS_MAX: Final = 100_000
"""Bounds the memory of the batch that follows a long standstill."""


def prepare_environment(config: Config) -> None:
    """Variables that the JVM and the Python workers inherit, and an empty folder for what they unpack."""
    scratch = _scratch(config)
    shutil.rmtree(scratch, ignore_errors=True)  # a killed driver cleared nothing away
    scratch.mkdir(parents=True)
    if config.spark.java_home:
        os.environ["JAVA_HOME"] = config.spark.java_home
    os.environ["SPARK_LOCAL_DIRS"] = os.environ["TMPDIR"] = str(scratch)
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    # Workers unpickle functions by name, so they must find this package.
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(_CHECKOUT), *filter(None, [os.environ.get("PYTHONPATH")])]
    )


def session(config: Config) -> SparkSession:
    spark = config.spark
    java_options = [
        *JAVA_OPTIONS,
        f"-Djava.io.tmpdir={_scratch(config)}",
        f"-Dlog4j2.configurationFile=file:{_LOGGING}",
        *spark.java_options,
    ]
    if spark.class_archive:
        java_options += [f"-XX:SharedArchiveFile={spark.class_archive}", "-Xshare:auto"]
    settings = {
        "spark.driver.extraClassPath": os.pathsep.join(map(str, spark.jars)),
        "spark.driver.extraJavaOptions": " ".join(java_options),
        "spark.driver.memory": f"{spark.heap_mb}m",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.warehouse.dir": str(config.state / "spark-warehouse"),
        "spark.python.worker.reuse": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",
        # Batches of some thousand rows: compiling a plan costs more than interpreting it.
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
        "spark.sql.streaming.minBatchesToRetain": "20",
    }
    builder = SparkSession.builder.master(spark.master).appName(f"landing-{config.namespace}")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _scratch(config: Config) -> Path:
    return config.state / "spark"


def source_options(config: Config) -> dict[str, str]:
    client = {**KAFKA_CLIENT, **config.kafka.options}
    return {
        "kafka.bootstrap.servers": config.kafka.bootstrap,
        "subscribe": config.kafka.topic,
        "startingOffsets": "earliest",
        # Vanished offsets are a loss, and a loss must be loud.
        "failOnDataLoss": "false" if SKIP_VANISHED in config.weaknesses else "true",
        "maxOffsetsPerTrigger": str(BATCH_RECORDS_MAX),
        **{f"kafka.{name}": str(value) for name, value in client.items()},
    }
