"""Invariants: SQL over the recording, one file a family; the views that carry the reasoning; the judge."""

from invariants.catalog import (
    ALWAYS,
    BROKERS_ALONE,
    ON_BROKERS,
    elected_within,
    everything,
    fresh_within,
    lag_back_within,
    landing_unaffected,
    rto_within,
)

__all__ = [
    "ALWAYS",
    "BROKERS_ALONE",
    "ON_BROKERS",
    "elected_within",
    "everything",
    "fresh_within",
    "lag_back_within",
    "landing_unaffected",
    "rto_within",
]
