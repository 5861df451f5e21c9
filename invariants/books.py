"""Views of the books: per window of arrival at the broker, what came in, what raw has, where it ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from invariants.chain import BRANCH, FIRST, Chain, columns, same, target

WINDOW = f"cast(coalesce({target('P1', 'window_us')}, 5000000) AS bigint)"


def entry(chain: Chain) -> str:
    """One row per record and tier, by coordinates, with its amount and the hash of its bytes.

    Where a tier has no bytes, they are those that were loaded from the coordinates it names.
    """
    first, last, end = chain.coordinates[0], chain.last_by_coordinates, chain.event[0]
    by_bytes = "\nUNION ALL\n".join(
        f"""SELECT '{tier}' AS tier, {columns("x")}, x.body_hash, i.amount_minor
FROM {hop}_scan x LEFT JOIN amount_of i ON i.body_hash = x.body_hash"""
        for tier, hop in (("ingress", FIRST), ("raw", first), ("dead", BRANCH))
    )
    return f"""
WITH amount_of AS (SELECT body_hash, min(amount_minor) AS amount_minor FROM intent GROUP BY body_hash),
loaded AS (SELECT {columns("x")}, min(x.body_hash) AS body_hash FROM {last}_scan x GROUP BY {columns("x")})
{by_bytes}
UNION ALL
SELECT 'curated' AS tier, {columns("x")}, l.body_hash, x.amount_minor
FROM {end}_scan x LEFT JOIN loaded l ON {same("l", "x")}
UNION ALL
SELECT 'suppressed' AS tier, {columns("x")}, l.body_hash, i.amount_minor
FROM suppressed_scan x LEFT JOIN loaded l ON {same("l", "x")}
LEFT JOIN intent i ON i.uid = x.uid AND i.copy = x.copy
UNION ALL
SELECT CASE WHEN t.first_missing_hop = '{first}' THEN 'pending at raw' ELSE 'pending' END AS tier,
       {columns("t")}, t.body_hash, i.amount_minor
FROM trail t LEFT JOIN amount_of i ON i.body_hash = t.body_hash
WHERE t.pending AND t.src_offset IS NOT NULL
"""


def _sums(tier: str, tiers: str) -> str:
    zero = "cast(0 AS decimal(38,0))"
    return ",\n       ".join(
        (
            f"sum(CASE WHEN e.tier IN ({tiers}) THEN 1 ELSE 0 END) AS n_{tier}",
            f"sum(CASE WHEN e.tier IN ({tiers}) THEN cast(e.amount_minor AS decimal(38,0)) ELSE {zero} END)"
            f" AS sum_{tier}",
            f"sum(CASE WHEN e.tier IN ({tiers}) THEN cast(e.body_hash AS decimal(38,0)) ELSE {zero} END)"
            f" AS hash_{tier}",
        )
    )


# A window that nothing at the broker explains (what is booked there came from nowhere) has no beginning.
BOOKS = f"""
SELECT e.t_window, {_sums("ingress", "'ingress'")},
       {_sums("landed", "'raw', 'pending at raw'")},
       {_sums("raw", "'raw'")},
       {_sums("ended", "'curated', 'suppressed', 'dead', 'pending'")}
FROM (SELECT x.tier, x.amount_minor, x.body_hash, b.t_seen - b.t_seen % {WINDOW} AS t_window
      FROM entry x
      LEFT JOIN (SELECT {columns("p")}, min(s.t_seen) AS t_seen
                 FROM broker_scan p
                 LEFT JOIN seen_at s ON s.hop = '{FIRST}' AND s.container = p.container
                   AND s.cluster = p.cluster AND s.topic = p.topic
                 GROUP BY {columns("p")}) b ON {same("b", "x")}) e
GROUP BY e.t_window
"""


VIEWS: Mapping[str, Callable[[Chain], str]] = {
    "entry": entry,
    "books": lambda chain: BOOKS,
}
