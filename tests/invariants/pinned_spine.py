"""Histories of the spine of which everything is known: dense ones, in which every arm of a text finds something."""

from __future__ import annotations

from gameday.kernel.recording import SCHEMAS
from tests.invariants.beside import beside
from tests.invariants.damaged import BEYOND, mixed, swapped
from tests.invariants.history import T0, History, Row, S, Tables, perfect
from tests.invariants.pinned import SPINE, Pinned

WIDE = (*SPINE, "Z6", "AN3", "AN5", "AN6", "W1", "W2")
SCANS = ("broker_scan", "raw_scan", "load_scan", "dlq_scan", "curated_scan", "suppressed_scan")
TOPIC_U: Row = {"topic": "u"}


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
    _swap(tables, 5, 6)
    _nowhere(tables, 51)
    tables.change("send", {"outcome": "FAIL"}, uid=9)
    tables.drop("dlq_scan", uid=40).change("dlq_scan", {"reason": "undecodable"}, uid=42)
    _let_through(tables, 43)
    tables.change("curated_scan", {"canonical_hash": 1}, uid=70).change("raw_scan", {"body_hash": 1}, uid=71)
    tables.change("load_scan", {"canonical_hash": 1}, uid=72).change("broker_scan", {"body_hash": 1}, uid=73)
    tables.double("curated_scan", {"copy": 1}, uid=20)
    for batch in tables.rows["load_batch_scan"][:2]:
        batch["row_count"] = len(tables.find("load_scan", container=batch["container"]))
    return tables


def _swap(tables: Tables, one: int, other: int) -> None:
    """Two events change places, in the ledger and at the broker."""
    for name in ("send", "broker_scan", "raw_scan", "load_scan", "curated_scan"):
        (first,), (second,) = tables.find(name, uid=one), tables.find(name, uid=other)
        first["src_offset"], second["src_offset"] = second["src_offset"], first["src_offset"]


def red(ids: str) -> tuple[str, ...]:
    return tuple(ids.split())


def put(tables: Tables, name: str, like: Row, **changes: object) -> Tables:
    """One more row of a scan, with what it shares with another row."""
    row = dict(tables.rows[name][0]) if name == "curated_scan" else {}
    row |= {"rule": "ID1"} if name == "suppressed_scan" else {}
    known = {field.name for field in SCHEMAS[name]}
    return tables.add(name, **{k: v for k, v in {**row, **like, **changes}.items() if k in known})


def _nowhere(tables: Tables, uid: int) -> None:
    """An event that is at no broker appears at every hop behind it."""
    like = {**tables.find("load_scan", uid=1)[0], "uid": uid, "body_hash": uid * 1000, "src_offset": 99}
    for name in SCANS[1:]:
        put(tables, name, like)


def _let_through(tables: Tables, uid: int) -> None:
    """An event that breaks its contract is loaded and curated, beside its dead letter."""
    row = tables.find("raw_scan", uid=uid)[0]
    put(put(tables, "load_scan", row), "curated_scan", row)


def twice(tables: Tables, *names: str) -> Tables:
    """Every row of these tables is written down twice."""
    for name in names:
        tables.rows[name] += [dict(row) for row in tables.rows[name]]
    return tables


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
    _nowhere(tables, 52)
    return tables


def forgotten() -> Tables:
    """The broker forgot what it acknowledged; behind it are its bytes, or others in its place."""
    history = History().events(5).attempt(4).attempt(5).event(40, cls="invalid").event(41, cls="invalid")
    tables = history.event(42, cls="invalid").play()
    for uid in (2, 3, 40, 41):
        tables.drop("broker_scan", uid=uid)
    for offset in (5, 6):
        tables.drop("broker_scan", src_offset=offset)
    tables.change("load_scan", {"body_hash": 1}, uid=3).change("dlq_scan", {"body_hash": 1}, uid=41)
    tables.change("suppressed_scan", {"uid": 1}, uid=4).change("suppressed_scan", {"copy": 1}, uid=5)
    return tables.drop("dlq_scan", uid=42).drop("broker_scan", uid=42)


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
    tables = History().events(2).event(20).event(20, 1, cls="dup_of").event(40, cls="invalid").event(41).play()
    tables.change("intent", {"canonical_hash": 5}, uid=20, copy=1)
    row = tables.find("curated_scan", uid=41)[0]
    return tables.add("curated_scan", **{**row, "uid": 40, "canonical_hash": None})


