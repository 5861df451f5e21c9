"""The tables of a namespace in the warehouse."""

from collections.abc import Iterator

from pipeline import raw_schema
from pipeline.lease import ROLES
from pipeline.warehouse import literal
from pipeline.weaknesses import MERGE_ON_EVENT_ID, NO_LOAD_LEDGER

LEASE_EXPIRES_US = 2**62

PAYMENT_EVENT_COLUMNS = (
    "bk_hash", "event_id", "event_type", "payment_id", "merchant_id", "account_id", "card_token",
    "lifecycle_ref", "corrects_ref", "correction_seq", "amount_minor", "currency", "event_ts_us",
    "attributes", "canonical_hash", *raw_schema.COORDINATES, "batch_id", "known_from",
)  # fmt: skip


def create(database: str, region: str, weaknesses: frozenset[str] = frozenset()) -> Iterator[str]:
    """Statements that make whatever is missing; run again, they change nothing."""
    coordinates = ", ".join(raw_schema.COORDINATES)
    key = "" if NO_LOAD_LEDGER in weaknesses else f", PRIMARY KEY ({coordinates})"
    unique = "" if MERGE_ON_EVENT_ID in weaknesses else " PRIMARY KEY"
    for schema in ("raw", "ctl", "cur"):
        yield f"CREATE SCHEMA IF NOT EXISTS {database}.{schema}"
    yield f"""CREATE TABLE IF NOT EXISTS {database}.raw.events (
        {raw_schema.sql_ddl(raw_schema.WAREHOUSE_RAW)}, batch_id VARCHAR NOT NULL{key})"""
    yield from _control(database, region)
    yield f"""CREATE TABLE IF NOT EXISTS {database}.cur.payment_event (
        bk_hash VARCHAR{unique}, event_id VARCHAR NOT NULL, event_type VARCHAR NOT NULL,
        payment_id VARCHAR NOT NULL, merchant_id VARCHAR NOT NULL, account_id VARCHAR NOT NULL,
        card_token VARCHAR NOT NULL, lifecycle_ref VARCHAR, corrects_ref VARCHAR, correction_seq INTEGER,
        amount_minor BIGINT NOT NULL, currency VARCHAR NOT NULL, event_ts_us BIGINT NOT NULL,
        attributes VARCHAR, canonical_hash VARCHAR NOT NULL,
        src_cluster VARCHAR NOT NULL, src_topic VARCHAR NOT NULL, src_partition INTEGER NOT NULL,
        src_offset BIGINT NOT NULL, batch_id VARCHAR NOT NULL, known_from BIGINT NOT NULL)"""
    yield f"""CREATE TABLE IF NOT EXISTS {database}.cur.duplicate (
        src_cluster VARCHAR, src_topic VARCHAR, src_partition INTEGER, src_offset BIGINT,
        event_id VARCHAR NOT NULL, bk_hash VARCHAR NOT NULL, survivor_event_id VARCHAR NOT NULL,
        survivor_src_cluster VARCHAR NOT NULL, survivor_src_topic VARCHAR NOT NULL,
        survivor_src_partition INTEGER NOT NULL, survivor_src_offset BIGINT NOT NULL,
        rule VARCHAR NOT NULL, batch_id VARCHAR NOT NULL, PRIMARY KEY ({coordinates}))"""
    yield f"""CREATE VIEW IF NOT EXISTS {database}.cur.v_payment_event AS
        SELECT * FROM {database}.cur.payment_event"""


def _control(database: str, region: str) -> Iterator[str]:
    yield f"""CREATE TABLE IF NOT EXISTS {database}.ctl.load_ledger (
        file_sha VARCHAR, src_range VARCHAR, batch_id VARCHAR NOT NULL UNIQUE, region VARCHAR NOT NULL,
        epoch BIGINT NOT NULL, rows BIGINT NOT NULL, load_seq BIGINT NOT NULL,
        loaded_at_us BIGINT NOT NULL, status VARCHAR NOT NULL, PRIMARY KEY (file_sha, src_range))"""
    yield f"""CREATE TABLE IF NOT EXISTS {database}.ctl.task_effect (
        task VARCHAR, partition_key VARCHAR, input_hash VARCHAR, output_hash VARCHAR NOT NULL,
        done_at_us BIGINT NOT NULL, PRIMARY KEY (task, partition_key, input_hash))"""
    yield f"""CREATE TABLE IF NOT EXISTS {database}.ctl.region_lease (
        role VARCHAR PRIMARY KEY, owner_region VARCHAR NOT NULL, epoch BIGINT NOT NULL,
        expires_us BIGINT NOT NULL, fence BIGINT NOT NULL)"""
    for role in ROLES:
        yield f"""INSERT INTO {database}.ctl.region_lease
            VALUES ({literal(role)}, {literal(region)}, 1, {LEASE_EXPIRES_US}, 0) ON CONFLICT DO NOTHING"""
