"""Landing: Kafka to the raw lake, one micro-batch at a time, with a manifest as the commit.

Spark promises to run a batch at least once and with the same offsets. The manifest turns that into
once: a batch whose manifest exists has landed; one without is written anew, to new files, and what
an earlier attempt left behind is named by nobody.
"""

import logging
import shutil
import time
from dataclasses import dataclass
from typing import Final

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery

from pipeline import manifest as manifests
from pipeline import raw_schema, seams, spark
from pipeline.checkpoint import Checkpoint
from pipeline.clock import now_us
from pipeline.config import Config
from pipeline.decode import decoded_row
from pipeline.lake import Lake, WrittenRaw
from pipeline.waiting import Stop, wait_until

log = logging.getLogger("pipeline.landing")

CACHED: Final = StorageLevel.MEMORY_AND_DISK
STOP_S: Final = 10.0


def run(config: Config, stop: Stop) -> None:
    """Land until asked to stop; raises what ended the query."""
    started = time.monotonic()
    spark.prepare_environment(config)
    session = spark.session(config)
    log.info("session ready after %.1f s", time.monotonic() - started)
    shutil.rmtree(config.lake / "_staging", ignore_errors=True)
    # No warm-up: it was measured to cost more of a restart than the first batch gains by it.
    query = start(session, config)
    while query.isActive and not stop:
        query.awaitTermination(1)
    if query.isActive:
        _stop_between_batches(query)
    failure = query.exception()
    session.stop()
    if failure is not None:
        raise failure


def start(session: SparkSession, config: Config) -> StreamingQuery:
    source = session.readStream.format("kafka").options(**spark.source_options(config)).load()
    sink = Sink(config, Checkpoint(config.state / "checkpoint"), seams.Seams(config.seams))
    return (
        decoded(source, config.cluster)
        .writeStream.foreachBatch(sink)
        .option("checkpointLocation", str(config.state / "checkpoint"))
        .trigger(processingTime=f"{config.spark.trigger_s} seconds")
        .start()
    )


def decoded(records: DataFrame, cluster: str) -> DataFrame:
    """Kafka records as raw rows."""
    decode = F.udf(decoded_row, raw_schema.spark_ddl(raw_schema.DECODED), useArrow=False)
    source = records.select(
        F.lit(cluster).alias("src_cluster"),
        F.col("topic").alias("src_topic"),
        F.col("partition").alias("src_partition"),
        F.col("offset").alias("src_offset"),
        F.unix_micros("timestamp").alias("append_ts_us"),
        F.unix_micros(F.current_timestamp()).alias("ingest_ts_us"),
        "key",
        "value",
        decode("value").alias("decoded"),
    )
    return source.select("*", "decoded.*").drop("decoded")


@dataclass(frozen=True, slots=True)
class Sink:
    """Writes one micro-batch: raw file, dead letters if there are any, then the manifest."""

    config: Config
    checkpoint: Checkpoint
    seam: seams.Seams

    def __call__(self, rows: DataFrame, batch: int) -> None:
        query_id = self.checkpoint.query_id()
        if manifests.path_of(self.config.manifests, query_id, batch).exists():
            log.info("batch %s has landed before, skipped", batch)
            return
        self.seam(seams.BEFORE_SINK)
        # Spark alters plans under a live cache, and every output must come from one decode.
        rows = rows.persist(CACHED)
        try:
            self._land(rows, query_id, batch)
        finally:
            rows.unpersist()

    def _land(self, rows: DataFrame, query_id: str, batch: int) -> None:
        started = time.monotonic()
        # One pass with full parallelism fills the cache; the single-file write below then only copies.
        total, dead = count(rows)
        if not total:
            return
        ranges = self.checkpoint.offset_ranges(self.config.cluster, self.config.kafka.topic, batch)
        lake = Lake(self.config.lake, manifests.batch_id(query_id, batch))
        raw = lake.write_raw(rows)
        _check(raw, total, ranges)
        written = [raw.file]
        if dead:
            self.seam(seams.BETWEEN_SINKS)
            written.append(lake.write_dead_letters(rows))
        self.seam(seams.FILES_WRITTEN)
        self._commit(query_id, batch, tuple(written), ranges, raw)
        log.info("batch %s: %s rows, %s dead, %.1f s", batch, total, dead, time.monotonic() - started)
        self.seam(seams.MANIFEST_WRITTEN)

    def _commit(
        self,
        query_id: str,
        batch: int,
        written: tuple[manifests.DataFile, ...],
        ranges: tuple[manifests.OffsetRange, ...],
        raw: WrittenRaw,
    ) -> None:
        manifest = manifests.Manifest(
            query_id=query_id,
            batch=batch,
            files=written,
            offset_ranges=ranges,
            count=raw.file.rows,
            sum_by_ccy=raw.sum_by_ccy,
            mset_hash=raw.mset_hash,
            prev_manifest_sha=manifests.sha_of_last_before(self.config.manifests, query_id, batch),
            written_at_us=now_us(),
        )
        manifests.write(self.config.manifests, manifest)


def count(rows: DataFrame) -> tuple[int, int]:
    """How many rows, and how many of them are invalid."""
    total, dead = rows.agg(F.count("*"), F.count("reason")).collect()[0]
    return total, dead


class TornBatch(Exception):
    """The file that was written is not the batch that was read; nothing was committed."""


def _check(raw: WrittenRaw, total: int, ranges: tuple[manifests.OffsetRange, ...]) -> None:
    if raw.file.rows != total:
        raise TornBatch(f"{raw.file.path} holds {raw.file.rows} rows, the batch has {total}")
    wide = sum(item.to - item.from_ for item in ranges)
    if total > wide:
        raise TornBatch(f"the batch has {total} rows, its offset ranges only {wide}: {ranges}")


def _stop_between_batches(query: StreamingQuery) -> None:
    """Stopping a query interrupts its batch. That is safe, but ending between two is cleaner."""
    wait_until(lambda: not query.status["isTriggerActive"], timeout_s=STOP_S)
    query.stop()
