"""Histories of B3 to B12: states, settlement, timelines, features, marts, journal, reconciliation."""

# ruff: noqa: E501  (one case a line: they are read as a table)

from __future__ import annotations

from tests.invariants.case import BROKEN, HELD, NOT_BUILT, UNKNOWN, VACUOUS, Case
from tests.invariants.damaged import nothing, pending, unseal, without_table
from tests.invariants.history import STEP, T0, History, Row, Tables, perfect
from tests.invariants.marts import (
    LATE_DAY,
    MINUTE,
    backfilled,
    payments,
    with_features,
    with_settlement,
    with_states,
    with_timelines,
)


def _rounded(fees: int) -> Tables:
    """A gross of 50 at 100 basis points is half a cent; half to even is none. At 150 it is one and a half."""
    tables = with_settlement(History().event(1, amount=50).play(), bps=100)
    return tables.change("settlement_scan", {"fees": fees, "net": 50 - fees})


def _three_halves(fees: int) -> Tables:
    tables = with_settlement(History().event(1, amount=150).play(), bps=100)
    return tables.change("settlement_scan", {"fees": fees, "net": 150 - fees})


def _late() -> Tables:
    return with_settlement(payments(), late=(3,))


def _lost_to_money() -> Tables:
    """An event that the truth has, and no settlement knows."""
    tables = with_settlement(payments())
    return tables.change("settlement_scan", {"n": 3})


def _unknown_event(reaches: bool) -> Tables:
    return History().events(3).event(9, outcome="UNKNOWN", reaches=reaches).play().fault(0, 5)


def _marts(**of_second: object) -> Tables:
    tables = perfect().build("conformed")
    base: Row = {"run": "run-1", "fx_version": "fx-1", "map_version": "map-1"}
    tables.add("mart_scan", **base, mart="merchant_daily")
    return tables.add("mart_scan", **{**base, "mart": "settlement", **of_second})


def _journal(cr: int = 100, currency: str = "EUR") -> Tables:
    tables = perfect().build("journal")
    tables.add("journal_scan", run="run-1", entry="e1", account="cash", currency="EUR", dr=100, cr=0)
    return tables.add(
        "journal_scan", run="run-1", entry="e1", account="payable", currency=currency, dr=0, cr=cr
    )


def _breaks(found: tuple[str, ...], planted: tuple[str, ...] = ("k1", "k2")) -> Tables:
    tables = perfect().build("reconciliation")
    for key in planted:
        tables.add("break_truth", kind="missing", key=key)
    for key in found:
        tables.add("break_scan", kind="missing", key=key, state="open")
    return tables


def _tried(found: str | None, n: int = 4) -> Tables:
    tables = perfect().build("trial:B6")
    return tables.add(
        "trial",
        id="B6",
        what="run-1 again",
        hop="settlement",
        subject="run-1",
        expected="a1",
        found=found,
        n=n,
    )


def _tainted(flag: bool) -> Tables:
    tables = with_features(payments())
    row = tables.rows["feature_scan"][0]
    row["tainted"] = flag
    return tables.add("contaminated_truth", subject="m1", t_from=row["t_from"] + 10, t_to=row["t_from"] + 20)


def _first_window(**changes: object) -> Tables:
    tables = with_features(payments())
    tables.rows["feature_scan"][0].update(changes)
    return tables


def _beside_window() -> Tables:
    """Contaminated up to the very instant at which the window begins, and from where it ends."""
    tables = with_features(payments())
    row = tables.rows["feature_scan"][0]
    tables.add("contaminated_truth", subject="m1", t_from=row["t_from"] - 10, t_to=row["t_from"])
    return tables.add("contaminated_truth", subject="m1", t_from=row["t_to"], t_to=row["t_to"] + 10)


