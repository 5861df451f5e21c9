"""What has to be in order before a verdict means anything: seals, instruments, faults, traffic."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from gameday.kernel.clock import US
from gameday.kernel.parts import PART_OF
from gameday.kernel.recording import RUN_TABLES, SCHEMAS, Recording, Seal
from gameday.kernel.verdict import Preconditions
from invariants.engines import Engine
from invariants.h import H0, H1

# A table without a holding seal may be cut short, and a short table finds no offenders.
MUST_BE_SEALED = (
    *("intent", "send", *RUN_TABLES),
    *sorted(name for name in SCHEMAS if name.endswith("_scan") or name in PART_OF or name == "trial"),
)
# Eight periods of the sampler: beyond that, R1 can no longer tell a good sample from a bad one.
SAMPLER_LATE_US = 2 * US
# Twenty periods in a row: an outage of five samples could begin and end unseen.
SAMPLE_GAP_US = 5 * US
# A quarter of the least bound of a hop (one second): later than that, waiting in the load looks like latency.
SCHEDULE_LATE_US = 250_000
# With a third of the machine taken away, a delay says nothing of the pipeline. What other programs take
# excuses a missed target alone: a target that was met in spite of them was met.
HOST_STEAL_MEAN = 0.3
HOST_FOREIGN_MEAN = 0.3
# Longest time for which a producer may leave an outcome open after the fault that caused it.
DELIVERY_TIMEOUT_US = 30 * US


def unsealed(recording: Recording, engine: Engine) -> dict[str, str]:
    """Tables without a holding seal, or with other rows than were sealed, and why."""
    if "seal" in engine.trouble:
        return dict.fromkeys(MUST_BE_SEALED, f"the seals cannot be read: the table {engine.trouble['seal']}")
    seals = engine.rows("SELECT * FROM seal")
    found: dict[str, str] = {}
    for name in MUST_BE_SEALED:
        own = [Seal(**row) for row in seals if row["hop"] == name]
        if not own:
            if why := _never_sealed(recording, engine, name):
                found[name] = why  # whether it had to be there at all is asked elsewhere
            continue
        for seal in own:
            if not seal.holds:
                moved = "" if seal.frontier_before == seal.frontier_after else ", and its frontier moved"
                found[name] = f"{seal.rows_read} rows read, {seal.rows_expected} by {seal.counted_by}{moved}"
        if name not in found:
            found |= _recounted(engine, name, sum(seal.rows_read for seal in own))
    return found


def _never_sealed(recording: Recording, engine: Engine, name: str) -> str:
    """Runs of an older version did not seal what they wrote of themselves: their inventory stands for it."""
    if name not in RUN_TABLES:
        return "has no seal"
    inventory = recording.run.get("judged_files") or {}
    files = ["/".join(file.rsplit("/", 2)[-2:]) for file in engine.files(name)]
    if files and all(file in inventory for file in files):
        return ""
    return "has no seal: an older version recorded this run, and whether rows are missing cannot be told"


def _recounted(engine: Engine, name: str, sealed: int) -> dict[str, str]:
    try:
        stored = engine.stored(name)
    except (pa.ArrowInvalid, OSError) as error:
        return {name: f"cannot be read: {error}"}
    return {} if stored == sealed else {name: f"{stored} rows stored, {sealed} sealed"}


def _one(engine: Engine, sql: str) -> dict[str, Any]:
    return engine.rows(sql)[0]


_P99 = """SELECT min(p.value) AS p99 FROM (
  SELECT m.value, row_number() OVER (ORDER BY m.value) AS nth, count(*) OVER () AS n
  FROM metric m {joined} WHERE m.name = '{name}' {also}) p
WHERE p.nth >= 0.99e0 * p.n"""

_GAP = """SELECT max(g.t - g.before) AS gap FROM (
  SELECT m.t, lag(m.t) OVER (PARTITION BY m.labels ORDER BY m.t) AS before
  FROM metric m WHERE m.name = 'sampler_late_us') g"""


_BACKWARDS = """SELECT b.what, b.n FROM (
  SELECT 'send' AS what, count(*) AS n FROM send WHERE t_done < t_invoke UNION ALL
  SELECT 'sighting' AS what, count(*) AS n FROM sighting WHERE t_seen < t_prev UNION ALL
  SELECT 'phase' AS what, count(*) AS n FROM phase WHERE t_to < t_from UNION ALL
  SELECT 'fault' AS what, count(*) AS n FROM fault WHERE t_healed < t_heal_cmd OR t_heal_cmd < t_bite) b
