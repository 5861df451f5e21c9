"""What a perfect pipeline makes of curated: states, timelines, features, settlements; in plain Python.

Like `history.py`, it shares no code with the SQL of the invariants or their views.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from tests.invariants.history import T0, History, Row, S, Tables

DAY, LATE_DAY = "2026-01-01", "2026-01-02"
COLUMN_OF = {
    "AUTHORIZATION": "authorised",
    "CAPTURE": "captured",
    "CLEARING": "cleared",
    "REFUND": "refunded",
    "CHARGEBACK": "charged_back",
    "REVERSAL": "reversed",
}
SIDE_OF = {"CAPTURE": "gross", "REFUND": "refunds", "CHARGEBACK": "chargebacks"}
MINUTE = 60 * S


def payments() -> Tables:
    """Two payments with a refund and a chargeback, one capture corrected, one of them sent twice."""
    history = History().event(1, amount=1000).event(2, amount=500).event(3, amount=200).event(4, amount=50)
    history.event(5, amount=900, cls="corrects").event(6, amount=300).event(6, 1, amount=300, cls="dup_of")
    tables = history.play()
    kinds = {1: "CAPTURE", 2: "CAPTURE", 3: "REFUND", 4: "CHARGEBACK", 5: "CAPTURE", 6: "AUTHORIZATION"}
    for uid, kind in kinds.items():
        payment = "p2" if uid in (2, 4) else "p1"
        for table in ("intent", "curated_scan"):
            tables.change(table, {"event_type": kind, "payment_id": payment}, uid=uid)
    return tables.change("intent", {"corrects_uid": 1, "correction_seq": 1}, uid=5)


def _true(tables: Tables, corrected: bool = True) -> list[Row]:
    """The intents that stand, once each: of event 1 and its correction 5, only the correction counts."""
    rows: dict[int, Row] = {}
    for row in tables.rows["intent"]:
        if row["class"] != "invalid" and tables.find("broker_scan", uid=row["uid"]):
            rows.setdefault(row["uid"], row)
    gone = {row["corrects_uid"] for row in rows.values() if row.get("corrects_uid")} if corrected else set()
    return [row for uid, row in rows.items() if uid not in gone]


def with_states(tables: Tables) -> Tables:
    tables.build("payment_state")
    totals: dict[tuple[str, str], Row] = {}
    for row in _true(tables):
        key = row["payment_id"], row["currency"]
        state = totals.setdefault(key, dict.fromkeys(COLUMN_OF.values(), 0))
        state[COLUMN_OF[row["event_type"]]] += row["amount_minor"]
    for (payment, currency), state in totals.items():
        tables.add("state_scan", payment_id=payment, currency=currency, **state)
    return tables


def with_timelines(tables: Tables) -> Tables:
    tables.build("timeline")
    found: dict[str, list[Row]] = defaultdict(list)
    for row in _true(tables, corrected=False):
        found[row["account_id"]].append(row)
    for account, rows in found.items():
        for place, row in enumerate(sorted(rows, key=lambda r: int(r["event_ts"]))):
            tables.add(
                "timeline_scan",
                account_id=account,
                position=place,
                uid=row["uid"],
                copy=0,
                event_ts=row["event_ts"],
            )
    return tables


def with_features(tables: Tables) -> Tables:
    """Count and sum per merchant and minute, where there is anything."""
    tables.build("features").add(
        "feature_truth", feature="merchant_1m", subject_column="merchant_id", width_us=MINUTE
    )
    windows: dict[tuple[str, int], list[int]] = defaultdict(list)
    for row in _true(tables):
        windows[row["merchant_id"], row["event_ts"] // MINUTE * MINUTE].append(row["amount_minor"])
    for (merchant, start), amounts in windows.items():
        tables.add(
            "feature_scan",
            **{"feature": "merchant_1m", "subject": merchant, "t_from": start, "t_to": start + MINUTE},
            **{"n": len(amounts), "sum_minor": sum(amounts), "tainted": False, "stale": False},
            **{"as_of": start + MINUTE, "t_read": start + 2 * MINUTE},
        )
    return tables


def _half_even(numerator: int, denominator: int) -> int:
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))


def _entry(rows: list[Row], bps: int) -> Row:
    sums = dict.fromkeys(SIDE_OF.values(), 0)
    for row in rows:
        sums[SIDE_OF[row["event_type"]]] += row["amount_minor"]
    fees = _half_even(sums["gross"] * bps, 10_000)
    net = sums["gross"] - sums["refunds"] - sums["chargebacks"] - fees
    return {**sums, "fees": fees, "net": net, "n": len(rows)}


def with_settlement(tables: Tables, bps: int = 250, late: tuple[int, ...] = ()) -> Tables:
    """One closed run of one day, read twice; late events are adjusted in the next open period."""
    tables.build("settlement").add("fee_truth", map_version="map-1", merchant_id="m1", bps=bps)
    postings = [row for row in _true(tables) if row["event_type"] in SIDE_OF]
    for row in postings:
        _post(tables, row, "map-1", row["uid"] in late)
        if row["uid"] in late:
            amount = row["amount_minor"] * (1 if row["event_type"] == "CAPTURE" else -1)
            tables.add(
                "adjustment_scan",
                **{"run": "run-2", "merchant_id": "m1", "currency": "EUR", "original_date": DAY},
                **{"uid": row["uid"], "amount_minor": amount},
            )
    entry = _entry([row for row in postings if row["uid"] not in late], bps)
    for t_read in (T0, T0 + MINUTE):
        run_read(tables, t_read, "run-1", entry)
    return tables


def _post(tables: Tables, row: Row, version: str, after_close: bool) -> None:
    tables.add(
        "posting_truth",
        **{"uid": row["uid"], "map_version": version, "merchant_id": "m1", "business_date": DAY},
        **{"side": SIDE_OF[row["event_type"]], "after_close": after_close},
        sign=1 if row["event_type"] == "CAPTURE" else -1,
    )


def run_read(tables: Tables, t_read: int, run: str, entry: Row, **others: Any) -> None:
    """One reading of a closed run and its only entry."""
    facts = {"status": "CLOSED", "input_hash": "i", "fx_version": "fx-1", "map_version": "map-1"}
    tables.add("settlement_run_scan", t_read=t_read, run=run, business_date=DAY, **{**facts, **others})
    tables.add(
        "settlement_scan",
        **{"t_read": t_read, "run": run, "merchant_id": "m1", "currency": "EUR", "business_date": DAY},
        **entry,
    )


def backfilled() -> Tables:
    """Another fee under another version of the merchant map: a new run, beside the old one."""
    tables = with_settlement(payments()).add("fee_truth", map_version="map-2", merchant_id="m1", bps=100)
    postings = [row for row in _true(tables) if row["event_type"] in SIDE_OF]
    for row in postings:
        _post(tables, row, "map-2", False)
    run_read(tables, T0 + MINUTE, "run-1b", _entry(postings, 100), supersedes="run-1", map_version="map-2")
    return tables
