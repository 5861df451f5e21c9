"""Figures beside the verdicts: the four clocks, latency and lag per hop, freshness by lane."""

from __future__ import annotations

from typing import Any

from gameday.kernel.clock import US
from gameday.kernel.recording import Recording
from invariants.engines.duckdb import DuckDb
from invariants.judge import MakeEngine, fill_targets
from invariants.r import AIMED

_CLOCKS = f"""
SELECT c.hop, c.fault, c.t_bite, d.detection_us, c.first_bad_us, c.first_success_us, c.stable_us,
       b.back_us AS backlog_us, c.error_us, c.aim_us AS r1_target_us
FROM ({AIMED}) c LEFT JOIN backlog b ON b.hop = c.hop LEFT JOIN detection d ON d.nr = c.nr
ORDER BY c.t_bite, c.ord"""

_EXPOSURE = "SELECT * FROM recovery_point ORDER BY ord"

_LATENCY = """
SELECT r.hop, max(r.n) AS n, min(CASE WHEN r.nth >= 0.5e0 * r.n THEN r.age_us END) AS latency_p50_us,
       min(CASE WHEN r.nth >= 0.99e0 * r.n THEN r.age_us END) AS latency_p99_us, max(r.age_us) AS lag_max_us
FROM (SELECT v.hop, v.t_visible - v.t_due AS age_us,
             row_number() OVER (PARTITION BY v.hop ORDER BY v.t_visible - v.t_due) AS nth,
             count(*) OVER (PARTITION BY v.hop) AS n
      FROM visible v) r
GROUP BY r.hop ORDER BY r.hop"""

_FRESHNESS = """
SELECT r.lane, max(r.n) AS n, min(CASE WHEN r.nth >= 0.95e0 * r.n THEN r.age_us END) AS p95_us,
       max(r.age_us) AS max_us
FROM (SELECT f.lane, f.age_us, row_number() OVER (PARTITION BY f.lane ORDER BY f.age_us) AS nth,
             count(*) OVER (PARTITION BY f.lane) AS n
      FROM freshness f) r
GROUP BY r.lane ORDER BY r.lane"""

_OUTAGES = "SELECT hop, t_from, t_to, is_open FROM outage ORDER BY hop, t_from"

_QUESTIONS = {
    "clocks": _CLOCKS,
    "latency": _LATENCY,
    "freshness": _FRESHNESS,
    "outages": _OUTAGES,
    "exposure": _EXPOSURE,
}


def figures(recording: Recording, *, make_engine: MakeEngine = DuckDb) -> dict[str, list[dict[str, Any]]]:
    """Rows of `clocks` (hop and fault), `latency` and `exposure` (hop), `freshness` (lane) and `outages`."""
    engine = make_engine(recording)
    try:
        fill_targets(engine, ())
        found = {name: engine.rows(sql) for name, sql in _QUESTIONS.items()}
        alerting = "alarm" not in engine.trouble
    finally:
        engine.close()
    for row in found["clocks"]:
        row["detection"] = _detection(row["detection_us"], alerting)
    return found


def _detection(us: int | None, alerting: bool) -> str:
    if us is not None:
        return f"{us / US:.2f} s"
    return "no alarm" if alerting else "no alerting"
