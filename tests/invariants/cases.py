"""Hand-written histories, three or more for each invariant: one holds, one breaks, one is vacuous.

Those of one family each are in `cases_<family>.py`, found by looking; each has a list `CASES`.
"""

# ruff: noqa: E501  (one case a line: they are read as a table)

from __future__ import annotations

import importlib
import pkgutil
from functools import partial
from pathlib import Path

from tests.invariants.case import BROKEN, HELD, UNKNOWN, VACUOUS, Case
from tests.invariants.damaged import (
    BEYOND,
    back_too_late,
    broken_contract,
    calm_then_fault,
    control,
    duplicate_kept,
    elected,
    fabricated,
    forgotten_resend,
    invalid_loaded,
    late_lane,
    lost_at,
    many,
    merged_twins,
    mixed,
    needless,
    never_back,
    no_check,
    nothing,
    one_offset_for_two,
    one_send_twice,
    other_bytes_at,
    other_bytes_there,
    pending,
    resend_survives,
    sampler_late,
    stalled_warehouse,
    suppressed_for_nobody,
    swapped,
    two_outages,
    unknown_appears,
    unknown_in_raw,
    unseal,
    valid_dead_letter,
    without_table,
)
from tests.invariants.history import T0, History, S, perfect


def _z() -> list[Case]:
    return [
        Case("Z1", "a legal mixture holds", mixed, HELD),
        Case("Z1", "lost at the load", lambda: lost_at("load"), BROKEN, "load", {"uid": 3}, ("Z2", "B1")),
        Case("Z1", "lost in curated", lambda: lost_at("curated"), BROKEN, "curated", {"uid": 3}, ("Z2", "B1", "U3")),
        Case("Z1", "nothing was sent", nothing, VACUOUS),
        Case("Z1", "a resend that survives accounts for the event", resend_survives, HELD, also=("Z2", "U3")),
        Case("Z1", "the survivor is not in curated", suppressed_for_nobody, BROKEN, "curated", {"uid": 20}, ("Z2", "B1")),
        Case("Z1", "pending at a moving hop is no loss, and no proof", pending, UNKNOWN, also=("L1",)),
        Case("Z2", "a legal mixture holds", mixed, HELD),
        *(
            Case("Z2", f"lost at {hop}", partial(lost_at, hop), BROKEN, hop, {"uid": 3}, ("Z1", "B1", "U3"))
            for hop in ("broker", "raw", "load", "curated")
        ),
        Case("Z2", "a surviving resend never masks a lost attempt", resend_survives, BROKEN, "load", {"uid": 3, "attempt": 0}, ("U3",)),
        Case("Z2", "ACK without offset, found by its bytes", lambda: History().events(3).event(9, told=False).play(), HELD),
        Case("Z2", "ACK without offset, not found", lambda: History().events(3).event(9, told=False, reaches=False).play(), BROKEN, "broker", {"uid": 9}, ("Z1", "B1")),
        Case("Z2", "ACK at an offset that holds other bytes", other_bytes_there, BROKEN, "broker", {"uid": 3}, ("Z1", "Z7", "Z8", "B1", "U3")),
        Case("Z2", "two ACKs claim one offset", one_offset_for_two, BROKEN, "broker", {"uid": 3, "attempt": 1}),
        Case("Z2", "the last event of a partition is lost at a drained hop", lambda: lost_at("raw", 8), BROKEN, "raw", {"uid": 8}, ("Z1", "B1")),
        Case("Z2", "absent at a stuck hop", lambda: lost_at("load", 8).hop("load", state="stuck"), BROKEN, "load", {"uid": 8}, ("Z1", "B1", "L1")),
        Case("Z2", "pending at a moving hop", pending, UNKNOWN, also=("L1",)),
        Case("Z2", "overtaken at a moving hop", lambda: lost_at("load").hop("load", state="moving").hop("curated", state="moving"), BROKEN, "load", {"uid": 3}, ("Z1", "B1", "L1")),
        Case("Z2", "an invalid event is lost from the dead letters", lambda: mixed().drop("dlq_scan", uid=40), BROKEN, "dlq", {"uid": 40}, ("Z1", "Z4")),
        Case("Z2", "an unsealed scan proves nothing", lambda: unseal(lost_at("load"), "load_scan"), UNKNOWN),
        Case("Z2", "a missing scan proves nothing", lambda: without_table(perfect(), "raw_scan"), UNKNOWN),
        Case("Z2", "nothing was sent", nothing, VACUOUS),
        Case("Z3", "found and not found are both legal", mixed, HELD),
        Case("Z3", "found at the broker, then lost", lambda: mixed().lose_from("load", uid=50), BROKEN, "load", {"uid": 50}, ("Z1", "Z2", "B1")),
        Case("Z3", "not at the broker, yet in curated", unknown_appears, BROKEN, "curated", {"uid": 51}, ("Z7", "B1")),
        Case("Z3", "not at the broker, yet in raw", unknown_in_raw, BROKEN, "raw", {"uid": 51}, ("Z7", "B1", "U3")),
        Case("Z3", "nothing was sent", nothing, VACUOUS),
        Case("Z4", "dead letters exact", mixed, HELD),
        Case("Z4", "no invalid event was planned", perfect, VACUOUS),
        Case("Z4", "one is missing", lambda: mixed().drop("dlq_scan", uid=40), BROKEN, "dlq", {"uid": 40, "what": "missing"}, ("Z1", "Z2")),
        Case("Z4", "one twice", lambda: mixed().double("dlq_scan", uid=40), BROKEN, "dlq", {"uid": 40, "what": "more than once"}),
        Case("Z4", "another reason", lambda: mixed().change("dlq_scan", {"reason": "undecodable"}, uid=40), BROKEN, "dlq", {"what": "other reason"}),
        Case("Z4", "other bytes", lambda: mixed().change("dlq_scan", {"body_hash": 1}, uid=40), BROKEN, "dlq", {"what": "other bytes"}),
        Case("Z4", "a valid event among them", valid_dead_letter, BROKEN, "dlq", {"uid": 3, "what": "valid event"}, ("B1",)),
        Case("Z4", "a resend of an invalid event is dead-lettered twice", lambda: History().events(2).event(9, cls="invalid").attempt(9).play(), HELD),
        Case("Z4", "the duplicate of an invalid event is valid", lambda: History().events(2).event(9, cls="invalid").event(9, 1, cls="dup_of").play(), HELD),
        Case("Z4", "nothing was sent", nothing, VACUOUS),
        Case("Z7", "a legal mixture holds", mixed, HELD),
        Case("Z7", "the ledger lost an entry", lambda: perfect().drop("send", uid=3), BROKEN, "broker", {"uid": 3}, ("B1", "U3")),
        Case("Z7", "a failed send is visible", lambda: perfect().change("send", {"outcome": "FAIL"}, uid=3), BROKEN, "broker", {"uid": 3}, ("B1", "U3")),
        Case("Z7", "a foreign row in curated", lambda: perfect().double("curated_scan", {"uid": None, "copy": None}, uid=3), BROKEN, "curated", {"uid": None}, ("B1",)),
        Case("Z7", "a row of raw from nowhere", lambda: perfect().double("raw_scan", {"uid": None, "src_offset": 99, "body_hash": 5}, uid=3), BROKEN, "raw", {"at_offset": 99}),
        *(
            Case("Z7", f"the bytes of a real event in {hop} where nobody put them", fabricated, BROKEN, hop, {"uid": 3, "at_offset": BEYOND}, ("U3",))
            for hop in ("raw", "load")
        ),
        Case("Z7", "the bytes of a real event among the dead letters where nobody put them", lambda: mixed().double("dlq_scan", {"src_offset": BEYOND}, uid=40), BROKEN, "dlq", {"at_offset": BEYOND}, ("Z4",)),
        Case("Z7", "a suppression where nobody put a record", lambda: mixed().change("suppressed_scan", {"src_offset": BEYOND}, uid=20), BROKEN, "curated", {"uid": 20, "at_offset": BEYOND}),
        Case("Z7", "an acknowledged record that the broker forgot is no phantom", lambda: perfect().drop("broker_scan", uid=3), HELD),
        Case("Z7", "nor is its suppressed resend", forgotten_resend, HELD),
        Case("Z7", "nothing was sent", nothing, VACUOUS),
        Case("Z8", "a legal mixture holds", mixed, HELD),
        *(
            Case("Z8", f"bytes changed in {hop}", partial(other_bytes_at, hop), BROKEN, hop, {"uid": 3}, ("B1", "U3"))
            for hop in ("raw", "load")
        ),
        Case("Z8", "changed in curated", lambda: perfect().change("curated_scan", {"canonical_hash": 1}, uid=3), BROKEN, "curated", {"uid": 3}),
        Case("Z8", "columns gone in the load", lambda: perfect().change("load_scan", {"canonical_hash": None}, uid=3), BROKEN, "load", {"uid": 3}),
        Case("Z8", "changed at the broker", other_bytes_there, BROKEN, "broker", {"uid": 3}, ("Z1", "Z2", "B1", "U3", "Z7")),
        Case("Z8", "nothing was sent", nothing, VACUOUS),
    ]  # fmt: skip