WHERE b.n > 0 ORDER BY b.what"""


def instrument(engine: Engine) -> str:
    """Why measures of this run cannot be believed; empty if they can."""
    backwards = engine.rows(_BACKWARDS)
    if backwards:
        told = ", ".join(f"{row['n']} rows of {row['what']}" for row in backwards)
        return f"the clock ran backwards: {told} end before they begin"
    late = _one(engine, _P99.format(name="sampler_late_us", joined="", also=""))["p99"]
    if late is None:
        return "the sampler left no sample of its own lateness"
    if late > SAMPLER_LATE_US:
        return f"the sampler was late by {late / US:.1f} s (P99)"
    gap = _one(engine, _GAP)["gap"]
    if gap is not None and gap > SAMPLE_GAP_US:
        return f"the sampler was silent for {gap / US:.1f} s"
    outside = "LEFT JOIN fault_window w ON m.t >= w.t_from AND m.t <= w.t_to"
    late = _one(engine, _P99.format(name="schedule_late_us", joined=outside, also="AND w.nr IS NULL"))["p99"]
    if late is not None and late > SCHEDULE_LATE_US:
        return f"the load was behind its own schedule by {late / US:.2f} s (P99) outside the faults"
    steal = _one(engine, "SELECT avg(value) AS mean FROM metric WHERE name = 'host_steal'")["mean"]
    if steal is not None and steal > HOST_STEAL_MEAN:
        return f"{steal:.0%} of the processor was taken from this machine"
    return ""


def starved(engine: Engine) -> str:
    """Why a target may have been missed through no fault of the pipeline; empty if nothing else ran."""
    mean = "SELECT avg(value) AS mean FROM metric WHERE name = 'host_foreign'"
    foreign = _one(engine, mean)["mean"]
    if foreign is not None and foreign > HOST_FOREIGN_MEAN:
        return f"{foreign:.0%} of the processor went to programs outside this run"
    return ""


def unconfirmed(engine: Engine) -> str:
    """Faults that did not bite as they should, and outcomes that no fault explains; empty if none."""
    rows = engine.rows(H0.offenders)
    if rows:
        told = [
            f"fault {r['fault']} ({r['kind']} on {r['victim']}) is {r['confirmed']}"
            if r["fault"]
            else r["evidence"]
            for r in rows
        ]
        return "; ".join(told)
    stray = _one(
        engine,
        f"""SELECT count(*) AS n FROM send s CROSS JOIN (SELECT coalesce(
    (SELECT max(value) FROM target WHERE invariant = 'H1' AND name = 'delivery_timeout_us'),
    {DELIVERY_TIMEOUT_US}) AS d) x
LEFT JOIN fault_window w ON s.t_due >= w.t_from - x.d AND s.t_due <= w.t_to + x.d
WHERE s.outcome = 'UNKNOWN' AND w.nr IS NULL""",
    )["n"]
    return f"{stray} sends have no outcome and no fault near them: the run is void" if stray else ""


def short(engine: Engine) -> str:
    """What traffic is missing; empty if there was enough."""
    rows = engine.rows(f"{H1.offenders} ORDER BY {H1.order_by}")
    return "; ".join(
        f"{' '.join(filter(None, (row['what'], row['subject'])))}: {row['n']}, at least {row['needed']:.0f}"
        for row in rows
    )


def _guarded(what: str, question: Any, engine: Engine) -> str:
    try:
        return str(question(engine))
    except Exception as error:  # an engine may raise anything; whatever it is, the run cannot be believed
        return f"{what} cannot be told: {error}"


def of(recording: Recording, engine: Engine) -> Preconditions:
    """All of them, each guarded: what cannot be told is not in order."""
    return Preconditions(
        unsealed=frozenset(unsealed(recording, engine)),
        instrument=_guarded("whether the instruments worked", instrument, engine),
        starved=_guarded("who used the machine", starved, engine),
        fault=_guarded("whether the faults bit", unconfirmed, engine),
        traffic=_guarded("the traffic", short, engine),
    )


def told(missing: Iterable[str], recording: Recording, engine: Engine) -> str:
    """Why each of these tables counts as missing."""
    reasons = unsealed(recording, engine) | dict(engine.trouble)
    return "; ".join(f"{name} {reasons.get(name, 'is missing')}" for name in missing)
