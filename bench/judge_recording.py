"""Writes big recordings for the judge's bench: a function of seed, size and number of anomalies.

python -m bench.judge_recording FOLDER --events 10000000 [--anomalies 100] [--seed 7]
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.judge_slabs import RATE, SLAB, T0, Columns, Ends, slab_of, tables_of
from gameday.kernel.clock import US
from gameday.kernel.recording import RUN_TABLES, Recording, Seal, as_table

AFTER = {"broker": US // 10, "raw": US, "dlq": US, "load": 2 * US, "curated": 3 * US}
HOPS = (("broker", 0), ("raw", 1), ("load", 2), ("curated", 3), ("dlq", 9))
HOLDS = [
    "H0",
    "H1",
    "Z1",
    "Z2",
    "Z3",
    "Z4",
    "Z7",
    "Z8",
    "U1",
    "U2",
    "U3",
    "U4",
    "U5",
    "O3",
    "AN2",
    "B1",
    "Q4",
]
Tables = dict[str, pa.Table]


def write_recording(folder: Path, events: int, *, anomalies: int = 0, seed: int = 7) -> Recording:
    """A sealed recording of at least that many events; anomalies are spread evenly over it."""
    recording = Recording.create(folder)
    ends, rows, loaded = Ends(), dict[str, int](), dict[str, int]()
    slabs = max(1, -(-events // SLAB))
    end = T0
    for number in range(slabs):
        slab = slab_of(seed, number, min(SLAB, events), ends)
        end = max(end, int(slab.at.max()))
        tables = {name: as_table(name, columns) for name, columns in tables_of(slab, ends.records).items()}
        here = anomalies * (number + 1) // slabs - anomalies * number // slabs
        tables = _damaged(tables, here)
        ends.records += len(slab.at)
        for name, table in tables.items():
            recording.write(name, table)
            rows[name] = rows.get(name, 0) + table.num_rows
        recording.write("sighting", as_table("sighting", _sightings(tables)))
        for row in tables["load_scan"].group_by("container").aggregate([([], "count_all")]).to_pylist():
            loaded[row["container"]] = loaded.get(row["container"], 0) + row["count_all"]
    recording.write("load_batch_scan", as_table("load_batch_scan", _loads(loaded)))
    rows["load_batch_scan"] = len(loaded)
    _small(recording, end)
    rows |= {name: recording.stored(name) for name in RUN_TABLES}
    for name, count in rows.items():
        recording.seal(Seal(name, count, count, "generator"))
    return recording


def _damaged(tables: Tables, how_many: int) -> Tables:
    """In turn: lost at the load, twice in curated, changed in curated, lost in raw."""
    for turn in range(how_many):
        curated = tables["curated_scan"]
        at = (turn + 1) * curated.num_rows // (how_many + 1)
        row = curated.slice(at, 1)
        if turn % 4 == 0 or turn % 4 == 3:
            hops = ("load", "curated") if turn % 4 == 0 else ("raw", "load", "curated")
            for name in (f"{hop}_scan" for hop in hops):
                tables[name] = tables[name].filter(pc.invert(_at(tables[name], row)))
        elif turn % 4 == 1:
            tables["curated_scan"] = pa.concat_tables([curated, row])
        else:
            changed = pc.if_else(
                _at(curated, row), pc.bit_wise_not(curated["canonical_hash"]), curated["canonical_hash"]
            )
            place = curated.schema.get_field_index("canonical_hash")
            tables["curated_scan"] = curated.set_column(place, curated.schema.field(place), changed)
    return tables


def _at(table: pa.Table, row: pa.Table) -> pa.Array:
    there = pc.equal(table["src_offset"], row["src_offset"][0])
    return pc.and_(there, pc.equal(table["partition"], row["partition"][0]))


def _sightings(tables: Tables) -> Columns:
    """One row per container and partition of this slab: when the last of its rows was due, and then some."""
    parts = []
    for hop, delay in AFTER.items():
        table = tables[f"{hop}_scan"]
        keys = ["container", "cluster", "topic", "partition"]
        found = table.group_by(keys).aggregate([("src_offset", "min"), ("src_offset", "max")])
        # The run was steady: the record of an offset is due when that many records had been handed over.
        due = pc.add(T0, pc.multiply(found["src_offset_max"], 6 * US * 100 // (RATE * 107)))
        parts.append((hop, found, pc.add(due, delay + 60 * US)))
    return {
        "hop": [hop for hop, found, _ in parts for _ in range(found.num_rows)],
        **{
            name: pa.concat_arrays([chunk for _, found, _ in parts for chunk in found[name].chunks])
            for name in ("container", "cluster", "topic", "partition")
        },
        "from_offset": np.concatenate([found["src_offset_min"].to_numpy() for _, found, _ in parts]),
        "to_offset": np.concatenate([found["src_offset_max"].to_numpy() + 1 for _, found, _ in parts]),
        "t_prev": np.concatenate([seen.to_numpy() - US // 4 for _, _, seen in parts]),
        "t_seen": np.concatenate([seen.to_numpy() for _, _, seen in parts]),
    }


def _loads(loaded: Mapping[str, int]) -> Columns:
    names = sorted(loaded)
    return {
        "container": names,
        "file_sha": names,
        "src_range": ["[]"] * len(names),
        "row_count": [loaded[name] for name in names],
        "load_seq": list(range(len(names))),
    }


def _small(recording: Recording, end: int) -> None:
    """What a run says of itself: hops, phases, samples of a healthy sampler, facts of the harness."""
    recording.note(scenario="BENCH", seed=7, holds=HOLDS, expects=None)
    for name, ord in HOPS:
        joins = "event" if name == "curated" else "coordinates"
        row = {"name": name, "ord": ord, "joins": joins, "state": "drained", "bound_us": 600 * US}
        recording.add("hop", [row])
    recording.add("phase", [{"name": "drain", "t_from": end, "t_to": end + 100 * US}])
    late = [
        {"t": t, "name": "sampler_late_us", "labels": "", "value": 1e3} for t in range(T0, end + 1, 4 * US)
    ]
    recording.add("metric", late)
    facts: list[dict[str, Any]] = [
        {"id": id, "subject": what, "ok": True, "detail": ""}
        for id, what in (("H3", "toxics"), ("H4", "plan hash"))
    ]
    recording.add("check", facts)
    wanted = {"events": 10_000.0, "during_fault": 0.0, "per_tag": 30.0, "towards": 0.0}
    recording.add("target", [{"invariant": "H1", "name": name, "value": v} for name, v in wanted.items()])
    for name in ("control", "fault", "part"):
        recording.add(name, [])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--anomalies", type=int, default=0)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    made = write_recording(asked.folder, asked.events, anomalies=asked.anomalies, seed=asked.seed)
    print(f"{made.folder}: {sum(p.stat().st_size for p in made.folder.rglob('*.parquet')) / 1e9:.2f} GB")


if __name__ == "__main__":
    main()
