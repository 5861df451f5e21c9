"""A recording of a run that never was: a broker dies, the landing waits, three events are lost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gameday.kernel.recording import Recording, as_table
from gameday.kernel.verdict import Finding, Verdict, worst

T0 = 1_760_000_000_000_000
S = 1_000_000
RATE, PARTITIONS, SECONDS = 400, 6, 70
BITE, HEALED, ELECTED = 25 * S, 55 * S, 31 * S
LOST = (9_000, 9_001, 9_002)

FINDINGS = (
    Finding("Z1", "every acknowledged event is accounted for", Verdict.BROKEN, "3 of 27,641 offend",
            judged=27_641, offenders=3, first=[{"uid": uid, "copy": 0} for uid in LOST], hop="curated",
            implies=("B1",)),
    Finding("Z2", "every acknowledged event is at every hop, or among the dead letters", Verdict.BROKEN,
            "3 of 27,641 offend", judged=27_641, offenders=3, hop="broker", implies=("Z1", "B1"),
            first=[{"uid": uid, "copy": 0, "attempt": 0, "hop": "broker", "t_done": T0 + 24 * S}
                   for uid in LOST],
            hint="check acks, min.insync.replicas, unclean election"),
    Finding("U1", "no event takes effect twice", Verdict.HELD, "0 of 27,641", judged=27_641),
    Finding("Q4", "a bad record never stops a good one", Verdict.VACUOUS,
            "judged 0, at least 30 were promised"),
    Finding("R6", "a new leader answers", Verdict.HELD, "0 of 1", judged=1, figure=5_812_000.0, unit="us",
            target=10_000_000.0),
    Finding("F3", "events are fresh at curated", Verdict.UNKNOWN, "sampler was late by 3.1 s", judged=27_000,
            offenders=12, figure=21_400_000.0, unit="us", target=60_000_000.0, control=8_100_000.0),
    Finding("R1", "each hop is good again", Verdict.HELD, "0 of 3", judged=3, figure=9_250_000.0, unit="us",
            target=60_000_000.0, control=0.0, held_by_scenario=False),
)  # fmt: skip

PATH: list[Mapping[str, Any]] = [
    {
        "hop": "plan",
        "what": "CAPTURE of 129.90 EUR",
        "t": T0 + 22_500_000,
        "detail": "key pay-000117, partition 3",
    },
    {"hop": "send", "what": "ACK", "t": T0 + 22_508_000, "detail": "offset 1,512"},
    {"hop": "broker", "what": "not found", "t": None, "detail": "another event lies at offset 1,512"},
    {"hop": "curated", "what": "not found", "t": None, "detail": None},
]


def synthetic(
    folder: Path, *, findings: tuple[Finding, ...] = FINDINGS, seed: int = 7, **facts: Any
) -> Recording:
    recording = Recording.create(folder)
    _write_sends(recording)
    for hop, every_s, delay_s in (
        ("broker", 0.25, 0.2),
        ("raw", 5, 3.0),
        ("load", 5, 6.0),
        ("curated", 5, 8.0),
    ):
        _write_sightings(recording, hop, every_s, delay_s)
    _write_story(recording)
    verdict = worst(f.verdict for f in findings if f.held_by_scenario)
    recording.note(
        scenario="GD-01", hypothesis="No acknowledged event is lost, and a new leader answers within 10 s.",
        seed=seed, plan_hash="9f41c2d07ab3", stack="process: 3 brokers, proxy, warehouse",
        versions={"kafka": "4.1.0", "spark": "4.0.0", "duckdb": "1.5.5"}, verdict=verdict.name,
        findings=[f.to_json() for f in findings], paths={"Z2": [PATH]},
        proof=[{"id": "H2", "subject": n, "ok": True, "detail": f"{i} at {h}"} for n, i, h in (
            ("loss", "Z2", "load"), ("duplicate", "U4", "load"), ("reorder", "O3", "broker"),
            ("changed value", "Z8", "curated"), ("lost tail", "Z2", "raw"))],
        inks={"kill": {"label": "kill -9", "colour": "#d1495b"},
              "delay": {"label": "delay", "colour": "#3d8fb5"}},
        again=f"pytest scenarios/brokers.py::leader_killed --gameday-seed={seed}",
        figures=[{"hop": "raw", "measure": "latency_p99_us", "value": 4_210_000.0}],
        **facts,
    )  # fmt: skip
    return recording


def _write_sends(recording: Recording) -> None:
    n = RATE * SECONDS
    uid = np.arange(n)
    due = T0 + uid * S // RATE
    draw = np.random.default_rng(7)
    took = draw.lognormal(9.3, 0.5, n).astype(np.int64)
    stalled = (due > T0 + BITE) & (due < T0 + ELECTED) & (uid % PARTITIONS == 3)
    done = np.where(stalled, T0 + ELECTED + took, due + took)
    unknown = stalled & (draw.random(n) < 0.3)
    columns = {
        "uid": uid, "copy": np.zeros(n, np.int32), "attempt": np.zeros(n, np.int32), "path": ["kafka"] * n,
        "t_due": due, "t_invoke": due + 300, "t_done": done,
        "outcome": np.where(unknown, "UNKNOWN", "ACK").tolist(),
        "cluster": ["a"] * n, "topic": ["events"] * n, "partition": (uid % PARTITIONS).astype(np.int32),
        "src_offset": [None if lost else int(u) // PARTITIONS for u, lost in zip(uid, unknown, strict=True)],
    }  # fmt: skip
    recording.write("send", as_table("send", columns), writer="load-0")


def _write_sightings(recording: Recording, hop: str, every_s: float, delay_s: float) -> None:
    """Containers of equal stretches of time; nothing is seen while the landing waits for the new leader."""
    rows = []
    reached = [0] * PARTITIONS
    for n in range(int((SECONDS + 20) / every_s)):
        upto_s = min((n + 1) * every_s, SECONDS)
        seen = T0 + int((n + 1) * every_s * S + delay_s * S)
        if hop != "broker" and BITE < seen - T0 < ELECTED + 8 * S:
            continue
        for partition in range(PARTITIONS):
            end = int(upto_s * RATE) // PARTITIONS
            if end > reached[partition]:
                rows.append({
                    "hop": hop, "container": f"c-{n:05d}", "cluster": "a", "topic": "events",
                    "partition": partition, "from_offset": reached[partition], "to_offset": end,
                    "t_prev": seen - S // 4, "t_seen": seen,
                })  # fmt: skip
                reached[partition] = end
    recording.add("sighting", rows)


def _write_story(recording: Recording) -> None:
    phases = (("warmup", -8, 0), ("load", 0, 71), ("disturb", 0, 71), ("drain", 71, 92))
    recording.add("phase", [{"name": n, "t_from": T0 + a * S, "t_to": T0 + b * S} for n, a, b in phases])
    hops = (("broker", 0), ("raw", 1), ("load", 2), ("curated", 3), ("dlq", 9))
    recording.add("hop", [{"name": n, "ord": o, "joins": "coordinates", "state": "drained"} for n, o in hops])
    recording.add("fault", [
        {"id": "f1", "kind": "kill", "target": "leader of hottest partition", "victim": "broker-2",
         "t_arm": T0 + BITE - S // 2, "t_bite": T0 + BITE,
         "t_heal_cmd": T0 + HEALED - S, "t_healed": T0 + HEALED,
         "confirmed": "confirmed", "evidence": "pid 4312 gone; port 9092 refuses", "stays": False},
        {"id": "f2", "kind": "delay", "target": "20 ms on landing→broker-1", "victim": "broker-1",
         "t_arm": T0 + 40 * S, "t_bite": None, "t_heal_cmd": T0 + 60 * S, "t_healed": T0 + 61 * S,
         "confirmed": "inconclusive", "evidence": "<3 of 8 slow>", "stays": False},
    ])  # fmt: skip