def _states() -> list[Case]:
    p1 = {"payment_id": "p1"}
    return [
        Case("B3", "folded as the truth is", lambda: with_states(payments()), HELD),
        Case("B3", "the corrected amount counts beside its correction", lambda: with_states(payments()).change("state_scan", {"captured": 1900}, payment_id="p1"), BROKEN, "payment_state", {**p1, "captured_too_much": 1000}),
        Case("B3", "a duplicate counts twice", lambda: with_states(payments()).change("state_scan", {"authorised": 600}, payment_id="p1"), BROKEN, "payment_state", p1),
        Case("B3", "a payment has no state", lambda: with_states(payments()).drop("state_scan", payment_id="p2"), BROKEN, "payment_state", {"payment_id": "p2", "found": 0}),
        Case("B3", "a payment has two", lambda: with_states(payments()).add("state_scan", payment_id="p1", currency="EUR", authorised=0, captured=0, cleared=0, refunded=0, charged_back=0, reversed=0), BROKEN, "payment_state", {"found": 2}),
        Case("B3", "a state of a payment that never was", lambda: with_states(payments()).add("state_scan", payment_id="p9", currency="EUR", authorised=0, captured=0, cleared=0, refunded=0, charged_back=0, reversed=0), BROKEN, "payment_state", {"payment_id": "p9"}),
        Case("B3", "an unknown event that was found counts", lambda: with_states(_unknown_event(True)), HELD),
        Case("B3", "an unknown event that was found does not count", lambda: with_states(_unknown_event(True)).drop("state_scan", payment_id="p9"), BROKEN, "payment_state", {"uid": 9}),
        Case("B3", "an unknown event that was not found has no state", lambda: with_states(_unknown_event(False)), HELD),
        Case("B3", "what is pending is no difference, and no proof", lambda: with_states(pending()).drop("state_scan", payment_id="p8"), UNKNOWN, also=("L1",)),
        Case("B3", "nothing was sent", lambda: nothing().build("payment_state"), VACUOUS),
        Case("B3", "no state is made", payments, NOT_BUILT),
        Case("B3", "the scan was promised and did not come", lambda: without_table(with_states(payments()), "state_scan"), UNKNOWN),
        Case("B3", "the scan is not sealed", lambda: unseal(with_states(payments()), "state_scan"), UNKNOWN),
        Case("B8", "as the truth is", lambda: with_timelines(payments()), HELD),
        Case("B8", "an event is missing", lambda: with_timelines(payments()).drop("timeline_scan", uid=4), BROKEN, "timeline", {"uid": 4, "what": "missing"}),
        Case("B8", "the last event of the account is missing", lambda: with_timelines(payments()).drop("timeline_scan", uid=6), BROKEN, "timeline", {"uid": 6, "what": "missing"}),
        Case("B8", "an event twice", lambda: with_timelines(payments()).double("timeline_scan", {"position": 99, "event_ts": 2**60}, uid=6), BROKEN, "timeline", {"uid": 6}),
        Case("B8", "of another account", lambda: with_timelines(payments()).change("timeline_scan", {"account_id": "a2"}, uid=4), BROKEN, "timeline", {"uid": 4, "what": "not of this account"}),
        Case("B8", "two events change places", lambda: with_timelines(payments()).change("timeline_scan", {"position": 50}, uid=3), BROKEN, "timeline", {"what": "out of order"}),
        Case("B8", "another time of the event", lambda: with_timelines(payments()).change("timeline_scan", {"event_ts": T0 + 31 * MINUTE}, uid=6), BROKEN, "timeline", {"what": "other event time"}),
        Case("B8", "a row whose id does not open", lambda: with_timelines(payments()).change("timeline_scan", {"uid": None}, uid=6), BROKEN, "timeline", {"uid": None}),
        Case("B8", "nothing was sent", lambda: nothing().build("timeline"), VACUOUS),
        Case("B8", "no timeline is made", payments, NOT_BUILT),
    ]  # fmt: skip


