"""From mark and outcomes to the tables `send` and `metric`, with the seals of `send` and `intent`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from gameday.kernel.recording import SCHEMAS, Recording, Seal, as_table
from loadgen.draws import Ints
from loadgen.ledger import ACK, FATES, RECORD, UNKNOWN, Mark, read_outcomes
from loadgen.places import Assignment, Places
from loadgen.plan import PLACE_BITS, Plan, Slab
from loadgen.senders.fates import name_of

WRITER = "load"
_SECOND = 1_000_000
_COUNTED_BY = "outcomes and unknowns, against the plan's attempts below the mark"


def seal_after_crash(recording: Path) -> bool:
    """Seal what a killed load process left; False if there is nothing to seal or it was sealed before."""
    places = Places(recording)
    if not places.order.exists() or _is_sealed(Recording(recording)):
        return False
    seal_ledger(recording)
    return True


def seal_ledger(folder: Path) -> None:
    """Write `send`, `metric` and the seals. What a sealing that was cut short had written is replaced."""
    places, recording = Places(folder), Recording(folder)
    assignment = Assignment.read(places.order)
    plan = Plan(assignment.load, assignment.order.seed)
    for name in ("send", "metric"):
        for leftover in (folder / "tables" / name).glob(f"{WRITER}-*.parquet"):
            leftover.unlink()
    records = read_outcomes(places.outcomes).records
    mark = Mark.read(places.mark) if places.mark.exists() else 0
    t0_us = _t0(places)
    records = records[np.argsort(records["position"], kind="stable")]
    written = expected = matched = 0
    for slab in plan.slabs():
        if slab.first_position >= mark:
            break
        count = min(len(slab.sends), mark - slab.first_position)
        table, found = _send_rows(slab, count, records, assignment, t0_us)
        recording.write("send", table, WRITER)
        written, expected, matched = written + len(table), expected + count, matched + found
    if not expected:
        recording.write("send", SCHEMAS["send"].empty_table(), WRITER)
    # A record that belongs to no attempt below the mark, or to one that has another, is one row too many.
    surplus = len(records) - matched
    send_seal = Seal("send", written + surplus, expected, _COUNTED_BY)
    _write_metrics(recording, plan, records, mark, t0_us)
    recording.add("seal", [asdict(send_seal), asdict(_intent_seal(recording, plan, mark))], WRITER)


def _is_sealed(recording: Recording) -> bool:
    return any(row["hop"] == "send" for row in recording.rows("seal"))


def _t0(places: Places) -> int:
    if not places.start.exists():
        return 0
    return int(json.loads(places.start.read_text(encoding="utf-8"))["t0_us"])


def _send_rows(
    slab: Slab, count: int, records: npt.NDArray[np.void], assignment: Assignment, t0_us: int
) -> tuple[pa.Table, int]:
    """The rows of a slab up to the mark, and how many records they used."""
    positions = slab.first_position + np.arange(count, dtype=np.int64)
    at, has = _find(positions, records)
    mine = np.zeros(count, dtype=RECORD)
    mine["fate"], mine["offset"], mine["partition"] = UNKNOWN, -1, -1
    mine[has] = records[at[has]]
    errors = {int(code): name_of(int(code)) for code in np.unique(mine["error"]) if code}
    sends = slab.sends
    columns = {
        "uid": sends.uid[:count],
        "copy": sends.copy[:count].astype(np.int32),
        "attempt": sends.attempt[:count].astype(np.int32),
        "path": ["kafka"] * count,
        "t_due": sends.due[:count] + t0_us,
        "t_invoke": _unless(~has, mine["t_invoke"]),
        "t_done": _unless(~has, mine["t_done"]),
        "outcome": [FATES[fate] for fate in mine["fate"].tolist()],
        "cluster": [assignment.order.cluster] * count,
        "topic": [assignment.order.topic] * count,
        "partition": _unless(mine["partition"] < 0, mine["partition"]),
        "src_offset": _unless((mine["offset"] < 0) | (mine["fate"] != ACK), mine["offset"]),
        "error": [
            errors.get(code) if recorded else "no outcome was recorded"
            for code, recorded in zip(mine["error"].tolist(), has.tolist(), strict=True)
        ],
    }
    return as_table("send", columns), int(has.sum())


def _find(positions: Ints, records: npt.NDArray[np.void]) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Where the first record of each position is, and whether there is one."""
    at = np.searchsorted(records["position"], positions)
    inside = np.minimum(at, max(0, len(records) - 1))
    has = (at < len(records)) & (records["position"][inside] == positions) if len(records) else at < 0
    return inside, has


def _unless(null: npt.NDArray[np.bool_], values: npt.NDArray[Any]) -> pa.Array:
    return pa.array(values, mask=null)


def _intent_seal(recording: Recording, plan: Plan, mark: int) -> Seal:
    """Intent is written slab by slab ahead of the sends: what is there must be whole, and reach the mark."""
    files = recording.files("intent")
    read = sum(pq.read_metadata(path).num_rows for path in files)
    demanded = 0 if mark == 0 else (mark - 1 >> PLACE_BITS) + 1
    slabs = min(plan.slab_count, max(len(files), demanded))
    expected = sum(len(plan.block(number).rows) for number in range(slabs))
    return Seal("intent", read, expected, f"rows of the plan's first {slabs} slabs")


def _write_metrics(
    recording: Recording, plan: Plan, records: npt.NDArray[np.void], mark: int, t0_us: int
) -> None:
    """Per second: the schedule's error at the 99th percentile, and the sends."""
    rows: list[dict[str, Any]] = []
    late: dict[int, list[npt.NDArray[np.int64]]] = {}
    for slab in plan.slabs():
        if slab.first_position >= mark:
            break
        count = min(len(slab.sends), mark - slab.first_position)
        positions = slab.first_position + np.arange(count, dtype=np.int64)
        at, has = _find(positions, records)
        invoked = records["t_invoke"][at[has]]
        second = (invoked - t0_us) // _SECOND
        error = invoked - (slab.sends.due[:count][has] + t0_us)
        for number in np.unique(second).tolist():
            late.setdefault(number, []).append(error[second == number])
    for number, parts in sorted(late.items()):
        errors = np.concatenate(parts)
        t = t0_us + number * _SECOND
        p99 = float(np.percentile(errors, 99))
        rows.append({"t": t, "name": "schedule_late_us", "labels": "", "value": p99})
        rows.append({"t": t, "name": "rate", "labels": "", "value": float(len(errors))})
    recording.add("metric", rows, WRITER)
