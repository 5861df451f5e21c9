"""Histories of the spine of which everything is known: in each, some arm of a text finds something."""

# ruff: noqa: E501  (one history a line: they are read as a table)

from __future__ import annotations

from tests.invariants.damaged import BEYOND, mixed, swapped
from tests.invariants.dense import (
    EARLY,
    LATE,
    SCANS,
    TOPIC_U,
    WIDE,
    let_through,
    moving,
    nowhere,
    put,
    red,
    sick,
    swap,
    twice,
)
from tests.invariants.history import T0, History, Row, S, Tables, perfect
from tests.invariants.pinned import Pinned


def two_logs() -> Tables:
    """At each hop three coordinates hold two records: other bytes, another event, another copy; and that again
    in another topic."""
    history = History().events(4)
    for uid in range(41, 45):
        history.event(uid, cls="invalid")
    tables = history.play()
    for name in ("broker_scan", "raw_scan", "load_scan", "dlq_scan"):
        first = 41 if name == "dlq_scan" else 1
        tables.double(name, {"body_hash": 5}, uid=first).double(name, {"copy": 1}, uid=first + 2)
        tables.double(name, {"uid": 99}, uid=first + 1).double(name, TOPIC_U, uid=first)
    put(tables, "suppressed_scan", tables.find("curated_scan", uid=1)[0], uid=2, survivor_uid=2)
    put(tables, "suppressed_scan", tables.find("curated_scan", uid=3)[0], copy=1, survivor_uid=3)
    return tables.double("curated_scan", TOPIC_U, uid=1).double("suppressed_scan", TOPIC_U, uid=2)


def told_alike() -> Tables:
    """Two events were told one coordinate, in two topics alike."""
    tables = History().events(4).attempt(1).attempt(2).play()
    tables.change("send", {"src_offset": 0}, uid=2, attempt=0)
    return tables.change("send", {"src_offset": 0, **TOPIC_U}, attempt=1)


def failed_at_every_hop() -> Tables:
    """Sends that failed and are not at the broker appear behind it: no matter of what is open."""
    tables = mixed()
    nowhere(tables, 52)
    return tables


def suppressed_though_never_sent() -> Tables:
    """Suppressions at coordinates that the broker has, for events that nobody sent, or that stayed open."""
    tables = mixed()
    row = tables.find("suppressed_scan", uid=20)[0]
    tables.add("suppressed_scan", **{**row, "uid": 51, "copy": 0, "survivor_uid": 51})
    tables.add("suppressed_scan", **{**row, "uid": 777, "copy": 0, "survivor_uid": 777})
    tables.add("suppressed_scan", **{**row, "uid": 20, "copy": 9})
    tables.add("suppressed_scan", **{**row, "uid": 3, "copy": 1, "survivor_uid": 3})
    return tables.add("suppressed_scan", **{**row, "uid": None, "copy": None, "survivor_uid": None})


def without_columns() -> Tables:
    """Scans that could not read the bytes or the columns of what they saw."""
    tables = mixed()
    tables.change("raw_scan", {"body_hash": None}, uid=1).change("load_scan", {"body_hash": None}, uid=2)
    tables.change("raw_scan", {"canonical_hash": None}, uid=3).change("dlq_scan", {"body_hash": None}, uid=40)
    tables.change("curated_scan", {"canonical_hash": None}, uid=4)
    for name in ("raw_scan", "load_scan"):
        tables.double(name, {"body_hash": None, "src_offset": BEYOND}, uid=5)
    return tables.double("curated_scan", {"uid": None, "copy": None}, uid=5).double(
        "curated_scan", {"uid": None, "copy": None}, uid=6
    )


def copies_that_differ() -> Tables:
    """A business duplicate whose copy has another hash; an invalid event in curated under its own id."""
    tables = (
        History().events(2).event(20).event(20, 1, cls="dup_of").event(40, cls="invalid").event(41).play()
    )
    tables.change("intent", {"canonical_hash": 5}, uid=20, copy=1)
    row = tables.find("curated_scan", uid=41)[0]
    return tables.add("curated_scan", **{**row, "uid": 40, "canonical_hash": None})


