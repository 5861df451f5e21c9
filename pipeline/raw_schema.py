"""The columns of the raw lake and the dead letters, once, with their types in Spark and in SQL."""

from dataclasses import dataclass
from typing import Final

SPARK: Final = {"text": "string", "int32": "int", "int64": "bigint", "bytes": "binary"}
SQL: Final = {"text": "VARCHAR", "int32": "INTEGER", "int64": "BIGINT", "bytes": "BLOB"}


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: str


def _columns(text: str) -> tuple[Column, ...]:
    pairs = (item.split(":") for item in text.split())
    return tuple(Column(name, kind) for name, kind in pairs)


COORDINATES: Final = ("src_cluster", "src_topic", "src_partition", "src_offset")

SOURCE: Final = _columns(
    "src_cluster:text src_topic:text src_partition:int32 src_offset:int64"
    " append_ts_us:int64 ingest_ts_us:int64 key:bytes value:bytes"
)
DECODED: Final = _columns(
    "payload_sha256:text dialect:text contract_version:int32"
    " event_id:text event_type:text source_event_type:text payment_id:text merchant_id:text"
    " account_id:text card_token:text lifecycle_ref:text corrects_ref:text correction_seq:int32"
    " amount_minor:int64 currency:text exponent:int32 event_ts_us:int64 trace_id:text"
    " attributes:text n_attributes:int32 schema_ref:text rail:text wallet_id:text network:text status:text"
    " lifecycle_kind:text payment_derived:int32 produced_ts_us:int64"
    " canonical_hash:text bk_hash:text reason:text"
)
RAW: Final = SOURCE + DECODED
DEAD_LETTER: Final = _columns(
    "src_cluster:text src_topic:text src_partition:int32 src_offset:int64 append_ts_us:int64"
    " key:bytes value:bytes reason:text stage:text contract_version:int32"
    " first_seen_us:int64 attempts:int32 state:text"
)

WAREHOUSE_RAW: Final = tuple(column for column in RAW if column.name != "key")
"""What the warehouse keeps of a raw row; the key repeats ``payment_id``."""


def spark_ddl(columns: tuple[Column, ...]) -> str:
    return ", ".join(f"{column.name} {SPARK[column.kind]}" for column in columns)


def sql_ddl(columns: tuple[Column, ...]) -> str:
    return ", ".join(f"{column.name} {SQL[column.kind]}" for column in columns)


def names(columns: tuple[Column, ...]) -> str:
    return ", ".join(column.name for column in columns)