def other_class_elsewhere() -> Tables:
    """Invalid events in curated under their own ids, at places of others and at a place of nobody."""
    tables = History().events(3).event(40, cls="invalid").event(40, 1, cls="dup_of").event(41, cls="invalid").play()
    row = tables.find("curated_scan", uid=1)[0]
    for number, changes in enumerate(({}, {"cluster": "c"}, {"topic": "u"}, {"partition": 9}, {"src_offset": 88})):
        tables.add("curated_scan", **{**row, "uid": 40, "container": f"odd-{number}", **changes})
    for number, where in enumerate(tables.find("raw_scan", uid=41)):
        for changes in ({"cluster": "c"}, {"topic": "u"}, {"partition": 9}, {"src_offset": 88}):
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


def dead_letter_pending() -> Tables:
    """The last dead letter has not come yet, and its hop moves."""
    return moving(History().events(3).event(40, cls="invalid").play().drop("dlq_scan", uid=40))


def no_hop_of_dead_letters() -> Tables:
    """The table of hops does not name the dead letters; one that was overtaken is lost."""
    history = History().events(2).event(40, cls="invalid").event(41, cls="invalid")
    return history.play().drop("dlq_scan", uid=40).drop("hop", name="dlq")


def twins() -> Tables:
    """Twins of every kind that are not in curated: merged, lost, pending, invalid, nameless, mere corrections."""
    history = History().event(10).event(11, cls="twin_of", ref=10).event(12).event(13, cls="twin_of", ref=12)
    history.event(14, cls="twin_of").event(15).event(16, cls="corrects", ref=15)
    history.event(17).event(18, cls="twin_of", ref=17).attempt(18).event(19, cls="invalid")
    history.event(21, cls="twin_of", ref=19).event(22).event(23, cls="twin_of", ref=22)
    tables = history.play()
    _let_through(tables, 19)
    tables.drop("curated_scan", uid=19)
    for uid in (10, 13, 14, 15, 16, 18, 23):
        tables.drop("curated_scan", uid=uid)
    return tables.drop("suppressed_scan", uid=18).drop("load_scan", uid=13)


def order_of_keys() -> Tables:
    """Between two events that changed places lie one of another key, one that was lost, and an open one."""
    history = History().event(1).event(2, key="q").event(3).event(4, reaches=False, told=False).event(5)
    history.event(6, outcome="UNKNOWN").event(7).event(8, key="q").event(9, key="q")
    tables = history.event(10, key="z").event(10, 1, cls="dup_of", key="z", reaches=False).play()
    _swap(tables, 3, 5)
    for name in SCANS:
        for row in tables.find(name, uid=6):
            row["src_offset"] += 50
    tables.change("intent", {"body_hash": 10_000}, uid=10, copy=1)
    place = {k: tables.find("broker_scan", uid=10)[0][k] for k in ("cluster", "topic", "partition", "src_offset")}
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
    tables.change("intent", {"currency": "JPY"}, uid=8).change("intent", {"event_type": "refund_issued"}, uid=1)
    tables.change("curated_scan", {"event_type": "REFUND"}, uid=1)
    return put(moving(tables), "suppressed_scan", tables.find("load_scan", uid=3)[0], survivor_uid=3)


