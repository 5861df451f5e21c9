"""Histories of the fates of attempts of which everything is known: what explains what, what overtakes what."""

# ruff: noqa: E501  (one history a line: they are read as a table)

from __future__ import annotations

from tests.invariants.beside import beside
from tests.invariants.cases_boundaries import pending_resend
from tests.invariants.damaged import BEYOND, invalid_loaded, mixed
from tests.invariants.dense import ELSEWHERE, WIDE, moving, put, red, rich
from tests.invariants.history import History, Tables, perfect
from tests.invariants.pinned import Pinned


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


def dead_letter_pending() -> Tables:
    """The last dead letter has not come yet, and its hop moves."""
    return moving(History().events(3).event(40, cls="invalid").play().drop("dlq_scan", uid=40))


def no_hop_of_dead_letters() -> Tables:
    """The table of hops does not name the dead letters; one that was overtaken is lost."""
    history = History().events(2).event(40, cls="invalid").event(41, cls="invalid")
    return history.play().drop("dlq_scan", uid=40).drop("hop", name="dlq")


def same_offset_elsewhere() -> Tables:
    """The bytes of acknowledged events stand at their own offsets in other places: of some because a resend
    that stayed open came there, of others for no reason."""
    history = History().events(6)
    for uid in (1, 2, 3):
        history.attempt(uid, outcome="UNKNOWN", reaches=False)
    history.event(50, outcome="UNKNOWN").event(51, outcome="UNKNOWN", reaches=False)
    tables = history.play().fault(0.01, 5)
    for uid, where in enumerate((*ELSEWHERE, *ELSEWHERE), 1):
        tables.double("broker_scan", where, uid=uid)
    tables.double("broker_scan", {"cluster": "c"}, uid=50)
    return tables.double("broker_scan", {"uid": 51, "body_hash": 51_000}, uid=4, cluster="a", partition=0)


def other_bytes_at_the_end(state: str) -> Tables:
    return perfect().change("broker_scan", {"body_hash": 1}, uid=8).hop("broker", state=state)


def forgot(state: str) -> Tables:
    return perfect().drop("broker_scan", uid=3).hop("broker", state=state)


def astray() -> Tables:
    """Dead letters and suppressions each stand in another cluster, topic or partition, or at another offset."""
    history = History().events(2)
    for uid in range(40, 44):
        history.event(uid, cls="invalid")
    tables = history.events(4, first=50).play()
    for number, where in enumerate((*ELSEWHERE, {"src_offset": BEYOND})):
        tables.change("dlq_scan", where, uid=40 + number)
        like = {**tables.find("load_scan", uid=50 + number)[0], **where}
        put(tables, "suppressed_scan", like, survivor_uid=1).drop("curated_scan", uid=50 + number)
    return tables


def raw_astray() -> Tables:
    """Rows of raw at their own offsets in places that the broker does not know, each suppressed once."""
    tables = perfect()
    for uid, where in enumerate(ELSEWHERE, 1):
        tables.double("raw_scan", where, uid=uid)
        put(tables, "suppressed_scan", tables.find("raw_scan", uid=uid)[1], survivor_uid=uid)
    return tables


def failed_and_forgotten() -> Tables:
    """A failed send names an offset that the broker does not have, and raw does."""
    return perfect().change("send", {"outcome": "FAIL"}, uid=3).drop("broker_scan", uid=3)


def overtaken_by_dead_letters() -> Tables:
    """The second of three dead letters has not come, and their hop moves."""
    history = History().event(1)
    for uid in (40, 41, 42):
        history.event(uid, cls="invalid")
    return moving(history.play().drop("dlq_scan", uid=41))


def overtaken_by_a_suppression() -> Tables:
    """The last but one has not come to curated, and the suppression of a resend behind it has."""
    return moving(History().events(3).attempt(1).play().drop("curated_scan", uid=3))


def bytes_of_another() -> Tables:
    """At the broker stand the bytes of one event under the id of another, and other bytes of one of two copies."""
    tables = History().events(3).event(20).event(20, 1, cls="dup_of").event(40, cls="invalid").play()
    tables.double("broker_scan", {"body_hash": 1000, "src_offset": 50}, uid=3)
    tables.double("broker_scan", {"body_hash": 77, "src_offset": 51}, uid=20, copy=1)
    return put(tables, "suppressed_scan", tables.find("raw_scan", uid=40)[0], survivor_uid=40)


def invalid_copy_pending() -> Tables:
    """The first copy of an event breaks its contract and waits; the second is in curated, and suppressed."""
    tables = History().events(2).event(9, 1, cls="dup_of").event(9, cls="invalid").play()
    tables.drop("dlq_scan", uid=9)
    return put(moving(tables), "suppressed_scan", tables.find("load_scan", uid=9)[0], survivor_uid=9)


PINNED: tuple[Pinned, ...] = (
    Pinned("every legal pair of outcomes", rich, (), WIDE),
    Pinned("every legal pair of outcomes while every hop moves", lambda: moving(rich()), (), WIDE),
    Pinned("a legal mixture beside its neighbours", lambda: beside(mixed()), (), WIDE),
    Pinned("the broker forgot what it acknowledged", forgotten, red("Z1 Z2 Z4 Z7 U3 AN6 W1"), WIDE),
    Pinned("a dead letter is pending", dead_letter_pending, (), WIDE),
    Pinned("the dead letters are no hop", no_hop_of_dead_letters, red("Z1 Z2 Z4"), WIDE),
    Pinned("the same offset elsewhere", same_offset_elsewhere, red("Z1 Z2 Z3 Z8 AN2 B1 AN3 AN6 W2"), WIDE),
    Pinned("an invalid event is loaded and no dead letter", invalid_loaded, red("Z1 Z2 Z4 Q4"), WIDE),
    Pinned("the broker moves and holds other bytes at its end", lambda: other_bytes_at_the_end("moving"), red("Z8 B1 AN6 W1 W2"), WIDE),
    Pinned("the broker moves and forgot a record", lambda: forgot("moving"), red("Z2 W1"), WIDE),
    Pinned("dead letters and suppressions astray", astray, red("Z1 Z2 Z4 Z7 U3 B1"), WIDE),
    Pinned("rows of raw astray", raw_astray, red("Z7 U3"), WIDE),
    Pinned("a failed send that the broker forgot", failed_and_forgotten, red("Z7 B1 AN5"), WIDE),
    Pinned("a dead letter is overtaken", overtaken_by_dead_letters, red("Z1 Z2 Z4"), WIDE),
    Pinned("an event is overtaken by a suppression", overtaken_by_a_suppression, red("Z1 Z2 B1"), WIDE),
    Pinned("the bytes of another event", bytes_of_another, red("Z8 U3 AN2 AN6 W2"), WIDE),
    Pinned("an invalid copy is pending", invalid_copy_pending, red("U3"), WIDE),
    Pinned("a resend is pending", pending_resend, red("U4"), WIDE),
)  # fmt: skip
