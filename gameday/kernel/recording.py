"""The recording of a run: which tables there are, how rows get in, and how a scan is sealed.

A table is declared once, here, as `name:type` words; a trailing `?` allows NULL. Types: i8 and i4 are
integers of 64 and 32 bits, f8 a float, s a text, b a truth value. All times are microseconds UTC (i8).
Tables of parts that not every system has are declared in `parts.py`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from gameday.kernel import parts
from gameday.kernel.clock import Anchor

SCHEMA_VERSION = 1

_COORDINATES = "cluster:s topic:s partition:i4 src_offset:i8"
_SCAN = (
    f"uid:i8? copy:i4? {_COORDINATES} container:s? position:i8? body_hash:i8? canonical_hash:i8? event_ts:i8?"
)

_DECLARED = {
    # what the plan wants to exist, before anything is sent
    "intent": """uid:i8 copy:i4 seq:i8 class:s reason:s? ref_uid:i8? survivor_ref:i8? lateness_us:i8 tags:s
        event_type:s dialect:s payment_id:s merchant_id:s account_id:s card_token:s lifecycle_ref:s?
        corrects_uid:i8? correction_seq:i4? amount_minor:i8 currency:s event_ts:i8 key:s
        body_hash:i8 canonical_hash:i8?""",
    # one attempt each, with its fate
    "send": """uid:i8 copy:i4 attempt:i4 path:s t_due:i8 t_invoke:i8? t_done:i8? outcome:s cluster:s? topic:s?
        partition:i4? src_offset:i8? error:s?""",
    # rows found at the hops by independent readers
    "broker_scan": _SCAN,
    # what the bytes of each row at the broker say by themselves: for the statistics of the traffic
    "broker_bytes": f"""{_COORDINATES} sent_ts:i8 size:i4 packed:f8 dialect:s? event_type:s? merchant_id:s?
        rail:s? reason:s? additive:b corrects:b body_hash:i8 event_id_hash:i8? payment_hash:i8? fact_hash:i8?
        likeness_hash:i8? event_ts:i8?""",
    "raw_scan": _SCAN,
    "dlq_scan": f"{_SCAN} reason:s?",
    "load_scan": _SCAN,
    "load_batch_scan": "container:s file_sha:s src_range:s row_count:i8 load_seq:i8?",
    "suppressed_scan": f"""{_SCAN} rule:s survivor_uid:i8? survivor_cluster:s? survivor_topic:s?
        survivor_partition:i4? survivor_offset:i8?""",
    "curated_scan": f"{_SCAN} event_type:s payment_id:s merchant_id:s amount_minor:i8 currency:s",
    # `hop` of a seal is the name of the sealed table
    "seal": "hop:s rows_read:i8 rows_expected:i8 counted_by:s frontier_before:s frontier_after:s",
    "sighting": """hop:s container:s cluster:s topic:s partition:i4 from_offset:i8 to_offset:i8
        t_prev:i8 t_seen:i8""",
    "fault": """id:s kind:s target:s victim:s t_arm:i8 t_bite:i8? t_heal_cmd:i8? t_healed:i8? confirmed:s
        evidence:s stays:b""",
    "metric": "t:i8 name:s labels:s value:f8",
    # what was tried once the hops were at rest; `n` things were tried at once, `found` NULL: no answer
    "trial": "id:s what:s hop:s? subject:s? expected:s found:s? n:i8",
    # which parts the system makes (built), and which it does not: known before the first event is sent
    "part": "name:s built:b",
    # what the run promised and how it went
    "phase": "name:s t_from:i8 t_to:i8",
    "hop": """name:s ord:i4 joins:s state:s bound_us:i8? r1_target_us:i8?""",
    "control": "hop:s measure:s value:f8",
    "target": "invariant:s name:s value:f8",
    "check": "id:s subject:s ok:b detail:s",
    **parts.DECLARED,
}

# Written by the run about itself, and sealed when it has ended.
RUN_TABLES = ("sighting", "metric", "fault", "hop", "check")

_TYPES = {"i8": pa.int64(), "i4": pa.int32(), "f8": pa.float64(), "s": pa.string(), "b": pa.bool_()}


class BadRow(ValueError):
    """A row does not fit its table."""


class BadRecording(ValueError):
    """A stored recording cannot be read; the message names the file and what to do."""


def _schema(declaration: str) -> pa.Schema:
    fields = []
    for word in declaration.split():
        name, _, kind = word.partition(":")
        fields.append(pa.field(name, _TYPES[kind.rstrip("?")], nullable=kind.endswith("?")))
    return pa.schema(fields)


SCHEMAS: Mapping[str, pa.Schema] = {name: _schema(words) for name, words in _DECLARED.items()}


def as_table(name: str, columns: Mapping[str, Any]) -> pa.Table:
    """Columns as an Arrow table of the declared schema; missing, surplus or NULL columns are refused."""
    schema = SCHEMAS[name]
    surplus = set(columns) - set(schema.names)
    if surplus:
        raise BadRow(f"table {name} has no column {', '.join(sorted(surplus))}")
    arrays = []
    length = len(next(iter(columns.values()))) if columns else 0
    for field in schema:
        if field.name not in columns:
            if not field.nullable:
                raise BadRow(f"table {name}: column {field.name} is missing")
            arrays.append(pa.nulls(length, field.type))
            continue
        try:
            array = pa.array(columns[field.name], type=field.type)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise BadRow(f"table {name}, column {field.name}: {error}") from error
        if array.null_count and not field.nullable:
            raise BadRow(f"table {name}: column {field.name} may not be NULL")
        arrays.append(array)
    return pa.Table.from_arrays(arrays, schema=schema)


def as_rows(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """The same from a list of rows; a column absent from a row counts as NULL."""
    names = SCHEMAS[name].names
    for row in rows:
        surplus = set(row) - set(names)
        if surplus:
            raise BadRow(f"table {name} has no column {', '.join(sorted(surplus))}")
    return as_table(name, {column: [row.get(column) for row in rows] for column in names})


def _encodings(schema: pa.Schema) -> dict[str, Any]:
    """Whole numbers as differences, hashes as they are, the rest by dictionary: quicker both ways."""
    whole = {field.name for field in schema if field.type == pa.int64()}
    differences = {name: "DELTA_BINARY_PACKED" for name in whole if not name.endswith("_hash")}
    return {
        "use_dictionary": [name for name in schema.names if name not in whole],
        "column_encoding": differences,
    }


@dataclass(frozen=True)
class Seal:
    """A scan's proof of completeness: what was read against a second, independent count."""

    hop: str
    rows_read: int
    rows_expected: int
    counted_by: str
    frontier_before: str = ""
    frontier_after: str = ""

    @property
    def holds(self) -> bool:
        return self.rows_read == self.rows_expected and self.frontier_before == self.frontier_after


