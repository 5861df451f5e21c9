"""Histories at the edges: what looks alike and is not, and what offends more than once."""

# ruff: noqa: E501  (one case a line: they are read as a table)

from __future__ import annotations

from functools import partial

from tests.invariants.case import BROKEN, HELD, UNKNOWN, Case
from tests.invariants.damaged import BEYOND, merged_twins, mixed, other_bytes_at
from tests.invariants.history import History, S, Tables, perfect


def unsent_copy() -> Tables:
    """Copy 0 was acknowledged, copy 1 was never handed over, and it is copy 1 that appears."""
    tables = History().events(3).event(9).event(9, 1, cls="dup_of", reaches=False).play()
    return tables.drop("send", uid=9, copy=1).change("curated_scan", {"copy": 1}, uid=9)


def unknown_copy_appears() -> Tables:
    """Copy 0 was acknowledged, copy 1 is open and not at the broker, and it is copy 1 that appears."""
    tables = History().events(3).event(9).event(9, 1, cls="dup_of", outcome="UNKNOWN", reaches=False).play()
    return tables.change("curated_scan", {"copy": 1}, uid=9).fault(0.01, 5)


def unknown_at(table: str) -> Tables:
    """The bytes of an open send that is not at the broker, and that its batch counts as loaded."""
    tables = mixed()
    like = tables.rows["dlq_scan" if table == "dlq_scan" else "load_scan"][0]
    tables.add(table, **{**like, "uid": 51, "copy": 0, "body_hash": 51_000, "src_offset": 99})
    if table == "load_scan":
        (batch,) = tables.find("load_batch_scan", container=like["container"])
        batch["row_count"] += 1
    return tables


def overtaken_elsewhere(**changes: object) -> Tables:
    """The last event of a partition is pending; only another partition, topic or cluster has gone on."""
    tables = History().events(3).event(4).events(3, first=5, partition=1, key="other").play()
    tables.lose_from("load", uid=4).hop("load", state="moving").hop("curated", state="moving")
    for row in [
        r for name in tables.rows if name.endswith("_scan") or name == "send" for r in tables.rows[name]
    ]:
        if row.get("partition") == 1:
            row.update(changes, src_offset=row["src_offset"] + 10)
    return tables


def stray_dead_letter() -> Tables:
    return mixed().double("dlq_scan", {"src_offset": BEYOND}, uid=40)


def twice(tables: Tables, table: str, **where: object) -> Tables:
    """The same offending row once more."""
    tables.rows[table] += [dict(row) for row in tables.find(table, **where)]
    return tables


def late_by(lateness_us: int) -> Tables:
    return History().events(3).event(9, lateness_us=lateness_us).play().lose_from("load", uid=9)


def late_and_invalid() -> Tables:
    """A late event that breaks its contract is missing from the dead letters; another late one is whole."""
    history = History().events(3).event(8, lateness_us=S).event(9, cls="invalid", lateness_us=S)
    return history.play().drop("dlq_scan", uid=9)


def pending_resend() -> Tables:
    """The resend of an event has not come to curated yet, and nothing behind it has."""
    tables = History().events(4).attempt(4).play().drop("suppressed_scan", uid=4)
    return (
        tables.hop("curated", state="moving")
        .hop("load", state="moving")
        .drop("load_scan", uid=4, src_offset=4)
    )


ELSEWHERE = {"partition": 7}, {"topic": "v"}, {"cluster": "c"}


def astray(table: str, where: dict[str, object]) -> Tables:
    """The bytes of a real event at its own offset, in a partition that has no such record."""
    tables = mixed().double(table, where, uid=40 if table == "dlq_scan" else 20)
    for batch in tables.rows["load_batch_scan"]:
        batch["row_count"] = len(tables.find("load_scan", container=batch["container"]))
    return tables


def other_bytes_where_the_broker_forgot() -> Tables:
    """An acknowledged record that the broker lost is in raw, with other bytes than were acknowledged."""
    return perfect().drop("broker_scan", uid=3).change("raw_scan", {"uid": None, "body_hash": 77}, uid=3)


def two_records_at(hop: str) -> Tables:
    uid = 40 if hop == "dlq" else 3
    return mixed().double(f"{hop}_scan", {"uid": 4, "copy": 0, "body_hash": 4000}, uid=uid)


