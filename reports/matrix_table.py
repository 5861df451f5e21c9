"""The sabotage matrix for the terminal: what is unproven comes first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import Protocol

from rich.console import Group, RenderableType
from rich.table import Table

from reports.matrix import Matrix, Proof, Row

CLOCK = "time to detect: from the last bite (without a fault: the first event) until the verdict is written"


def matrix_table(matrix: Matrix) -> RenderableType:
    return Group(*_unproven(matrix.proofs), "", _defects(matrix.rows), "", *_summary(matrix.rows), "",
                 _proofs(matrix.proofs))  # fmt: skip


class Caught(Protocol):
    """What the judge said of one made-up recording with a defect, and of the same one without it."""

    @property
    def name(self) -> str: ...
    @property
    def seed(self) -> int: ...
    @property
    def expected(self) -> tuple[str, str]: ...
    @property
    def seen(self) -> tuple[str, ...]: ...
    @property
    def hops(self) -> tuple[str, ...]: ...
    @property
    def strangers(self) -> tuple[str, ...]: ...
    @property
    def false_alarms(self) -> tuple[str, ...]: ...
    @property
    def detected(self) -> bool: ...
    @property
    def accurate(self) -> bool: ...


def bank_table(results: Sequence[Caught]) -> RenderableType:
    table = Table("defect", "seed", "expected first", "found first", "", "false alarms", box=None)
    for one in results:
        wrong = f"also red: {', '.join(one.strangers)}" if one.strangers else "" if one.accurate else "missed"
        seen = f"{', '.join(one.seen)} at {', '.join(one.hops)}" if one.seen else "nothing"
        where = " at ".join(one.expected)
        table.add_row(one.name, str(one.seed), where, seen, wrong, ", ".join(one.false_alarms) or "-")
    summary = (
        f"{len(results)} histories: detected {_of(sum(one.detected for one in results), len(results))}, "
        f"accurate {_of(sum(one.accurate for one in results), len(results))}, "
        f"false alarms {_of(sum(bool(one.false_alarms) for one in results), len(results))}"
    )
    return Group(table, "", summary)


def _unproven(proofs: Iterable[Proof]) -> Iterator[str]:
    lacking = {
        "unproven, never held on a real stack": [p.id for p in proofs if p.built and not p.held and p.broken],
        "unproven, never broken on a real stack": [p.id for p in proofs if p.held and not p.broken],
        "unproven, neither": [p.id for p in proofs if p.built and not p.held and not p.broken],
        "unproven, never judged: its part is not built": [p.id for p in proofs if not p.built],
    }
    for title, ids in lacking.items():
        if ids:
            yield f"{title}: {', '.join(ids)}"
    if not any(lacking.values()):
        yield "every invariant has held and has been broken on a real stack"


def _defects(rows: Iterable[Row]) -> Table:
    table = Table(
        *("defect", "expected first", "found first", "detected", "accurate", "seconds", "false alarms"),
        "latest run",
        box=None,
    )
    for row in rows:
        counted, latest = row.counted, next(iter(row.results), None)
        times = [result.seconds for result in counted if result.seconds is not None]
        table.add_row(
            row.planted.id,
            f"{row.planted.invariant} at {row.planted.hop}",
            "not run" if latest is None else _found(latest.first, latest.hop, latest.void),
            _of(sum(result.detected for result in counted), len(counted)),
            _of(sum(result.accurate for result in counted), len(counted)),
            f"{median(times):.0f}" if times else "-",
            f"{_of(len(row.false_alarms), len(row.twin_runs))} of {row.planted.twin}",
            "" if latest is None else latest.run,
        )
    return table


def _found(first: tuple[str, ...], hop: str, void: str) -> str:
    if void:
        return f"void: {void}"
    return f"{', '.join(first)} at {hop or 'no hop'}" if first else "nothing"


def _of(some: int, all_: int) -> str:
    return f"{some}/{all_}" if all_ else "-"


def _summary(rows: Iterable[Row]) -> Iterator[str]:
    rows = list(rows)
    counted = [result for row in rows for result in row.counted]
    twins = {name for row in rows for name in row.twin_runs}
    alarms = {name for row in rows for name in row.false_alarms}
    void = sum(len(row.results) - len(row.counted) for row in rows)
    yield (
        f"{sum(bool(row.counted) for row in rows)} of {len(rows)} defects played, {len(counted)} runs "
        f"({void} void): detected {_of(sum(r.detected for r in counted), len(counted))}, "
        f"accurate {_of(sum(r.accurate for r in counted), len(counted))}, "
        f"false alarms in runs with the switch off {_of(len(alarms), len(twins))}"
    )
    yield CLOCK


def _proofs(proofs: Iterable[Proof]) -> Table:
    table = Table("invariant", "last held", "last broken", "", box=None)
    for proof in proofs:
        word = "" if proof.proven else "unproven" if proof.built else "not built"
        table.add_row(proof.id, proof.held or "-", proof.broken or "-", word)
    return table