def entered_twice() -> Tables:
    """One batch is in the ledger of loads twice alike, and one coordinate of two topics is loaded twice."""
    tables = perfect().double("load_batch_scan", container="batch-001").double("load_scan", uid=1)
    return tables.double("load_scan", TOPIC_U, uid=1).double("suppressed_scan", uid=1)


PINNED: tuple[Pinned, ...] = (
    Pinned("every legal pair of outcomes", rich, (), WIDE),
    Pinned("every legal pair of outcomes while every hop moves", lambda: moving(rich()), (), WIDE),
    Pinned("a legal mixture beside its neighbours", lambda: beside(mixed()), (), WIDE),
    Pinned("whatever can go wrong", sick, red("Z1 Z2 Z3 Z4 Z7 Z8 U2 U3 U4 U5 O3 Q4 Z6 AN3 AN5 AN6 W1 W2"), WIDE),
    Pinned("whatever can go wrong, in scans that hold every row twice", lambda: twice(sick(), *SCANS), red("Z1 Z2 Z3 Z4 Z7 Z8 U1 U2 U3 U4 U5 O3 AN2 B1 Q4 Z6 AN3 AN5 AN6 W1 W2"), WIDE),
    Pinned("whatever can go wrong, in a ledger that holds every send twice", lambda: twice(sick(), "send"), red("Z1 Z2 Z3 Z4 Z7 Z8 U2 U3 U4 U5 O3 Q4 Z6 AN3 AN5 AN6 W1 W2"), WIDE),
    Pinned("a legal mixture of which everything is there twice", lambda: twice(mixed(), "send", *SCANS), red("Z4 U1 U2 U3 U4 AN2 B1"), WIDE),
    Pinned("two records at one coordinate of every hop", two_logs, red("Z4 Z7 Z8 U1 U3 U4 AN2 B1 AN3 AN6 W2"), WIDE),
    Pinned("two events were told one coordinate", told_alike, red("Z2 AN2 AN3 W1 W2"), WIDE),
    Pinned("a failed send at every hop but the broker", failed_at_every_hop, red("Z4 Z7 Z8 U3 U4 B1 AN5"), WIDE),
    Pinned("the broker forgot what it acknowledged", forgotten, red("Z1 Z2 Z4 Z7 U3 AN6 W1"), WIDE),
    Pinned("suppressed though never sent", suppressed_though_never_sent, red("Z7 U3 AN3 AN6"), WIDE),
    Pinned("scans without bytes or columns", without_columns, red("Z4 Z7 Z8 U4 B1 AN6"), WIDE),
    Pinned("copies that differ", copies_that_differ, red("Z8 B1 Q4 AN3 AN6"), WIDE),
    Pinned("invalid events in curated at odd places", other_class_elsewhere, red("U1 U2 B1 Q4 AN3"), WIDE),
    Pinned("dead letters of no plan", odd_dead_letters, red("Z4 Z7 AN6 W2"), WIDE),
    Pinned("a dead letter is pending", dead_letter_pending, (), WIDE),
    Pinned("the dead letters are no hop", no_hop_of_dead_letters, red("Z1 Z2 Z4"), WIDE),
    Pinned("twins of every kind are missing", twins, red("Z1 Z2 U3 U4 U5 B1 Q4"), WIDE),
    Pinned("order with gaps", order_of_keys, red("Z1 Z2 U3 O3 B1 W1"), WIDE),
    Pinned("two events changed places in two topics alike", swapped_in_two_topics, red("Z2 O3"), WIDE),
    Pinned("events alike to the microsecond", alike, (), WIDE),
    Pinned("differences of number alone and of sum alone", of_no_amount, red("Z2 Z7 B1 AN5 W2"), WIDE),
    Pinned("a send without a plan", without_a_plan, red("Z2 Z7 U3 B1 W1 W2"), WIDE),
    Pinned("a batch is entered twice alike", entered_twice, red("Z7 U4"), WIDE),
)  # fmt: skip