CASES: tuple[Case, ...] = (
    *(
        Case("Z7", f"the bytes of a real event in {table}, astray in another {next(iter(where))}", partial(astray, table, where), BROKEN, "curated" if table == "suppressed_scan" else table.removesuffix("_scan"), {}, ("U3", "Z4"))
        for table in ("raw_scan", "load_scan", "dlq_scan", "suppressed_scan")
        for where in ELSEWHERE
    ),
    Case("Z7", "other bytes where the broker forgot a record", other_bytes_where_the_broker_forgot, BROKEN, "raw", {"at_offset": 2}, ("B1", "U3", "Z2", "Z1")),
    *(
        Case("AN3", f"two records at one coordinate of {hop}", partial(two_records_at, hop), BROKEN, hop, {}, ("Z7", "Z8", "AN2", "Z4"))
        for hop in ("raw", "dlq")
    ),
    Case("AN3", "one coordinate, two copies of an event", lambda: mixed().double("raw_scan", {"copy": 1}, uid=3), BROKEN, "raw", {"uid": 3}, ("AN2",)),
    Case("AN3", "one coordinate, the same event with other bytes", lambda: mixed().double("raw_scan", {"body_hash": 5}, uid=3), BROKEN, "raw", {"uid": 3}, ("AN2", "Z8", "Z7")),
    Case("AN3", "two sends were told one coordinate", lambda: perfect().change("send", {"src_offset": 0}, uid=5), BROKEN, "broker", {"at_offset": 0}, ("AN2", "Z2", "Z1", "B1")),
    Case("Z6", "late by a microsecond is late", lambda: late_by(1), BROKEN, "load", {"uid": 9}, ("Z1", "Z2", "B1")),
    Case("Z6", "a late event that breaks its contract is no matter of this", late_and_invalid, HELD),
    Case("Z1", "a merged twin is accounted for", merged_twins, HELD),
    Case("U2", "a plain event twice is no matter of this", lambda: mixed().double("curated_scan", uid=3), HELD),
    Case("U3", "suppressed, and nobody knows what", lambda: mixed().change("suppressed_scan", {"uid": None, "copy": None}, uid=20), BROKEN, "curated", {"uid": None}, ("Z7",)),
    Case("U3", "a resend that is pending is no difference", pending_resend, UNKNOWN),
    Case("Z8", "labels: bytes", lambda: other_bytes_at("raw"), BROKEN, "raw", {"what": "bytes"}, ("B1", "U3")),
    Case("Z8", "labels: columns", lambda: perfect().change("raw_scan", {"canonical_hash": 5}, uid=3), BROKEN, "raw", {"what": "business columns"}),
    Case("Z7", "another copy of what was sent was never handed over", unsent_copy, BROKEN, "curated", {"uid": 9, "copy": 1}),
    Case("Z3", "another copy of an open one was sent", unknown_copy_appears, BROKEN, "curated", {"uid": 9, "copy": 1}, ("Z7",)),
    *(
        Case("Z3", f"not at the broker, yet in {table}", lambda table=table: unknown_at(table), BROKEN, table.removesuffix("_scan"), {"uid": 51}, ("Z7", "Z4", "B1", "U3"))  # type: ignore[misc]
        for table in ("load_scan", "dlq_scan")
    ),
    Case("Z7", "the same phantom twice is two phantoms", lambda: twice(stray_dead_letter(), "dlq_scan", src_offset=BEYOND), BROKEN, "dlq", {"at_offset": BEYOND}, ("Z4",)),
    Case("Z2", "what lies beyond it in another partition does not overtake", overtaken_elsewhere, UNKNOWN, also=("L1",)),
    Case("Z2", "nor what lies beyond it in another topic", lambda: overtaken_elsewhere(partition=0, topic="u"), UNKNOWN, also=("L1",)),
    Case("Z2", "nor what lies beyond it in another cluster", lambda: overtaken_elsewhere(partition=0, cluster="b"), UNKNOWN, also=("L1",)),
    Case("Z1", "one of two copies is lost, and the other accounts for itself alone", lambda: History().events(3).event(9).event(9, 1, cls="dup_of").play().drop("suppressed_scan", uid=9), HELD),
    Case("U4", "labels: no entry", lambda: perfect().drop("load_batch_scan", container="batch-001"), BROKEN, "load", {"what": "batch without a ledger entry"}),
    Case("U4", "labels: two entries", lambda: perfect().double("load_batch_scan", {"file_sha": "x", "row_count": 0}, container="batch-000"), BROKEN, "load", {"what": "batch in the ledger more than once"}),
    Case("U4", "labels: other rows", lambda: perfect().change("load_batch_scan", {"row_count": 5}, container="batch-000"), BROKEN, "load", {"what": "rows differ from the ledger"}),
)  # fmt: skip