def _u() -> list[Case]:
    twins = {"uid": 31, "hop": "curated"}
    return [
        Case("U1", "a legal mixture holds", mixed, HELD),
        Case("U1", "one id twice", lambda: perfect().double("curated_scan", uid=3), BROKEN, "curated", {"uid": 3, "n": 2}, ("B1",)),
        Case("U1", "nothing was sent", nothing, VACUOUS),
        Case("U2", "a legal mixture holds", mixed, HELD),
        Case("U2", "no duplicate was planned", perfect, VACUOUS),
        Case("U2", "a business duplicate in curated too", duplicate_kept, BROKEN, "curated", {"uid": 20, "n": 2}, ("U3", "B1")),
        Case("U2", "nothing was sent", nothing, VACUOUS),
        Case("U3", "a legal mixture holds", mixed, HELD),
        Case("U3", "a suppression that nobody wrote down", lambda: mixed().drop("suppressed_scan", uid=20), BROKEN, "curated", {"uid": 20, "expected": 1, "suppressed": 0}),
        Case("U3", "suppressed without need", needless, BROKEN, "curated", {"uid": 3, "suppressed": 1}),
        Case("U3", "suppressed rows that the broker does not explain", fabricated, BROKEN, "curated", {"uid": 3, "expected": 0, "suppressed": 1}, ("Z7",)),
        Case("U3", "the broker forgot an acknowledged resend", forgotten_resend, HELD),
        Case("U3", "the survivor is another event", lambda: mixed().change("suppressed_scan", {"survivor_uid": 1}, uid=20), BROKEN, "curated", {"uid": 20}),
        Case("U3", "legal redelivery into raw twice", lambda: History().events(4).attempt(2).attempt(2).play(), HELD),
        Case("U3", "the duplicate of an invalid event needs no suppression", lambda: History().events(2).event(9, cls="invalid").event(9, 1, cls="dup_of").play(), HELD),
        Case("U3", "nothing was sent", nothing, VACUOUS),
        Case("U4", "a legal mixture holds", mixed, HELD),
        Case("U4", "a batch loaded twice", lambda: perfect().double("load_scan", container="batch-000"), BROKEN, "load", {"what": "coordinates more than once"}),
        Case("U4", "a batch twice in the ledger", lambda: perfect().double("load_batch_scan", {"file_sha": "x"}, container="batch-000"), BROKEN, "load", {"container": "batch-000"}),
        Case("U4", "a second, empty entry for a batch", lambda: perfect().double("load_batch_scan", {"row_count": 0}, container="batch-000"), BROKEN, "load", {"container": "batch-000"}),
        Case("U4", "a load without its ledger entry", lambda: perfect().drop("load_batch_scan", container="batch-001"), BROKEN, "load", {"container": "batch-001"}),
        Case("U4", "the ledger promises one row more", lambda: perfect().change("load_batch_scan", {"row_count": 5}, container="batch-000"), BROKEN, "load", {"expected": 5, "seen": 4}),
        Case("U4", "nothing was loaded", nothing, VACUOUS),
        Case("U5", "a legal mixture holds", mixed, HELD),
        Case("U5", "no twins were planned", perfect, VACUOUS),
        Case("U5", "twins merged", merged_twins, BROKEN, "curated", twins, ("U3", "B1")),
        Case("U5", "nothing was sent", nothing, VACUOUS),
    ]  # fmt: skip


