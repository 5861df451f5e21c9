"""Figures beside the verdicts: the four clocks, latency and lag per hop, freshness by lane."""

from __future__ import annotations

from typing import Any

from gameday.kernel.recording import Recording
from invariants.engines.duckdb import DuckDb
from invariants.judge import MakeEngine, fill_targets

_CLOCKS = """
SELECT c.hop, c.fault, c.t_bite, 'no alerting' AS detection, c.first_bad_us, c.first_success_us, c.stable_us,
       b.back_us AS backlog_us, c.error_us, c.r1_target_us
FROM recovery c LEFT JOIN backlog b ON b.hop = c.hop ORDER BY c.t_bite, c.ord"""

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


def figures(recording: Recording, *, make_engine: MakeEngine = DuckDb) -> dict[str, list[dict[str, Any]]]:
    """Rows of `clocks` (per hop and fault), `latency` (per hop), `freshness` (per lane) and `outages`."""
    engine = make_engine(recording)
    try:
        fill_targets(engine, ())
        questions = {"clocks": _CLOCKS, "latency": _LATENCY, "freshness": _FRESHNESS, "outages": _OUTAGES}
        return {name: engine.rows(sql) for name, sql in questions.items()}
    finally:
        engine.close()