def other_class_elsewhere() -> Tables:
    """Invalid events in curated under their own ids, at places of others and at a place of nobody."""
    tables = (
        History()
        .events(3)
        .event(40, cls="invalid")
        .event(40, 1, cls="dup_of")
        .event(41, cls="invalid")
        .play()
    )
    row = tables.find("curated_scan", uid=1)[0]
    places: tuple[Row, ...] = ({}, {"cluster": "c"}, {"topic": "u"}, {"partition": 9}, {"src_offset": 88})
    for number, changes in enumerate(places):
        tables.add("curated_scan", **{**row, "uid": 40, "container": f"odd-{number}", **changes})
    for number, where in enumerate(tables.find("raw_scan", uid=41)):
        for changes in places[1:]:
            place = {k: where[k] for k in ("cluster", "topic", "partition", "src_offset")}
            tables.add("curated_scan", **{**row, "uid": 41, "container": f"far-{number}", **place, **changes})
    return tables


def odd_dead_letters() -> Tables:
    """Dead letters of no plan: at no record, in other clusters and topics, without or beside a reason."""
    history = History().events(3)
    for uid in range(40, 46):
        history.event(uid, cls="invalid")
    tables = history.play()
    tables.change("dlq_scan", {"reason": None}, uid=40).change("intent", {"reason": None}, uid=41)
    tables.change("dlq_scan", {"body_hash": None}, uid=42)
    tables.drop("intent", uid=43).drop("send", uid=43)
    tables.double("dlq_scan", {"cluster": "c"}, uid=44).double("dlq_scan", TOPIC_U, uid=44)
    tables.double("dlq_scan", {"src_offset": BEYOND, "uid": 78}, uid=45)
    tables.double("dlq_scan", {"topic": "v", "uid": 79}, uid=45)
    return tables.double("dlq_scan", {}, uid=79)


def twins() -> Tables:
    """Twins of every kind that are not in curated: merged, lost, pending, invalid, nameless, mere corrections."""
    history = History().event(10).event(11, cls="twin_of", ref=10).event(12).event(13, cls="twin_of", ref=12)
    history.event(14, cls="twin_of").event(15).event(16, cls="corrects", ref=15)
    history.event(17).event(18, cls="twin_of", ref=17).attempt(18).event(19, cls="invalid")
    history.event(21, cls="twin_of", ref=19).event(22).event(23, cls="twin_of", ref=22)
    tables = history.play()
    let_through(tables, 19)
    tables.drop("curated_scan", uid=19)
    for uid in (10, 13, 14, 15, 16, 18, 23):
        tables.drop("curated_scan", uid=uid)
    return tables.drop("suppressed_scan", uid=18).drop("load_scan", uid=13)


def order_of_keys() -> Tables:
    """Between two events that changed places lie one of another key, one that was lost, and an open one."""
    history = History().event(1).event(2, key="q").event(3).event(4, reaches=False, told=False).event(5)
    history.event(6, outcome="UNKNOWN").event(7).event(8, key="q").event(9, key="q")
    tables = history.event(10, key="z").event(10, 1, cls="dup_of", key="z", reaches=False).play()
    swap(tables, 3, 5)
    for name in SCANS:
        for row in tables.find(name, uid=6):
            row["src_offset"] += 50
    tables.change("intent", {"body_hash": 10_000}, uid=10, copy=1)
    place = {
        k: tables.find("broker_scan", uid=10)[0][k] for k in ("cluster", "topic", "partition", "src_offset")
    }
    return tables.change("send", place, uid=10, copy=1).fault(0.01, 5)


def swapped_in_two_topics() -> Tables:
    tables = swapped()
    for name in ("send", "broker_scan"):
        tables.rows[name] += [{**row, **TOPIC_U} for row in tables.rows[name]]
    return tables


def alike() -> Tables:
    """Events that are alike to the microsecond and the cent."""
    tables = perfect()
    for uid in (1, 2, 3):
        for name in ("intent", *SCANS):
            for row in tables.find(name, uid=uid):
                row["event_ts"] = T0
    return tables


