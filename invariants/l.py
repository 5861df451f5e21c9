"""L: lag, as the age of the oldest event that is not yet visible."""

from __future__ import annotations

from gameday.kernel.verdict import MEASURE
from invariants.chain import target
from invariants.declare import invariant

L1 = invariant(
    "L1",
    "lag stays below its maximum, is back in its band in time after the last heal, and every hop drains",
    MEASURE,
    judged="SELECT count(*) FROM backlog",
    at_least=1,
    offenders=f"""
SELECT b.hop, CASE WHEN b.state = 'moving' THEN 'still moving when the drain ended'
                   WHEN b.is_open = 1 THEN 'never back in its band'
                   WHEN b.back_us > {target("L1", "back_us")} THEN 'back in its band too late'
                   ELSE 'lag too great' END AS what,
       b.lag_max_us, b.band_us, b.back_us, b.ord
FROM backlog b
WHERE b.state = 'moving' OR b.is_open = 1 OR b.back_us > {target("L1", "back_us")}
   OR b.lag_max_us > {target("L1", "max_us")}""",
    order_by="ord",
    figure="SELECT max(b.back_us) / 1e6 FROM backlog b",
    unit="s after the last heal",
    aim=f"{target('L1', 'back_us')} / 1e6",
    targets={"back_us": 120_000_000, "max_us": 300_000_000},
    implies=("R1", "F3"),
    hint="the hop that lags first is short of throughput, or its retries back off too long",
)
