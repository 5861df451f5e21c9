"""Dense histories, in which much goes right or wrong at once, and the means to make them."""

from __future__ import annotations

from gameday.kernel.recording import SCHEMAS
from tests.invariants.history import T0, History, Row, S, Tables
from tests.invariants.pinned import SPINE

WIDE = (*SPINE, "Z6", "AN3", "AN5", "AN6", "W1", "W2")
SCANS = ("broker_scan", "raw_scan", "load_scan", "dlq_scan", "curated_scan", "suppressed_scan")
TOPIC_U: Row = {"topic": "u"}
ELSEWHERE: tuple[Row, ...] = ({"cluster": "c"}, {"topic": "v"}, {"partition": 7})
EARLY: Row = {"name": "load", "t_from": T0, "t_to": T0 + 5 * S}
LATE: Row = {"name": "drain", "t_from": T0 + 5 * S, "t_to": T0 + 60 * S}


def red(ids: str) -> tuple[str, ...]:
    return tuple(ids.split())


def rich() -> Tables:
    """Every legal pair of outcomes of an event that was sent twice, and something of every class."""
    history = History().event(1).event(2, key="q").event(3).event(4, key="q")
    history.event(20).event(20, 1, cls="dup_of").attempt(20)
    history.event(30).event(31, cls="twin_of", ref=30)
    history.event(40, cls="invalid").event(42, cls="invalid").attempt(42)
    history.event(43, cls="invalid", outcome="UNKNOWN")
    history.event(44, cls="invalid", outcome="UNKNOWN", reaches=False)
    history.event(45, cls="invalid").event(45, 1, cls="dup_of")
    history.event(50, outcome="UNKNOWN").event(51, outcome="UNKNOWN", reaches=False).event(52, outcome="FAIL")
    history.event(53, told=False).attempt(53, told=False)
    history.event(55, outcome="UNKNOWN").attempt(55).event(56, outcome="UNKNOWN", reaches=False).attempt(56)
    history.event(57, outcome="FAIL").attempt(57).event(58).attempt(58, outcome="UNKNOWN")
    history.event(59, outcome="UNKNOWN").attempt(59, outcome="UNKNOWN")
    history.event(60, lateness_us=50 * S, key="q")
    history.event(61, outcome="UNKNOWN").attempt(61, outcome="UNKNOWN", reaches=False)
    history.event(62, outcome="FAIL").attempt(62, outcome="UNKNOWN", reaches=False)
    history.event(65, outcome="UNKNOWN").event(65, 1, cls="dup_of")
    return history.event(7, key="other", partition=1).play().fault(0.1, 5)


def moving(tables: Tables) -> Tables:
    for name in ("raw", "load", "curated", "dlq"):
        tables.hop(name, state="moving")
    return tables


def sick() -> Tables:
    """Whatever can go wrong, once: each event below one hundred has a fate of its own."""
    history = History().events(2).event(4).attempt(4).event(5, key="q").event(6, key="q")
    history.event(50, outcome="UNKNOWN").event(51, outcome="UNKNOWN", reaches=False).event(52, outcome="FAIL")
    history.event(60, lateness_us=50 * S).event(30).event(31, cls="twin_of", ref=30)
    history.event(40, cls="invalid").event(42, cls="invalid").event(43, cls="invalid")
    history.event(70).event(71).event(72).event(73).event(20).event(20, 1, cls="dup_of").event(9)
    tables = history.play().fault(0.1, 5)
    tables.drop("load_scan", uid=4, src_offset=2).drop("raw_scan", uid=4, src_offset=3)
    tables.drop("load_scan", uid=4).drop("curated_scan", uid=4).drop("suppressed_scan", uid=4)
    tables.lose_from("load", uid=50).lose_from("raw", uid=60).drop("curated_scan", uid=30)
    swap(tables, 5, 6)
    nowhere(tables, 51)
    tables.change("send", {"outcome": "FAIL"}, uid=9)
    tables.drop("dlq_scan", uid=40).change("dlq_scan", {"reason": "undecodable"}, uid=42)
    let_through(tables, 43)
    tables.change("curated_scan", {"canonical_hash": 1}, uid=70).change("raw_scan", {"body_hash": 1}, uid=71)
    tables.change("load_scan", {"canonical_hash": 1}, uid=72).change("broker_scan", {"body_hash": 1}, uid=73)
    tables.double("curated_scan", {"copy": 1}, uid=20)
    for batch in tables.rows["load_batch_scan"][:2]:
        batch["row_count"] = len(tables.find("load_scan", container=batch["container"]))
    return tables


def swap(tables: Tables, one: int, other: int) -> None:
    """Two events change places, in the ledger and at the broker."""
    for name in ("send", "broker_scan", "raw_scan", "load_scan", "curated_scan"):
        (first,), (second,) = tables.find(name, uid=one), tables.find(name, uid=other)
        first["src_offset"], second["src_offset"] = second["src_offset"], first["src_offset"]


def put(tables: Tables, name: str, like: Row, **changes: object) -> Tables:
    """One more row of a scan, with what it shares with another row."""
    row = dict(tables.rows[name][0]) if name == "curated_scan" else {}
    row |= {"rule": "ID1"} if name == "suppressed_scan" else {}
    known = {field.name for field in SCHEMAS[name]}
    return tables.add(name, **{k: v for k, v in {**row, **like, **changes}.items() if k in known})


def nowhere(tables: Tables, uid: int) -> None:
    """An event that is at no broker appears at every hop behind it."""
    like = {**tables.find("load_scan", uid=1)[0], "uid": uid, "body_hash": uid * 1000, "src_offset": 99}
    for name in SCANS[1:]:
        put(tables, name, like)


def let_through(tables: Tables, uid: int) -> None:
    """An event that breaks its contract is loaded and curated, beside its dead letter."""
    row = tables.find("raw_scan", uid=uid)[0]
    put(put(tables, "load_scan", row), "curated_scan", row)


def twice(tables: Tables, *names: str) -> Tables:
    """Every row of these tables is written down twice."""
    for name in names:
        tables.rows[name] += [dict(row) for row in tables.rows[name]]
    return tables
