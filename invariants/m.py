"""M: monitoring, as far as the judge watches itself: no verdict rests on data that are missing."""

from __future__ import annotations

from invariants.h import facts

M3 = facts(
    "M3",
    "nothing passes on missing data: with a table taken away, no invariant that reads it is HELD",
    1,
    figure="SELECT count(*) FROM checks WHERE id = 'M3' AND ok",
    unit="blindings seen through",
    hint="a view or a text reads a table that its needs do not name",
)