def _others() -> list[Case]:
    return [
        Case("O3", "a legal mixture holds", mixed, HELD),
        Case("O3", "two events of a key change places", swapped, BROKEN, "broker", {"uid": 4}),
        Case("O3", "other keys may overtake", lambda: swapped("k2"), HELD),
        Case("O3", "a late resend is no inversion", lambda: History().events(3).attempt(1).events(2, first=7).play(), HELD),
        Case("O3", "nothing was sent", nothing, VACUOUS),
        Case("AN2", "resends of the same bytes are legal", mixed, HELD),
        Case("AN2", "one send at two offsets", one_send_twice, BROKEN, "broker", {"uid": 3, "at_offset": 8}, ("U3",)),
        Case("AN2", "one coordinate twice at the broker", lambda: perfect().double("broker_scan", uid=3), BROKEN, "broker", {"uid": 3}),
        Case("AN2", "one coordinate twice in raw", lambda: perfect().double("raw_scan", {"container": "again"}, uid=3), BROKEN, "raw", {"uid": 3}),
        Case("AN2", "nothing was sent", nothing, VACUOUS),
        Case("B1", "a legal mixture holds", mixed, HELD),
        Case("B1", "a cent too much", lambda: perfect().change("curated_scan", {"amount_minor": 101}, uid=3), BROKEN, "curated", {"sum_truth": 800, "sum_curated": 801}),
        Case("B1", "in the wrong hour", lambda: perfect().change("curated_scan", {"event_ts": T0 + 4000 * S}, uid=3), BROKEN, "curated", {"n_curated": 7}),
        Case("B1", "an event less in raw", lambda: lost_at("raw"), BROKEN, "raw", {"n_truth": 8, "n_raw": 7}, ("Z1", "Z2")),
        Case("B1", "pending is no difference", pending, UNKNOWN, also=("L1",)),
        Case("B1", "sums beyond 64 bits", lambda: History().events(3, amount=2**62).play(), HELD),
        Case("B1", "nothing was sent", nothing, VACUOUS),
        Case("Q4", "invalid events stay in raw", mixed, HELD),
        Case("Q4", "an invalid event is loaded", invalid_loaded, BROKEN, "load", {"uid": 40}, ("Z4", "Z2", "Z1")),
        Case("Q4", "nothing was loaded", nothing, VACUOUS),
    ]  # fmt: skip


