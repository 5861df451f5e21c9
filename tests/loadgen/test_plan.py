"""The plan: the same on every machine, in any order of making, its streams independent of each other."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import loadgen
from loadgen.curve import Curve
from loadgen.plan import Plan, Slab
from loadgen.profiles import (
    ALL_DIALECTS,
    Load,
    additive,
    backlog,
    base_mix,
    breaking,
    corrections,
    duplicates,
    hot,
    incident,
    invalid,
    late,
    out_of_order,
    peak,
    poison,
    rates,
    replay,
    retries,
    steady,
    twins,
)
from loadgen.rows import PARTS, TAGS, Rows
from loadgen.transforms import Transform

# A plan that changes its hash changes every recorded seed: only on purpose.
GOLDEN = "e65ed20fb95072e2fd152d017d033753"

TRANSFORMS: list[Transform] = [
    retries(0.3),
    out_of_order(0.2),
    late(0.4),
    twins(0.2),
    duplicates(0.3, 3),
    invalid(0.1),
    breaking(0.2),
    hot(0.3),
    incident(0.3),
    additive(0.3, from_s=1),
    poison(0.1),
    corrections(0.2, again=0.5),
    replay(0.5, months=3, seconds_each=0.5),
    backlog(2, 3),
]


def all_rows(load: Load, seed: int = 7) -> Rows:
    plan = Plan(load, seed)
    rows = plan.block(0).rows
    for number in range(1, plan.slab_count):
        rows = rows.then(plan.block(number).rows)
    return rows


def same(one: Slab, other: Slab) -> bool:
    columns = [(getattr(one.sends, f.name), getattr(other.sends, f.name)) for f in fields(one.sends)]
    columns += list(zip(one.rows.columns().values(), other.rows.columns().values(), strict=True))
    return one.number == other.number and all(np.array_equal(a, b) for a, b in columns)


def test_the_hash_of_a_known_plan() -> None:
    assert base_mix(peak("DR")).plan_hash(7) == GOLDEN


def test_the_hash_depends_on_seed_and_load() -> None:
    load = base_mix(steady(100, 5))
    hashes = {
        load.plan_hash(1),
        load.plan_hash(2),
        (load | breaking(0.1)).plan_hash(1),
        steady(100, 5).plan_hash(1),
    }
    assert len(hashes) == 4
    assert load.plan_hash(1) == load.plan_hash(1)


def test_names_and_client_settings_leave_the_plan_alone() -> None:
    load = base_mix(steady(100, 5))
    assert load.client(acks=1).named("other").default_client().plan_hash(3) == load.plan_hash(3)


def test_a_load_survives_json() -> None:
    load = base_mix(peak("DR")) | breaking(0.2, from_s=10) | corrections(0.1) | replay(0.2)
    load = load.client(acks=1, linger_ms=5).named("x").at_full_scale().with_entropy(0.7)
    assert Load.from_json(json.loads(json.dumps(load.to_json()))) == load


@given(st.permutations(TRANSFORMS))
@settings(max_examples=20, deadline=None)
def test_transforms_compose_in_any_order(order: list[Transform]) -> None:
    composed = steady(50, 2)
    for transform in order:
        composed = composed | transform
    expected = steady(50, 2)
    for transform in TRANSFORMS:
        expected = expected | transform
    assert composed == expected


def test_the_same_transform_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="has retries already"):
        steady(1, 1) | retries(0.1) | retries(0.2)


@given(
    points=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 2_000)), min_size=1, max_size=3),
    seed=st.integers(0, 1 << 40),
    chosen=st.sets(st.sampled_from(range(len(TRANSFORMS)))),
    speaks=st.lists(st.sampled_from(ALL_DIALECTS), min_size=1, max_size=3, unique=True),
)
@settings(max_examples=40, deadline=None)
def test_every_slab_can_be_made_alone(
    points: list[tuple[float, float]], seed: int, chosen: set[int], speaks: list[str]
) -> None:
    load = rates(points).speaking(*speaks)
    for number in chosen:
        load = load | TRANSFORMS[number]
    plan = Plan(load, seed)
    slabs = list(plan.slabs())
    assert all(same(slab, plan.slab(slab.number)) for slab in slabs)

    sends = np.concatenate([[s.sends.uid, s.sends.copy, s.sends.attempt, s.sends.due] for s in slabs], axis=1)
    assert (np.diff(sends[3]) >= 0).all(), "what is due earlier is handed over earlier"
    attempts = {tuple(column) for column in sends[:3].T.tolist()}
    assert len(attempts) == sends.shape[1] == plan.attempts, "each attempt once"
    rows = [(u, c) for s in slabs for u, c in zip(s.rows.uid.tolist(), s.rows.copy.tolist(), strict=True)]
    assert {(u, c) for u, c, _ in attempts} == set(rows) and len(set(rows)) == len(rows)


def test_a_slab_knows_repetitions_of_repetitions() -> None:
    """The retry of a copy of a twin may be due long after its cause: the delays add up."""
    plan = Plan(steady(1_000, 24) | twins(0.9) | duplicates(0.9) | retries(0.9), 7)
    assert all(same(slab, plan.slab(slab.number)) for slab in plan.slabs())


def test_no_two_decisions_share_a_stream() -> None:
    """A draw belongs to one purpose; the same purpose twice would tie two decisions together."""
    folder = Path(loadgen.__file__).parent
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py")))
    purposes = re.findall(r"(?:draws|fixed)\.(?:words|below|between|chosen)\(\s*f?\"([^\"]+)\"", text)
    assert len(purposes) > 30
    assert [purpose for purpose, times in Counter(purposes).items() if times > 1] == []


def test_first_attempts_follow_the_curve() -> None:
    load = rates([(2, 100), (1, 1_000), (1, 250)])
    due = np.sort(all_rows(load | out_of_order(0.5)).due)
    per_second = np.histogram(due, bins=[0, 1_000_000, 2_000_000, 3_000_000, 4_000_000])[0]
    assert per_second.tolist() == [100, 100, 1_000, 250]


def test_an_odd_curve_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        Curve.of([(10, 0)])


@pytest.mark.parametrize(
    ("extra", "purpose"),
    [
        (retries, "event_ts"),
        (duplicates, "event_ts"),
        (invalid, "event_ts"),
        (twins, "event_ts"),
        (late, "amount"),
    ],
)
def test_one_share_does_not_shift_another_stream(extra: type, purpose: str) -> None:
    others = steady(400, 20) | (late(0.1) if extra is not late else twins(0.1))
    few, many = all_rows(others | extra(0.01)), all_rows(others | extra(0.4))
    few_by_uid = dict(zip(few.uid.tolist(), getattr(few, purpose).tolist(), strict=True))
    many_by_uid = dict(zip(many.uid.tolist(), getattr(many, purpose).tolist(), strict=True))
    common = few_by_uid.keys() & many_by_uid.keys()
    assert len(common) >= 8_000
    assert all(few_by_uid[uid] == many_by_uid[uid] for uid in common)


def test_a_larger_share_takes_in_the_smaller() -> None:
    few, many = (all_rows(steady(400, 20) | invalid(share)) for share in (0.01, 0.3))
    assert set(few.uid[few.flaw > 0].tolist()) < set(many.uid[many.flaw > 0].tolist())


def test_shares_of_the_base_mix() -> None:
    rows = all_rows(base_mix(steady(1_000, 40)))
    first = rows.where(rows.copy == 0)
    plain = first.where(first.uid % PARTS < 4)

    def share(mask: np.ndarray, of: Rows = plain) -> float:
        return float(mask.sum()) / len(of)

    assert share((rows.tags & TAGS["retry"]) > 0, rows) == pytest.approx(0.05, rel=0.1)
    assert share((plain.tags & TAGS["late"]) > 0) == pytest.approx(0.05, rel=0.15)
    assert share(first.uid % 16 >= 4) == pytest.approx(0.01, rel=0.2)
    assert share(plain.flaw > 0) == pytest.approx(0.005, rel=0.25)
    assert int((rows.copy == 1).sum()) / len(first) == pytest.approx(0.02, rel=0.15)
    ooo = ((first.tags & TAGS["ooo"]) > 0) & (first.kind == 1)
    assert int(ooo.sum()) / int((plain.kind == 1).sum()) == pytest.approx(0.01, rel=0.25)
    kinds = np.bincount(plain.kind, minlength=4) / len(plain)
    assert (kinds[:4] >= 0.01).all()


def test_the_peak_has_what_a_verdict_needs() -> None:
    load = base_mix(peak("DR"))
    rows = all_rows(load)
    assert len(rows) >= 10_000
    assert int((rows.kind == 3).sum()) >= 200
    for name in ("retry", "late", "ooo", "twin", "dup", "invalid"):
        assert int(((rows.tags & TAGS[name]) > 0).sum()) >= 30, name


def test_one_merchant_is_hot() -> None:
    merchants = np.bincount(all_rows(steady(1_000, 20)).merchant)
    assert 0.1 < merchants.max() / merchants.sum() < 0.2
    assert (merchants > 0).sum() > 500


def test_lives_keep_their_order_unless_it_is_broken_on_purpose() -> None:
    rows = all_rows(steady(1_000, 10))
    order = np.lexsort((rows.kind, rows.payment))
    life, due = rows.payment[order], rows.due[order]
    within = life[1:] == life[:-1]
    assert (due[1:][within] > due[:-1][within]).all()

    swapped = all_rows(steady(1_000, 10) | out_of_order(0.2))
    tagged = swapped.where((swapped.tags & TAGS["ooo"]) > 0)
    authorised, captured = tagged.where(tagged.kind == 0), tagged.where(tagged.kind == 1)
    at, then = (dict(zip(r.payment.tolist(), r.due.tolist(), strict=True)) for r in (authorised, captured))
    happened, after = (
        dict(zip(r.payment.tolist(), r.event_ts.tolist(), strict=True)) for r in (authorised, captured)
    )
    assert len(at) > 100 and at.keys() == then.keys()
    assert all(then[payment] < at[payment] and happened[payment] < after[payment] for payment in at)


def test_late_events_are_old_and_do_not_wait() -> None:
    calm = steady(500, 20).speaking("DR", "HA")
    on_time, mixed = all_rows(calm), all_rows(calm | late(0.3))
    assert np.array_equal(on_time.due, mixed.due)
    is_late = (mixed.tags & TAGS["late"]) > 0
    assert (mixed.event_ts[~is_late] == mixed.due[~is_late]).all()
    lateness = (mixed.due - mixed.event_ts)[is_late]
    minute, day = 60_000_000, 86_400_000_000
    assert lateness.min() >= minute and lateness.max() <= 60 * day
    assert (lateness > 14 * day).any() and ((lateness > day) & (lateness < 10 * day)).any()
    assert ((lateness > 5 * minute) & (lateness < 30 * minute)).mean() > 0.2


def test_a_producer_breaks_the_contract_from_a_moment_on() -> None:
    rows = all_rows(steady(500, 20) | breaking(0.2, from_s=10))
    broken = (rows.tags & TAGS["breaking"]) > 0
    assert rows.due[broken].min() >= 10_000_000
    assert broken.sum() / (rows.due >= 10_000_000).sum() == pytest.approx(0.2, rel=0.1)
    assert len(np.unique(rows.flaw[broken])) == 3
    by_payment = {
        p: set(broken[(rows.payment == p) & (rows.due >= 10_000_000)]) for p in rows.payment[broken][:50]
    }
    assert all(len(kinds) == 1 for kinds in by_payment.values()), (
        "it is one producer: all its events are broken"
    )


def test_a_description_is_one_line_that_says_it_all() -> None:
    text = base_mix(peak("DR")).client(acks=1).describe()
    assert "\n" not in text
    for word in ("17,040 events", "15 s at 80/s", "45 s at 352/s", "DR", "5 % sent twice", "acks=1"):
        assert word in text
