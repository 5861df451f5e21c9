"""Books or no books: the same verdicts, counts and offenders, over every history and over random damage."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import invariants
from gameday.kernel.recording import SCHEMAS
from gameday.kernel.verdict import Finding, Verdict
from invariants import shelf
from invariants.engines.duckdb import DuckDb
from invariants.judge import all_offenders, judge
from invariants.narrow import COVERED, SCANS
from tests.invariants.case import Case
from tests.invariants.cases import CASES
from tests.invariants.history import History, Tables

ASKED = [one for id, one in invariants.everything().items() if id in COVERED]
SMALL = partial(DuckDb, threads=1)
ROUNDS = 24
# Numbers that no run has, and that books must not stumble over.
STRANGE = {
    "int64": [-1, 0, 1 << 54, (1 << 54) + 3, (1 << 62) + 3],
    "int32": [-1, 255, 256, 259, (1 << 31) - 1],
}


def compared(tables: Tables, folder: Path, books: bool) -> dict[str, tuple[object, ...]]:
    recording = tables.write(folder / ("books" if books else "plain"))
    found = judge(recording, ASKED, held=COVERED, make_engine=SMALL, books=books)
    return {one.id: (*_seen(one), _sorted(all_offenders(recording, one.id))) for one in found}


def _seen(one: Finding) -> tuple[object, ...]:
    return one.verdict, one.why, one.judged, one.offenders, one.hops


def _sorted(rows: object) -> list[str]:
    return sorted(str(sorted(row.items())) for row in rows)  # type: ignore[attr-defined]


def same(tables: Tables, folder: Path) -> dict[str, tuple[object, ...]]:
    plain, booked = compared(tables, folder, False), compared(tables, folder, True)
    assert {id: booked[id] for id in plain if booked[id] != plain[id]} == {}, {
        id: plain[id] for id in plain if booked[id] != plain[id]
    }
    return plain


def _cases(broken: bool) -> list[Case]:
    return [c for c in CASES if c.id in COVERED and (c.verdict is Verdict.BROKEN) is broken]


@pytest.mark.parametrize("case", _cases(broken=True), ids=str)
def test_every_broken_history_is_judged_alike(case: Case, tmp_path: Path) -> None:
    same(case.make(), tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("case", _cases(broken=False), ids=str)
def test_every_other_history_is_judged_alike(case: Case, tmp_path: Path) -> None:
    same(case.make(), tmp_path)


def _busy(draw: random.Random) -> Tables:
    """Two partitions, keys of several events, and something of every legal class."""
    history = History()
    for uid in range(1, 25):
        cls = draw.choice(["valid"] * 8 + ["invalid"])
        history.event(uid, cls=cls, key=f"k{uid % 12}", partition=uid % 12 % 2)
        if draw.random() < 0.2:
            history.attempt(uid, partition=uid % 12 % 2)
        if draw.random() < 0.15 and cls == "valid":
            history.event(uid, 1, cls="dup_of", key=f"k{uid % 12}", partition=uid % 12 % 2)
    history.event(30, cls="twin_of", ref=draw.randrange(1, 25))
    if draw.random() < 0.3:
        history.event(40, outcome="UNKNOWN", reaches=draw.random() < 0.5).event(41, told=False)
    return history.play()


def _damage(tables: Tables, draw: random.Random) -> None:
    """One change to one row of any table, without a thought for what it means."""
    name = draw.choice([n for n in ("intent", "send", *SCANS, "load_batch_scan") if tables.rows[n]])
    row = draw.choice(tables.rows[name])
    what = draw.choice(["drop", "double", "change", "swap", "everywhere", "strange"])
    if what == "drop":
        tables.rows[name].remove(row)
    elif what == "double":
        tables.rows[name].append(dict(row))
    elif what == "everywhere" and "uid" in row:
        for table in ("intent", "send", *SCANS):
            tables.rows[table] += [dict(r) for r in tables.rows[table] if r.get("uid") == row["uid"]]
    elif what == "strange":
        column = draw.choice([f.name for f in SCHEMAS[name] if isinstance(row.get(f.name), int)])
        row[column] = draw.choice(STRANGE[str(SCHEMAS[name].field(column).type)])
    else:
        column = draw.choice([f.name for f in SCHEMAS[name] if row.get(f.name) is not None])
        other = draw.choice(tables.rows[name])
        value = other.get(column)
        if value is None and not SCHEMAS[name].field(column).nullable:
            return
        if what == "swap":
            other[column] = row[column]
        row[column] = value


def in_portions(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    """As if there were many rows, and from `at_once` on too many for memory."""
    monkeypatch.setattr(shelf, "AT_ONCE", at_once)
    monkeypatch.setattr(shelf, "PORTION", 3)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_random_damage_is_judged_alike(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if seed % 3:
        in_portions(monkeypatch, 7 if seed % 3 == 1 else 1_000)
    draw = random.Random(seed)
    tables = _busy(draw)
    for _ in range(draw.randrange(0, 4)):
        _damage(tables, draw)
    same(tables, tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(1_000, 3_000))
def test_much_random_damage_is_judged_alike(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test_random_damage_is_judged_alike(seed, tmp_path, monkeypatch)


WHERE = ("cluster", "topic", "partition", "src_offset")
HOPS = ("send", "broker_scan", "raw_scan", "load_scan", "curated_scan")


def _calm(keys: int = 3) -> Tables:
    history = History()
    for uid in range(1, 13):
        history.event(uid, key=f"k{uid % keys}")
    history.event(20, key="d").event(20, 1, cls="dup_of", key="d")
    return history.event(30, key="r").attempt(30).play()


def one_place_for_two() -> Tables:
    """Events 3 and 4 are at one place, from the ledger to the load: both sides of every book agree."""
    tables = _calm()
    (third,) = tables.find("send", uid=3)
    for name in HOPS:
        tables.change(name, {column: third[column] for column in WHERE}, uid=4)
    return tables


def same_bytes_for_two() -> Tables:
    tables = _calm()
    for name in ("intent", *HOPS[1:4]):
        tables.change(name, {"body_hash": tables.find("intent", uid=3)[0]["body_hash"]}, uid=4)
    return tables


def exchanged() -> Tables:
    """Events 3 and 6 of one key change places wherever they are."""
    tables = _calm()
    for name in HOPS:
        (third,), (sixth,) = tables.find(name, uid=3), tables.find(name, uid=6)
        for column in (*WHERE, *({"container"} & third.keys())):
            third[column], sixth[column] = sixth[column], third[column]
    return tables


def one_attempt_twice() -> Tables:
    """The resend of event 30 is told and found twice."""
    tables = _calm()
    for name in (*HOPS[:4], "suppressed_scan"):
        row = tables.find(name, uid=30)[-1]
        tables.rows[name].append({**row, "src_offset": 99})
    return tables


def other_content_in_the_copy() -> Tables:
    tables = _calm().change("intent", {"amount_minor": 7, "canonical_hash": 7}, uid=20, copy=1)
    for name in HOPS[2:4]:
        tables.change(name, {"canonical_hash": 7}, uid=20, copy=1)
    return tables


def planned_twice() -> Tables:
    tables = _calm()
    tables.rows["intent"].append({**tables.find("intent", uid=5)[0], "body_hash": 12345, "key": "other"})
    return tables


SUMS_AGREE = (
    one_place_for_two,
    same_bytes_for_two,
    exchanged,
    one_attempt_twice,
    other_content_in_the_copy,
    planned_twice,
)


@pytest.mark.parametrize("at_once", [7, 1_000], ids=["in files", "in memory"])
@pytest.mark.parametrize("make", SUMS_AGREE)
def test_what_sums_cannot_tell_is_looked_at(
    make: Callable[[], Tables], at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_portions(monkeypatch, at_once)
    tables = make()
    same(tables, tmp_path)
    engine = DuckDb(tables.write(tmp_path / "run"))
    try:
        spared = engine.settle()
        assert spared is not None
        assert 0 < spared.open["send"] < len(tables.rows["send"])
    finally:
        engine.close()


def test_a_long_sequence_of_one_key_is_in_order(tmp_path: Path) -> None:
    """More events than eight bits count are looked at once more, and cleared."""
    history = History()
    for uid in range(1, 301):
        history.event(uid, key="k")
    engine = DuckDb(history.play().write(tmp_path / "run"))
    try:
        spared = engine.settle()
        assert spared is not None and spared.open["send"] == 0
    finally:
        engine.close()


def test_what_balances_is_spared(tmp_path: Path) -> None:
    history = History()
    for uid in range(1, 21):
        history.event(uid, key=f"k{uid // 2}")
    tables = history.play().lose_from("load", uid=3)
    engine = DuckDb(tables.write(tmp_path / "run"))
    try:
        spared = engine.settle()
        assert spared is not None
        assert (spared.open["send"], spared.rows["send"]) == (2, 18)
        assert {row["uid"] for row in engine.rows("SELECT uid FROM send")} == {2, 3}  # 2 shares a key with 3
    finally:
        engine.close()
    assert compared(tables, tmp_path, True)["Z2"][0] is Verdict.BROKEN