def _measures() -> list[Case]:
    return [
        Case("V2", "raw keeps its pace", stalled_warehouse, HELD),
        Case("V2", "raw stops as well", lambda: stalled_warehouse(12), BROKEN, "raw", {"fault": "f1"}, ("R1", "L1", "F3")),
        Case("V2", "raw keeps its pace under a broken contract", broken_contract, HELD),
        Case("V2", "raw stops under a broken contract", lambda: broken_contract(12), BROKEN, "raw", {"fault": "traffic"}, ("L1", "F3")),
        Case("V2", "no fault near the warehouse", calm_then_fault, VACUOUS),
        Case("V2", "the instruments failed", lambda: sampler_late(stalled_warehouse(12)), UNKNOWN),
        Case("R1", "no outage seen", calm_then_fault, HELD),
        Case("R1", "back in time", lambda: calm_then_fault().delay("raw", 15, uid=5).delay("load", 15, uid=5).delay("curated", 15, uid=5), HELD),
        Case("R1", "back too late", lambda: calm_then_fault().delay("raw", 30, uid=5), BROKEN, "raw", {"fault": "f1"}, ("L1", "F3")),
        Case("R1", "a second outage long after the first is another matter", two_outages, HELD),
        Case("R1", "two outages with too short a calm between them are one", lambda: two_outages(calm_s=1.0), BROKEN, "raw", {}, ("L1",)),
        Case("R1", "no offender at a calm of five samples", lambda: two_outages(calm_s=1.25), HELD),
        Case("R1", "never back", never_back, BROKEN, "load", {"stable_us": None}, ("Z1", "Z2", "B1", "L1", "F3", "R2", "P1", "AN14")),
        Case("R1", "no fault, nothing to recover from", perfect, VACUOUS),
        Case("R1", "the control misses it too", lambda: control(calm_then_fault().delay("raw", 30, uid=5), "R1", 21), UNKNOWN),
        Case("R1", "the control does not miss it", lambda: control(calm_then_fault().delay("raw", 30, uid=5), "R1", 19), BROKEN, "raw", {}, ("L1", "F3")),
        Case("R6", "the control misses it too", lambda: control(elected(12.1), "R6", 10.1), UNKNOWN),
        Case("R6", "the control does not miss it", lambda: control(elected(12.1), "R6", 9.9), BROKEN, "broker"),
        Case("F3", "the control misses it too", lambda: control(many(1000, 39), "F3", 20.1), UNKNOWN),
        Case("F3", "the control does not miss it", lambda: control(many(1000, 39), "F3", 19.9), BROKEN, "curated"),
        Case("L1", "the control misses it too", lambda: control(back_too_late(), "L1", 20.1), UNKNOWN),
        Case("L1", "the control does not miss it", lambda: control(back_too_late(), "L1", 19.9), BROKEN, "load", {}, ("R1", "F3")),
        Case("V2", "the control misses it too", lambda: control(stalled_warehouse(12), "V2", 0.9), UNKNOWN),
        Case("V2", "the control does not miss it", lambda: control(stalled_warehouse(12), "V2", 1.0), BROKEN, "raw", {}, ("R1", "L1", "F3")),
        Case("R6", "another leader in time", lambda: elected(11.9), HELD),
        Case("R6", "another leader too late", lambda: elected(12.1), BROKEN, "broker", {"at_partition": "0"}),
        Case("R6", "no other leader", lambda: elected(None), BROKEN, "broker", {"took_us": None}),
        Case("R6", "the victim led nothing", calm_then_fault, VACUOUS),
        Case("F3", "38 of 1000 beyond the target", lambda: many(1000, 38), HELD),
        Case("F3", "39 of 1000 beyond the target", lambda: many(1000, 39), BROKEN, "curated", {"beyond": 39, "allowed": 38}),
        Case("F3", "too few to judge", lambda: many(999, 0), VACUOUS),
        Case("F3", "late events are fresh", lambda: late_lane(0), HELD),
        Case("F3", "one late event of few is stale", lambda: late_lane(1), BROKEN, "curated", {"lane": "late", "of_events": 30, "beyond": 1, "allowed": 0}, ("O2",)),
        Case("F3", "what a fault delays is not judged", lambda: many(1400, 60).fault(12.5, 300), HELD),
        Case("L1", "no lag", calm_then_fault, HELD),
        Case("L1", "back too late", back_too_late, BROKEN, "load", {}, ("R1", "F3")),
        Case("L1", "back in time", lambda: calm_then_fault().delay("load", 29, uid=5).target("L1", back_us=20 * S, max_us=300 * S).target("R1", rto_us=60 * S), HELD),
        Case("L1", "a hop still moves", lambda: perfect().hop("load", state="moving"), BROKEN, "load", {}),
        Case("L1", "nothing was sent", nothing, VACUOUS),
    ]  # fmt: skip


