"""Histories once more, beside other partitions, topics and clusters that hold the same offsets.

A join that forgets one of the four coordinates finds a neighbour there, and takes it for what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from gameday.kernel.verdict import Verdict
from tests.invariants.case import Case
from tests.invariants.damaged import BEYOND
from tests.invariants.history import History, Row, Tables

SPINE = frozenset(
    ("Z1", "Z2", "Z3", "Z7", "Z8", "U1", "U3", "U4", "AN2", "AN3", "AN5", "AN6", "B1", "O3", "Q4")
)
NEIGHBOURS = (("b", "t", 0), ("a", "u", 0), ("a", "t", 5))
OFFSETS = (*range(24), 99, BEYOND)
FIRST = 900_000
_SCANS = ("broker_scan", "raw_scan", "load_scan", "curated_scan")


def beside(tables: Tables) -> Tables:
    """The same history, with a legal record at each of its offsets in every neighbour."""
    for number, (cluster, topic, partition) in enumerate(NEIGHBOURS):
        history = History().events(len(OFFSETS), first=FIRST + 1000 * number, key=f"n{number}")
        shadow = history.play(batch_of=len(OFFSETS))
        for name in ("send", *_SCANS):
            for offset, row in zip(OFFSETS, shadow.rows[name], strict=True):
                row.update(cluster=cluster, topic=topic, partition=partition, src_offset=offset)
        for row in shadow.rows["intent"]:
            row["currency"] = "SEK"
        for row in shadow.rows["curated_scan"]:
            row["currency"] = "SEK"
        _merge(tables, shadow, number)
    return tables


def _merge(tables: Tables, shadow: Tables, number: int) -> None:
    where: Row = dict(zip(("cluster", "topic", "partition"), NEIGHBOURS[number], strict=True))
    names = ("intent", "send", *_SCANS, "load_batch_scan", "sighting")
    for name in names:
        for row in shadow.rows[name]:
            if "container" in row:
                row["container"] = f"n{number}-{row['container']}"
            if name == "sighting":
                row.update(where)
                if row["hop"] != "broker":
                    row.update(from_offset=OFFSETS[0], to_offset=OFFSETS[-1] + 1)
        tables.rows[name] += shadow.rows[name]


def neighbouring(cases: Iterable[Case]) -> list[Case]:
    """Every case of the spine that breaks, beside its neighbours, with the same verdict."""
    return [
        replace(case, what=f"{case.what}, beside neighbours", make=partial(_made, case))
        for case in cases
        if case.id in SPINE and case.verdict is Verdict.BROKEN
    ]


def _made(case: Case) -> Tables:
    return beside(case.make())