def of_no_amount() -> Tables:
    """What cancels out, or counts for nothing: only the number differs here, only the sum there."""
    history = History().event(1, amount=0).event(2, amount=0).event(3, outcome="FAIL", amount=300).event(4)
    history.event(5).event(6)
    tables = history.play().drop("raw_scan", uid=1).change("curated_scan", {"event_type": "REFUND"}, uid=2)
    tables.change("intent", {"event_type": "refund_issued"}, uid=2)
    for uid, currency in ((3, "JPY"), (4, "JPY"), (5, "SEK"), (6, "CHF")):
        tables.change("intent", {"currency": currency}, uid=uid)
        if uid != 3:
            tables.change("curated_scan", {"currency": currency}, uid=uid)
    tables.drop("raw_scan", uid=4)
    like = tables.find("raw_scan", uid=5)[0]
    for name in ("broker_scan", "raw_scan"):
        tables.add(name, **{**like, "uid": 3, "copy": 0, "body_hash": 3000, "src_offset": 50})
    return tables.double("curated_scan", {"uid": None, "copy": None, "amount_minor": 0}, uid=6)


def without_a_plan() -> Tables:
    """An event was sent that no plan knows; others wait."""
    tables = History().events(8).play().drop("intent", uid=2).lose_from("load", uid=8)
    tables.change("intent", {"currency": "JPY"}, uid=8).change(
        "intent", {"event_type": "refund_issued"}, uid=1
    )
    tables.change("curated_scan", {"event_type": "REFUND"}, uid=1)
    return put(moving(tables), "suppressed_scan", tables.find("load_scan", uid=3)[0], survivor_uid=3)


def unplanned_pending() -> Tables:
    """The last send is in no plan, and the broker moves; it is in curated, and suppressed."""
    tables = perfect().drop("intent", uid=8).hop("broker", state="moving")
    return put(tables, "suppressed_scan", tables.find("load_scan", uid=8)[0], survivor_uid=8)


def entered_twice() -> Tables:
    """One batch is in the ledger of loads twice alike, and one coordinate of two topics is loaded twice."""
    tables = perfect().double("load_batch_scan", container="batch-001").double("load_scan", uid=1)
    return tables.double("load_scan", TOPIC_U, uid=1).double("suppressed_scan", uid=1)


def at_three_places() -> Tables:
    """One send is at the broker twice more, in two other topics."""
    tables = perfect()
    for topic in ("u", "v"):
        tables.double("broker_scan", {"src_offset": 8, "topic": topic}, uid=3)
    return tables


def twin_pending() -> Tables:
    return moving(
        History().events(2).event(30).event(31, cls="twin_of", ref=30).play().drop("curated_scan", uid=31)
    )


def groups_of_one_tier() -> Tables:
    """Currencies that only the truth has, only raw, only curated; and one of an event that is pending."""
    history = History().events(2).event(3).event(4, outcome="FAIL").event(5).event(6)
    tables = history.play().lose_from("raw", uid=3).lose_from("load", uid=6)
    tables.change("curated_scan", {"currency": "CHF"}, uid=5)
    for uid, currency in ((3, "JPY"), (4, "SEK"), (6, "BRL")):
        tables.change("intent", {"currency": currency}, uid=uid)
    like = tables.find("raw_scan", uid=5)[0]
    for name in ("broker_scan", "raw_scan"):
        put(tables, name, like, uid=4, body_hash=4000, src_offset=50)
    return moving(tables)


def alarmed(first: Row | None = None, *phases: Row) -> Tables:
    """Record 2 was skipped; one alarm at ten seconds names it, or another place."""
    tables = perfect().lose_from("raw", uid=3).build("alarms")
    where = {"cluster": "a", "topic": "t", "partition": 0, "from_offset": 2, "to_offset": 3, **(first or {})}
    tables.rows["phase"] = list(phases)
    return tables.add("alarm", t=T0 + 10 * S, kind="gap", part="landing", subject="t", **where)