def _harness() -> list[Case]:
    return [
        Case("H0", "the fault bit", calm_then_fault, HELD),
        Case("H0", "no fault was planned", perfect, HELD),
        Case("H0", "every planned act left its row", lambda: calm_then_fault().target("H0", faults=1), HELD),
        Case("H0", "a planned act left no row", lambda: calm_then_fault().target("H0", faults=2), UNKNOWN, offender={"evidence": "1 of 2 planned acts left a row"}),
        Case("H0", "the injector did nothing", lambda: perfect().fault(2, 10, confirmed="mismatch"), UNKNOWN),
        Case("H0", "never seen to bite", lambda: perfect().fault(2, 10, t_bite=None, confirmed="inconclusive"), UNKNOWN),
        Case("H0", "bitten after it was healed", lambda: perfect().fault(2, 10, t_bite=T0 + 11 * S), UNKNOWN),
        Case("H1", "enough traffic", mixed, HELD),
        Case("H1", "a tag is short", lambda: mixed().target("H1", per_tag=2), VACUOUS, offender={"what": "tag"}),
        Case("H1", "a promised tag never came", lambda: perfect().target("H1", breaking=1), VACUOUS, offender={"subject": "breaking"}),
        Case("H1", "nothing during the fault", lambda: calm_then_fault().target("H1", during_fault=1), VACUOUS, offender={"what": "during the fault"}),
        Case("H1", "nothing towards the victim", lambda: elected(5).target("H1", towards=1), VACUOUS, offender={"what": "towards the victim"}),
        Case("H1", "nothing was sent", nothing, VACUOUS),
        Case("H2", "all five caught", perfect, HELD),
        Case("H2", "one was missed", lambda: perfect().change("check", {"ok": False}, subject="planted 3"), UNKNOWN, offender={"subject": "planted 3"}),
        Case("H2", "no proof was made", lambda: no_check("H2"), VACUOUS),
        Case("H3", "nothing left", perfect, HELD),
        Case("H3", "a toxic left", lambda: perfect().change("check", {"ok": False}, id="H3"), BROKEN, "", {"subject": "toxics"}),
        Case("H3", "nobody looked", lambda: no_check("H3"), VACUOUS),
        Case("H4", "same plan", perfect, HELD),
        Case("H4", "another plan", lambda: perfect().change("check", {"ok": False}, id="H4"), BROKEN, "", {"subject": "plan hash"}),
        Case("H4", "nobody looked", lambda: no_check("H4"), VACUOUS),
    ]  # fmt: skip


def _of_families() -> list[Case]:
    """The cases of every `cases_<family>.py` beside this file."""
    found: list[Case] = []
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.name.startswith("cases_"):
            found += importlib.import_module(f"tests.invariants.{module.name}").CASES
    return found


CASES: tuple[Case, ...] = (*_harness(), *_z(), *_u(), *_others(), *_measures(), *_of_families())
