"""Histories of A1 to A3: readers, the fence, effects of tasks."""

# ruff: noqa: E501  (one case a line: they are read as a table)

from __future__ import annotations

from tests.invariants.case import BROKEN, HELD, NOT_BUILT, UNKNOWN, VACUOUS, Case
from tests.invariants.damaged import unseal
from tests.invariants.history import T0, S, Tables, perfect

RELATIONS = ("merchant_daily", "settlement")


def _published() -> Tables:
    """Two snapshots of two relations, the second one committed ten seconds after the first."""
    tables = perfect().build("publish", "readers")
    for snapshot, at_s in (("s1", 0), ("s2", 10)):
        for relation in RELATIONS:
            tables.add("snapshot_scan", snapshot=snapshot, relation=relation, t_commit=T0 + at_s * S)
    return tables


def _read(*snapshots: str | None, at_s: float = 12, error: str | None = None) -> Tables:
    tables = _published()
    for relation, snapshot in zip(RELATIONS, snapshots, strict=True):
        tables.add(
            "reader",
            read_no=1,
            t=T0 + int(at_s * S),
            query="both",
            relation=relation,
            snapshot=snapshot,
            error=error,
        )
    return tables


def _write(epoch: int, lease: int, accepted: bool = True, logged: bool = True) -> Tables:
    facts = {"seq": 1, "role": "loader", "writer": "loader-1", "t": T0}
    tables = perfect().build("lease")
    return tables.add(
        "commit_scan", **facts, epoch=epoch, lease_epoch=lease, accepted=accepted, logged=logged
    )


def _effects(**of_second: str) -> Tables:
    tables = perfect().build("effects")
    base = {"task": "curate", "partition_key": "batch-000", "input_hash": "i1", "output_hash": "o1"}
    tables.add("task_effect_scan", **base)
    return tables.add("task_effect_scan", **{**base, **of_second})


CASES = [
    Case("A1", "one snapshot", lambda: _read("s2", "s2"), HELD),
    Case("A1", "an older snapshot is whole too", lambda: _read("s1", "s1"), HELD),
    Case("A1", "two tables of two snapshots", lambda: _read("s1", "s2"), BROKEN, "reader", {"what": "of several snapshots"}),
    Case("A1", "read at the very instant of the commit", lambda: _read("s2", "s2", at_s=10), HELD),
    Case("A1", "read before it was committed", lambda: _read("s2", "s2", at_s=9.999999), BROKEN, "reader", {"what": "before it was committed"}),
    Case("A1", "of a snapshot that nobody committed", lambda: _read("s3", "s3"), BROKEN, "reader", {"what": "of a snapshot that was never committed"}),
    Case("A1", "the snapshot is not told", lambda: _read(None, None), BROKEN, "reader", {"what": "of no snapshot"}),
    Case("A1", "a failed read tears nothing", lambda: _read(None, None, error="timeout"), VACUOUS),
    Case("A1", "nobody read", _published, VACUOUS),
    Case("A1", "readers were promised, and are not sealed", lambda: unseal(_read("s1", "s2"), "reader"), UNKNOWN),
    Case("A1", "nothing is published", perfect, NOT_BUILT),
    Case("A2", "of the epoch of the lease", lambda: _write(2, 2), HELD),
    Case("A2", "stale, refused and logged", lambda: _write(1, 2, accepted=False), HELD),
    Case("A2", "stale, yet accepted", lambda: _write(1, 2), BROKEN, "load", {"what": "stale, yet accepted"}, ()),
    Case("A2", "ahead of the lease", lambda: _write(3, 2), BROKEN, "load", {"what": "ahead of its lease"}),
    Case("A2", "refused in silence", lambda: _write(1, 2, accepted=False, logged=False), BROKEN, "load", {"what": "refused, and nobody was told"}),
    Case("A2", "nobody wrote", lambda: perfect().build("lease"), VACUOUS),
    Case("A2", "no lease", perfect, NOT_BUILT),
    Case("A3", "once for each partition", lambda: _effects(partition_key="batch-001"), HELD),
    Case("A3", "once for each input", lambda: _effects(input_hash="i2"), HELD),
    Case("A3", "twice", _effects, BROKEN, "curated", {"what": "more than once", "n": 2}),
    Case("A3", "another output for the same input", lambda: _effects(output_hash="o2"), BROKEN, "curated", {"what": "another output for the same input"}),
    Case("A3", "no effect", lambda: perfect().build("effects"), VACUOUS),
    Case("A3", "no effects are kept", perfect, NOT_BUILT),
]  # fmt: skip