def _settled() -> list[Case]:
    return [
        Case("B4", "as the truth is", lambda: with_settlement(payments()), HELD),
        Case("B4", "with a late event adjusted", _late, HELD),
        Case("B4", "half a cent goes to even", lambda: _rounded(0), HELD),
        Case("B4", "half a cent goes up", lambda: _rounded(1), BROKEN, "settlement", {"fees": 1}),
        Case("B4", "one and a half goes to two", lambda: _three_halves(2), HELD),
        Case("B4", "one and a half goes down", lambda: _three_halves(1), BROKEN, "settlement", {"fees": 1}),
        Case("B4", "a cent too much", lambda: with_settlement(payments()).change("settlement_scan", {"gross": 1401}), BROKEN, "settlement", {"have_gross": 1401}),
        Case("B4", "net is not what is left", lambda: with_settlement(payments()).change("settlement_scan", {"net": 0}), BROKEN, "settlement", {"net": 0}),
        Case("B4", "an event less, of the same sum", _lost_to_money, BROKEN, "settlement", {"want_n": 4, "have_n": 3}),
        Case("B4", "no entry for a merchant", lambda: with_settlement(payments()).drop("settlement_scan", merchant_id="m1"), BROKEN, "settlement", {"entries": 0}),
        Case("B4", "an entry for nobody", lambda: with_settlement(payments()).double("settlement_scan", {"merchant_id": "m2"}), BROKEN, "settlement", {"merchant_id": "m2", "want_n": 0}),
        Case("B4", "a late event was not adjusted", lambda: _late().drop("adjustment_scan", uid=3), BROKEN, "settlement", {"want_adjusted": -200, "have_adjusted": 0}),
        Case("B4", "a settled event is pending", lambda: with_settlement(pending()).change("settlement_scan", {"n": 7, "gross": 700}), UNKNOWN, also=("L1",)),
        Case("B4", "no run was closed", lambda: perfect().build("settlement"), VACUOUS),
        Case("B4", "the run replaced is not judged", lambda: backfilled().change("settlement_scan", {"gross": 1}, run="run-1"), HELD, also=("B5", "B7")),
        Case("B5", "reads the same twice", lambda: with_settlement(payments()), HELD),
        Case("B5", "a late event is adjusted once", _late, HELD),
        Case("B5", "changed after the close", lambda: with_settlement(payments()).change("settlement_scan", {"net": 1}, t_read=T0 + MINUTE), BROKEN, "settlement", {"what": "changed after the close"}),
        Case("B5", "changed before it was closed", lambda: with_settlement(payments()).change("settlement_scan", {"net": 1}, t_read=T0).change("settlement_run_scan", {"status": "OPEN"}, t_read=T0).double("settlement_run_scan", {"t_read": T0 + 2 * MINUTE}, t_read=T0 + MINUTE).double("settlement_scan", {"t_read": T0 + 2 * MINUTE}, t_read=T0 + MINUTE), HELD),
        Case("B5", "gone in the second reading", lambda: with_settlement(payments()).drop("settlement_scan", t_read=T0 + MINUTE), BROKEN, "settlement", {"what": "not in every reading", "want": 2, "have": 1}),
        Case("B5", "adjusted twice", lambda: _late().double("adjustment_scan", uid=3), BROKEN, "settlement", {"uid": 3, "want": 1, "have": 2}),
        Case("B5", "not adjusted", lambda: _late().drop("adjustment_scan", uid=3), BROKEN, "settlement", {"uid": 3, "want": 1, "have": 0}),
        Case("B5", "adjusted by another amount", lambda: _late().change("adjustment_scan", {"amount_minor": 200}, uid=3), BROKEN, "settlement", {"uid": 3, "want": -200, "have": 200}),
        Case("B5", "adjusted for another date", lambda: _late().change("adjustment_scan", {"original_date": LATE_DAY}, uid=3), BROKEN, "settlement", {"uid": 3}),
        Case("B5", "an event in time is adjusted as well", lambda: _late().double("adjustment_scan", {"uid": 2}, uid=3), BROKEN, "settlement", {"uid": 2, "want": 0, "have": 1}),
        Case("B5", "one reading tells nothing", lambda: with_settlement(payments()).drop("settlement_run_scan", t_read=T0).drop("settlement_scan", t_read=T0), VACUOUS),
        Case("B6", "the same again", lambda: _tried("a1"), HELD),
        Case("B6", "other entries", lambda: _tried("b2"), BROKEN, "settlement", {"subject": "run-1"}),
        Case("B6", "no answer", lambda: _tried(None), UNKNOWN),
        Case("B6", "a run without entries", lambda: _tried("a1", 0), VACUOUS),
        Case("B6", "nobody tries", perfect, NOT_BUILT),
        Case("B7", "a new run beside the old", backfilled, HELD),
        Case("B7", "the new run under the old version", lambda: backfilled().change("settlement_scan", {"fees": 35, "net": 1115}, run="run-1b"), BROKEN, "settlement", {"run": "run-1b"}),
        Case("B7", "the old run was written over", lambda: backfilled().change("settlement_scan", {"net": 1}, run="run-1", t_read=T0 + MINUTE), BROKEN, "settlement", {"run": "run-1"}),
        Case("B7", "the old run is gone", lambda: backfilled().drop("settlement_run_scan", run="run-1", t_read=T0 + MINUTE), BROKEN, "settlement", {"run": "run-1", "what": "old run was not kept"}),
        Case("B7", "no backfill", lambda: with_settlement(payments()), VACUOUS),
    ]  # fmt: skip