PINNED: tuple[Pinned, ...] = (
    Pinned("whatever can go wrong", sick, red("Z1 Z2 Z3 Z4 Z7 Z8 U2 U3 U4 U5 O3 Q4 Z6 AN3 AN5 AN6 W1 W2"), WIDE),
    Pinned("whatever can go wrong, in scans that hold every row twice", lambda: twice(sick(), *SCANS), red("Z1 Z2 Z3 Z4 Z7 Z8 U1 U2 U3 U4 U5 O3 AN2 B1 Q4 Z6 AN3 AN5 AN6 W1 W2"), WIDE),
    Pinned("whatever can go wrong, in a ledger that holds every send twice", lambda: twice(sick(), "send"), red("Z1 Z2 Z3 Z4 Z7 Z8 U2 U3 U4 U5 O3 Q4 Z6 AN3 AN5 AN6 W1 W2"), WIDE),
    Pinned("a legal mixture of which everything is there twice", lambda: twice(mixed(), "send", *SCANS), red("Z4 U1 U2 U3 U4 AN2 B1"), WIDE),
    Pinned("two records at one coordinate of every hop", two_logs, red("Z4 Z7 Z8 U1 U3 U4 AN2 B1 AN3 AN6 W2"), WIDE),
    Pinned("two events were told one coordinate", told_alike, red("Z2 AN2 AN3 W1 W2"), WIDE),
    Pinned("a failed send at every hop but the broker", failed_at_every_hop, red("Z4 Z7 Z8 U3 U4 B1 AN5"), WIDE),
    Pinned("suppressed though never sent", suppressed_though_never_sent, red("Z7 U3 AN3 AN6"), WIDE),
    Pinned("scans without bytes or columns", without_columns, red("Z4 Z7 Z8 U4 B1 AN6"), WIDE),
    Pinned("copies that differ", copies_that_differ, red("Z8 B1 Q4 AN3 AN6"), WIDE),
    Pinned("invalid events in curated at odd places", other_class_elsewhere, red("U1 U2 B1 Q4 AN3"), WIDE),
    Pinned("dead letters of no plan", odd_dead_letters, red("Z4 Z7 AN6 W2"), WIDE),
    Pinned("twins of every kind are missing", twins, red("Z1 Z2 U3 U4 U5 B1 Q4"), WIDE),
    Pinned("order with gaps", order_of_keys, red("Z1 Z2 U3 O3 B1 W1"), WIDE),
    Pinned("two events changed places in two topics alike", swapped_in_two_topics, red("Z2 O3"), WIDE),
    Pinned("events alike to the microsecond", alike, (), WIDE),
    Pinned("differences of number alone and of sum alone", of_no_amount, red("Z2 Z7 B1 AN5 W2"), WIDE),
    Pinned("a send without a plan", without_a_plan, red("Z2 Z7 U3 B1 W1 W2"), WIDE),
    Pinned("one send at three places", at_three_places, red("AN2 W2"), WIDE),
    Pinned("a twin is pending", twin_pending, (), WIDE),
    Pinned("groups of one tier alone", groups_of_one_tier, red("Z1 Z2 Z7 B1 AN5 W2"), WIDE),
    Pinned("a gap and no end of the run", alarmed, (), ("Z5",)),
    Pinned("a gap is alarmed in the second phase", lambda: alarmed({}, EARLY, LATE), (), ("Z5",)),
    Pinned("a gap is alarmed in another cluster", lambda: alarmed({"cluster": "b"}, LATE), ("Z5",), ("Z5",)),
    Pinned("a gap is alarmed in another topic", lambda: alarmed(TOPIC_U, LATE), ("Z5",), ("Z5",)),
    Pinned("a send without a plan, for those who measure", without_a_plan, red("AN14 L1 P1 R2"), ("R2", "F3", "L1", "P1", "AN14")),
    Pinned("a dead letter twice for two reasons", lambda: mixed().double("dlq_scan", {"reason": "undecodable"}, uid=40), red("Z4"), WIDE),
    Pinned("an unplanned send is pending at the broker", unplanned_pending, red("Z7 B1 W1 W2"), (*WIDE, "AN14")),
    Pinned("a batch is entered twice alike", entered_twice, red("Z7 U4"), WIDE),
)  # fmt: skip