class Recording:
    """A folder with run.json, events.jsonl and one folder of Parquet files per table."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @staticmethod
    def create(folder: Path) -> Recording:
        (folder / "tables").mkdir(parents=True, exist_ok=False)
        return Recording(folder)

    # -- writing -------------------------------------------------------------------------------------

    def write(self, name: str, table: pa.Table, writer: str = "harness") -> None:
        """Add a part to a table; it appears under its final name only when it is whole."""
        if table.schema != SCHEMAS[name]:
            raise BadRow(f"table {name} was given columns {table.schema.names}")
        folder = self.folder / "tables" / name
        folder.mkdir(parents=True, exist_ok=True)
        number = len(list(folder.glob(f"{writer}-*.parquet")))
        final = folder / f"{writer}-{number:05d}.parquet"
        partial = final.with_suffix(".partial")
        pq.write_table(table, partial, compression="zstd", **_encodings(table.schema))
        os.replace(partial, final)

    def add(self, name: str, rows: Iterable[Mapping[str, Any]], writer: str = "harness") -> None:
        self.write(name, as_rows(name, list(rows)), writer)

    def seal(self, seal: Seal) -> None:
        self.add("seal", [vars(seal)])

    def tell(self, event: str, **facts: Any) -> None:
        """Append to the story of the run, by its clock; a killed run leaves what was told until then."""
        now = Anchor.from_json(self.run["anchor"]).now_us()
        line = json.dumps({"t": now, "event": event, **facts}, default=str)
        with (self.folder / "events.jsonl").open("a", encoding="utf-8") as out:
            out.write(line + "\n")

    def note(self, **facts: Any) -> None:
        """Merge facts into run.json, replacing the file as a whole."""
        path = self.folder / "run.json"
        known = self.run if path.exists() else {"schema_version": SCHEMA_VERSION}
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(known | facts, indent=2, default=str) + "\n", encoding="utf-8")
        os.replace(partial, path)

    # -- reading -------------------------------------------------------------------------------------

    @property
    def run(self) -> dict[str, Any]:
        path = self.folder / "run.json"
        try:
            run = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise BadRecording(f"{self.folder} holds no run.json: it is not the folder of a run") from None
        except ValueError as error:
            raise BadRecording(f"{path} is damaged ({error}): the run cannot be judged") from None
        if not isinstance(run, dict):
            raise BadRecording(f"{path} is damaged (no facts in it): the run cannot be judged")
        if run.get("schema_version") != SCHEMA_VERSION:
            raise BadRecording(
                f"{path} has schema {run.get('schema_version')!r}; this program reads {SCHEMA_VERSION}"
            )
        return run

    def files(self, name: str) -> list[Path]:
        return sorted((self.folder / "tables" / name).glob("*.parquet"))

    def stored(self, name: str) -> int:
        """Rows of a table, as its files say."""
        return sum(int(pq.read_metadata(path).num_rows) for path in self.files(name))

    def tables(self) -> list[str]:
        """The tables of which at least one part was written."""
        return [name for name in SCHEMAS if self.files(name)]

    def read(self, name: str) -> pa.Table:
        parts = []
        for path in self.files(name):
            try:
                parts.append(pq.read_table(path).select(SCHEMAS[name].names).cast(SCHEMAS[name]))
            except (pa.ArrowInvalid, KeyError, OSError) as error:
                raise BadRecording(f"{path} cannot be read ({error}): the run cannot be judged") from error
        return pa.concat_tables(parts) if parts else SCHEMAS[name].empty_table()

    def rows(self, name: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.read(name).to_pylist()
        return rows