def _others() -> list[Case]:
    return [
        Case("B9", "as the truth is", lambda: with_features(payments()), HELD),
        Case("B9", "one event too many", lambda: _first_window(n=99), BROKEN, "features", {"what": "other value", "n": 99}),
        Case("B9", "a cent too much", lambda: _first_window(sum_minor=99), BROKEN, "features", {"what": "other value", "sum_minor": 99}),
        Case("B9", "the window begins after the event", lambda: _first_window(t_from=T0 + STEP + 1), BROKEN, "features", {"what": "other value"}),
        Case("B9", "no window has the event", lambda: _first_window(subject="m7"), BROKEN, "features", {"what": "no window", "subject": "m1"}),
        Case("B9", "tainted where bad data went in", lambda: _tainted(True), HELD),
        Case("B9", "not tainted there", lambda: _tainted(False), BROKEN, "features", {"what": "not marked as tainted"}),
        Case("B9", "contaminated up to the edge of the window", _beside_window, HELD),
        Case("B9", "no feature was read", lambda: nothing().build("features"), VACUOUS),
        Case("B10", "one version of each", _marts, HELD),
        Case("B10", "another rate in one mart", lambda: _marts(fx_version="fx-2"), BROKEN, "marts", {"run": "run-1"}),
        Case("B10", "another map in one mart", lambda: _marts(map_version="map-2"), BROKEN, "marts", {"run": "run-1"}),
        Case("B10", "a mart that does not say", lambda: _marts(fx_version=None), BROKEN, "marts", {"run": "run-1"}),
        Case("B10", "other runs may use other versions", lambda: _marts(run="run-2", fx_version="fx-2"), VACUOUS),
        Case("B10", "no mart", lambda: perfect().build("conformed"), VACUOUS),
        Case("B11", "balanced", _journal, HELD),
        Case("B11", "a cent on one side", lambda: _journal(cr=99), BROKEN, "journal", {"currency": "EUR"}),
        Case("B11", "balanced over two currencies only", lambda: _journal(currency="USD"), BROKEN, "journal", {"currency": "USD"}),
        Case("B11", "sums beyond 64 bits", lambda: _journal().add("journal_scan", run="run-2", entry="e", account="x", currency="EUR", dr=2**62, cr=2**62).double("journal_scan", run="run-2").double("journal_scan", run="run-2"), HELD),
        Case("B11", "no journal", lambda: perfect().build("journal"), VACUOUS),
        Case("B12", "all found", lambda: _breaks(("k1", "k2")), HELD),
        Case("B12", "one is missed", lambda: _breaks(("k1",)), BROKEN, "reconciliation", {"key": "k2", "what": "not found"}),
        Case("B12", "one too many", lambda: _breaks(("k1", "k2", "k3")), BROKEN, "reconciliation", {"key": "k3", "what": "no such break"}),
        Case("B12", "one twice", lambda: _breaks(("k1", "k2", "k2")), BROKEN, "reconciliation", {"key": "k2", "found": 2}),
        Case("B12", "none was planted", lambda: _breaks((), ()), VACUOUS),
    ]  # fmt: skip


CASES = [*_states(), *_settled(), *_others()]
