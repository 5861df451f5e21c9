"""Statistics of traffic: what is measured from bytes is what a profile declares, and a deviation is seen."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import pytest

from loadgen.curve import Curve
from loadgen.events import Encoder, Wire
from loadgen.ids import Ids
from loadgen.measured import LATENESS_NAMES, measured
from loadgen.measures import ADDITIVE, BYTES_AGAIN, LATE, OUT_OF_ORDER, REPEATED, SEVERAL_IDS, TWINS
from loadgen.picture import picture
from loadgen.plan import Plan
from loadgen.profiles import NAMED, Load, base_mix, duplicates, hot, late, retries, steady
from loadgen.statistics import Statistics, as_text, statistics
from loadgen.wire_facts import facts_of_bodies
from tests.loadgen.rig import NONCE, T0


def at_the_broker(load: Load, seed: int = 7) -> list[dict[str, Any]]:
    """Rows of `broker_bytes` as if one partition had taken everything at the moment it was due."""
    plan, encoder = Plan(load, seed), Encoder(seed, Ids(NONCE, 5), T0, load.entropy)
    wires: dict[int, Wire] = {}
    bodies: list[bytes] = []
    due: list[int] = []
    for slab in plan.slabs():
        wires[slab.number] = encoder.encode(slab.rows)
        sends = slab.sends
        bodies += [wires[b].values[r] for b, r in zip(sends.block.tolist(), sends.row.tolist(), strict=True)]
        due += (sends.due + T0).tolist()
    columns = facts_of_bodies(bodies)
    return [
        {name: column[n] for name, column in columns.items()}
        | {"sent_ts": due[n], "partition": 0, "src_offset": n}
        for n in range(len(bodies))
    ]


def off(stats: Statistics) -> set[str]:
    return {line.measure for line in stats.lines if not line.ok}


@pytest.mark.parametrize(
    "profile",
    [name if name in ("T5", "T13") else pytest.param(name, marks=pytest.mark.nightly) for name in NAMED],
)
def test_a_profile_is_what_it_declares(profile: str) -> None:
    load = base_mix(NAMED[profile].load)
    stats = statistics(load, measured(at_the_broker(load)))
    assert stats.ok, off(stats)
    assert len(stats.lines) > 15 and as_text(stats).count("| ok |") == len(stats.lines)


def test_each_deviation_is_seen_where_it_is() -> None:
    load = base_mix(steady(1_000, 10))
    rows = at_the_broker(load)

    def judged(other: Load) -> set[str]:
        return off(statistics(other, measured(rows)))

    plain = steady(1_000, 10)
    assert judged(load) == set()
    assert judged(base_mix(plain | retries(0.15))) == {BYTES_AGAIN, REPEATED}
    assert judged(base_mix(plain | duplicates(0.10))) == {SEVERAL_IDS, REPEATED}
    assert judged(base_mix(plain | late(0.2))) == {LATE}
    assert "facts of the hottest merchant" in judged(load | hot(0.2))
    assert {"mean size, DR", "facts in dialect DR"} <= judged(base_mix(plain.speaking("DR")))


def test_a_lost_class_of_events_is_seen() -> None:
    load = base_mix(steady(1_000, 10))
    rows = at_the_broker(load)
    once = list({row["body_hash"]: row for row in rows}.values())
    assert BYTES_AGAIN in off(statistics(load, measured(once)))
    unlike = list({row["likeness_hash"]: row for row in rows}.values())
    assert TWINS in off(statistics(load, measured(unlike)))
    large = [row | {"size": row["size"] + 150} for row in rows]
    assert off(statistics(load, measured(large))) >= {"mean size, DEDUP"}
    swapped = [row | {"src_offset": -row["src_offset"]} for row in rows]
    assert OUT_OF_ORDER in off(statistics(load, measured(swapped)))
    assert ADDITIVE in off(statistics(load, measured([row | {"additive": True} for row in rows])))


def test_no_rows_are_no_traffic() -> None:
    load = base_mix(steady(1_000, 10))
    assert not statistics(load, measured([])).ok


def test_distributions_count_every_fact_and_row() -> None:
    load = base_mix(replace(NAMED["T15"].load, curve=Curve.of([(4, 500)])))
    rows = at_the_broker(load)
    found = measured(rows)
    assert sum(found.lateness) == found.facts and sum(found.per_second) == found.rows == len(rows)
    assert found.lateness[LATENESS_NAMES.index("more")] > 300, "replayed events are years old"
    assert sum(sum(counts.values()) for counts in found.size_counts.values()) <= found.events


def test_the_picture_is_whole_and_labelled() -> None:
    load = base_mix(steady(500, 4)).named("a < b")
    stats = statistics(load, measured(at_the_broker(load)))
    drawn = picture(stats.name, stats.declared, stats.measured)
    texts = [e.text for e in ET.fromstring(drawn).iter() if e.tag.endswith("text")]
    assert "a < b" in texts and "Chargeback" in texts and "≤ 30 d" in texts
    assert drawn.count("<rect") > 20 and drawn.count("<line") >= 4
