"""Properties of the transforms, over any seed, share, dialect and company: what they may change, and do."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadgen.draws import Draws
from loadgen.lives import lives
from loadgen.plan import Plan
from loadgen.profiles import (
    ALL_DIALECTS,
    NAMED,
    additive,
    backlog,
    backlog_replay,
    base_mix,
    breaking,
    corrections,
    duplicates,
    flood,
    hot,
    incident,
    invalid,
    late,
    out_of_order,
    peak,
    poison,
    ramp,
    replay,
    retries,
    spike,
    steady,
    step,
    twins,
)
from loadgen.rows import NOTHING_CORRECTED, PARTS, TAGS, Block
from loadgen.transforms import Transform, kinds
from tests.loadgen.rig import make

# What each may change in the rows that were there; everything else about them stays.
MAY_CHANGE: dict[str, set[str]] = {
    "hot": {"merchant", "currency", "tags"},
    "out_of_order": {"due", "event_ts", "tags"},
    "backlog": {"event_ts", "tags"},
    "late": {"event_ts", "tags"},
    "replay": {"event_ts", "tags"},
    "corrections": set(),
    "breaking": {"flaw", "tags"},
    "additive": {"additive", "tags"},
    "invalid": {"flaw", "tags"},
    "poison": {"flaw", "tags"},
    "twins": {"tags"},
    "duplicates": set(),
    "incident": {"tags"},
    "retries": {"tags"},
}
MAKE = {
    "hot": hot, "out_of_order": out_of_order, "late": late, "replay": replay,
    "corrections": lambda share: corrections(share, again=share),
    "breaking": breaking, "additive": additive, "invalid": invalid, "poison": poison, "twins": twins,
    "duplicates": duplicates, "incident": incident, "retries": retries,
}  # fmt: skip
SHARES = st.one_of(st.just(0.0), st.just(1.0), st.floats(0.01, 0.9))


def test_every_transform_is_looked_at() -> None:
    assert set(MAY_CHANGE) == set(kinds()) == {*MAKE, "backlog"}


@given(
    kind=st.sampled_from(sorted(MAY_CHANGE)),
    share=SHARES,
    seed=st.integers(0, 1 << 40),
    speaks=st.lists(st.sampled_from(ALL_DIALECTS), min_size=1, max_size=3, unique=True),
)
@settings(max_examples=120, deadline=None)
def test_a_transform_changes_only_what_it_is_about(
    kind: str, share: float, seed: int, speaks: list[str]
) -> None:
    draws = Draws(seed)
    before = lives(steady(400, 2).speaking(*speaks), 0, draws)
    transform: Transform = backlog(3, 4) if kind == "backlog" else MAKE[kind](share)
    after = transform.apply(Block.of(before), draws)
    rows = after.rows.where(np.arange(len(after.rows)) < len(before))
    for name, column in before.columns().items():
        if name not in MAY_CHANGE[kind]:
            assert np.array_equal(column, rows.columns()[name]), name
    added = after.rows.where(np.arange(len(after.rows)) >= len(before))
    cause = dict(zip(before.payment.tolist(), before.due.tolist(), strict=True))
    assert set(added.payment.tolist()) <= set(cause), "what is added belongs to a payment of the block"
    named = list(zip(after.rows.uid.tolist(), after.rows.copy.tolist(), strict=True))
    assert len(set(named)) == len(named)
    assert (after.again_due > after.rows.due[after.again_row]).all()
    reach = after.again_due - after.rows.due[after.again_row]
    assert not len(reach) or reach.max() <= transform.repeats_within_us
    if share == 0 and kind != "backlog":
        assert len(after.rows) == len(before) and not len(after.again_row)
        changed = {n for n, c in before.columns().items() if not np.array_equal(c, rows.columns()[n])}
        assert changed == set(), "a share of nothing changes nothing"


@given(
    seed=st.integers(0, 1 << 40),
    speaks=st.lists(st.sampled_from(ALL_DIALECTS), min_size=1, max_size=3, unique=True),
    chosen=st.sets(st.sampled_from(sorted(MAKE))),
    share=st.floats(0.02, 0.5),
)
@settings(max_examples=25, deadline=None)
def test_the_oracle_reads_from_bytes_what_the_transforms_meant(
    seed: int, speaks: list[str], chosen: set[str], share: float
) -> None:
    load = steady(400, 2).speaking(*speaks)
    for kind in chosen:
        load = load | MAKE[kind](share)
    made = make(load, seed)
    assert len(set(made.values)) == len(made.values), "every body is its own"
    firsts = Counter(row["uid"] for row in made.intent if row["class"] not in ("dup_of", "invalid"))
    for row, broken in zip(made.intent, made.tagged_broken, strict=True):
        tags = set(row["tags"].strip("|").split("|"))
        part = row["uid"] % PARTS
        if broken:
            expected = "invalid"
            assert tags & {"invalid", "breaking", "poison"} and row["reason"]
        elif row["copy"]:
            expected = "dup_of"
        elif part >= 8:
            expected = "corrects"
            assert row["corrects_uid"] is not None and row["correction_seq"]
        else:
            expected = "twin_of" if part >= 4 and firsts[row["uid"] - 4] else "valid"
        assert row["class"] == expected, row
        if "late" not in tags and not broken and not tags & {"replay", "ooo", "dup"} and part < 4:
            assert row["lateness_us"] == 0


@given(seed=st.integers(0, 1 << 40), speaks=st.sampled_from(ALL_DIALECTS))
@settings(max_examples=25, deadline=None)
def test_corrections_refer_to_an_event_before_them(seed: int, speaks: str) -> None:
    rows = Plan(steady(400, 3).speaking(speaks) | corrections(0.4, again=0.6), seed).block(0).rows
    at = {int(uid): n for n, uid in enumerate(rows.uid)}
    corrects = np.nonzero(rows.corrects != NOTHING_CORRECTED)[0]
    assert len(corrects) > 100
    for n in corrects.tolist():
        original = at[int(rows.corrects[n])]
        assert rows.payment[n] == rows.payment[original] and rows.kind[original] in (rows.kind[n], 0)
        assert rows.due[n] > rows.due[original] and rows.event_ts[n] > rows.event_ts[original]
        assert rows.lifecycle[n] != rows.lifecycle[original] and rows.sequence[n] in (1, 2)
        if rows.uid[n] % PARTS in (8, 9, 10, 11, 14):
            assert 0 < rows.amount[n] < rows.amount[original]


def test_the_incident_is_of_the_size_that_it_declares() -> None:
    load = steady(1_000, 20) | incident(0.30, from_s=5, until_s=15)
    plan = Plan(load, 7)
    times: Counter[int] = Counter()
    renamed = same = 0
    blocks = [plan.block(n) for n in range(plan.slab_count)]
    for block in blocks:
        rows = block.rows
        hit = (rows.tags & TAGS["incident"]) > 0
        first = hit & (rows.copy == 0)
        assert ((rows.due[first] >= 5_000_000) & (rows.due[first] < 15_000_000)).all()
        times.update(rows.uid[hit].tolist())
        times.update(rows.uid[block.again_row].tolist())
        renamed += int((rows.copy > 0).sum())
        same += len(block.again_row)
    assert set(times.values()) == {2, 3, 4, 5}
    assert len(times) / 10_000 == pytest.approx(0.30, rel=0.05)
    assert renamed / (renamed + same) == pytest.approx(0.5, rel=0.05)


def test_a_backlog_drains_and_is_then_live() -> None:
    load = backlog_replay(100, outage_s=20, live_s=10, speed=5)
    rows = Plan(load, 7).block(0).rows.then(Plan(load, 7).block(1).rows)
    late_s = (rows.due - rows.event_ts) / 1e6
    order = np.argsort(rows.due)
    assert late_s[order][0] == pytest.approx(20, abs=0.1) and late_s[order][-1] == 0
    assert ((rows.tags & TAGS["backlog"]) > 0).sum() == pytest.approx(5 * 500, rel=0.01)


def test_a_replay_visits_every_month_oldest_first() -> None:
    rows = Plan(steady(400, 48) | replay(1.0, months=24, seconds_each=2), 7).slab(0).rows
    years = (rows.due - rows.event_ts) / (365.2425 * 86_400e6)
    order = np.argsort(rows.due)
    assert years[order][:20].mean() == pytest.approx(2, abs=0.01)
    whole = {m for n in range(10) for m in _months(Plan(steady(400, 48) | replay(1.0, seconds_each=2), 7), n)}
    assert whole == set(range(1, 25))


def _months(plan: Plan, number: int) -> set[int]:
    if number >= plan.slab_count:
        return set()
    rows = plan.block(number).rows
    return {round(m) for m in ((rows.due - rows.event_ts) / (365.2425 * 86_400e6 / 12)).tolist()}


def test_a_hot_merchant_takes_its_share_on_top() -> None:
    plan = Plan(steady(1_000, 40) | hot(0.40), 7)
    merchants = np.concatenate([plan.block(n).rows.merchant for n in range(plan.slab_count)])
    assert (merchants == 0).mean() == pytest.approx(1 - 0.6 * (1 - 1 / 7.67), rel=0.03)


def test_curves_have_the_shape_of_their_names() -> None:
    def per_second(load: object, seconds: int) -> list[int]:
        curve = load.curve  # type: ignore[attr-defined]
        due = curve.due(np.arange(curve.count, dtype=np.int64))
        return np.histogram(due, bins=[n * 1_000_000 for n in range(seconds + 1)])[0].tolist()  # type: ignore[no-any-return]

    assert per_second(step(10, 50, 4), 4) == [10, 10, 50, 50]
    assert per_second(spike(10, 90, 3, 1), 3) == [10, 90, 10]
    assert per_second(flood(10, 3, 1), 3) == [10, 100, 10]
    rising = per_second(ramp(10, 50, 4), 4)
    assert rising == sorted(rising) and rising[0] == 15 and rising[-1] == 45
    for system, ratio in (("DR", 4.4), ("HA", 3.75), ("DEDUP", 1.6)):
        (_, calm), (_, high) = peak(system).curve.points
        assert high / calm == ratio


def test_the_full_scale_has_its_merchants_and_wallets() -> None:
    rows = Plan(steady(20_000, 2).at_full_scale(), 7).block(3).rows
    assert rows.merchant.max() > 20_000 and rows.account.max() > 17_000_000
    assert 0.05 < (rows.merchant == 0).mean() < 0.12


def test_named_profiles_are_what_a_scenario_can_play() -> None:
    assert list(NAMED) == [f"T{n}" for n in (*range(1, 14), 15)]
    for profile in NAMED.values():
        load = base_mix(profile.load)
        assert load.curve.count >= 10_000 and load.duration_s() <= 60, profile.id
        assert {"retries", "late", "twins", "duplicates", "invalid", "out_of_order"} <= {
            t.kind for t in load.transforms
        }
        asked = {t.kind: t for t in profile.load.transforms}
        assert all(t == asked.get(t.kind, t) for t in load.transforms), "the base mix overrules nothing"
