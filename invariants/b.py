"""B: business totals. Count and money are conserved from the truth to curated, and in what is made of it."""

from __future__ import annotations

from gameday.kernel.verdict import SAFETY
from invariants.declare import invariant, tried
from invariants.money import big

HOUR_US = 3_600_000_000

_FACTS = """SELECT '{tier}' AS tier, y.event_type, y.currency, y.event_ts, y.amount_minor
      FROM {source} s JOIN identity y ON y.uid = s.uid
      LEFT JOIN (SELECT uid FROM expected_event WHERE pending_all = 1) p ON p.uid = s.uid
      WHERE p.uid IS NULL"""

_SUMS = ",\n             ".join(
    f"sum(CASE WHEN f.tier = '{tier}' THEN 1 ELSE 0 END) AS n_{tier},\n"
    f"             sum(CASE WHEN f.tier = '{tier}' THEN cast(f.amount_minor AS decimal(38,0)) "
    f"ELSE cast(0 AS decimal(38,0)) END) AS sum_{tier}"
    for tier in ("truth", "raw", "curated")
)

_GROUPED = f"""FROM ({_FACTS.format(tier="truth", source="expected_event")}
      UNION ALL
      {_FACTS.format(tier="raw", source="raw_identity")}
      UNION ALL
      SELECT 'curated' AS tier, c.event_type, c.currency, c.event_ts, c.amount_minor FROM curated_scan c) f
GROUP BY f.event_type, f.currency, f.event_ts - f.event_ts % {HOUR_US}"""
_HOUR = f"f.event_ts - f.event_ts % {HOUR_US} AS hour_us"
GROUPS = f"SELECT f.event_type, f.currency, {_HOUR} {_GROUPED}"

B1 = invariant(
    "B1",
    "count and money by type, currency and event hour: effective raw = curated = truth, to the minor unit",
    SAFETY,
    judged=f"SELECT count(*) FROM ({GROUPS}) g",
    at_least=1,
    offenders=f"""
SELECT CASE WHEN g.n_raw <> g.n_truth OR g.sum_raw <> g.sum_truth THEN 'raw' ELSE 'curated' END AS hop,
       g.event_type, g.currency, g.hour_us, g.n_truth, g.n_raw, g.n_curated,
       g.sum_truth, g.sum_raw, g.sum_curated
FROM (SELECT f.event_type, f.currency, {_HOUR},
             {_SUMS}
      {_GROUPED}) g
WHERE g.n_raw <> g.n_truth OR g.sum_raw <> g.sum_truth OR g.n_curated <> g.n_truth
   OR g.sum_curated <> g.sum_truth""",
    order_by="hour_us, event_type, currency",
    unit="groups that differ",
    hint="the Z and U families name the events behind a difference",
)

_STATES = {
    "authorised": "AUTHORIZATION",
    "captured": "CAPTURE",
    "cleared": "CLEARING",
    "refunded": "REFUND",
    "charged_back": "CHARGEBACK",
    "reversed": "REVERSAL",
}
_WANTED = ", ".join(
    f"CASE WHEN f.event_type = '{type}' THEN {big('-f.amount_minor')} ELSE {big('0')} END AS {name}"
    for name, type in _STATES.items()
)

_EXCESS = ", ".join(f"s.{name} AS {name}_too_much" for name in _STATES)

B3 = invariant(
    "B3",
    "the state of each payment is the fold of its true events: corrections replace, duplicates do not count",
    SAFETY,
    judged="SELECT count(*) FROM (SELECT payment_id FROM effective_fact GROUP BY payment_id, currency) p",
    at_least=1,
    offenders=f"""
SELECT s.payment_id, s.uid, 'payment_state' AS hop, s.currency, s.wanted, s.found,
       {_EXCESS}
FROM (SELECT x.payment_id, x.currency, min(x.uid) AS uid, max(x.wanted) AS wanted,
             sum(x.found) AS found, max(x.pending) AS pending,
             {", ".join(f"sum(x.{name}) AS {name}" for name in _STATES)}
      FROM (SELECT f.payment_id, f.currency, f.uid, 1 AS wanted, 0 AS found, f.pending, {_WANTED}
            FROM effective_fact f
            UNION ALL
            SELECT s.payment_id, s.currency, cast(NULL AS bigint) AS uid, 0 AS wanted, 1 AS found,
                   0 AS pending,
                   {", ".join(f"{big(f's.{name}')} AS {name}" for name in _STATES)}
            FROM state_scan s) x
      GROUP BY x.payment_id, x.currency) s
WHERE s.pending = 0 AND (s.found <> s.wanted OR {" OR ".join(f"s.{name} <> 0" for name in _STATES)})""",
    order_by="payment_id, currency",
    unit="payments that differ",
    hint="fold the events of the first payment by hand: a correction counted beside what it corrects?",
)

_ENTRY_DIFFERS = """s.pending = 0 AND (
     s.want_gross <> s.have_gross OR s.want_refunds <> s.have_refunds
  OR s.want_chargebacks <> s.have_chargebacks OR s.want_late_minor <> s.have_late_minor
  OR s.want_n <> s.have_n
  OR s.entries <> CASE WHEN s.want_n > 0 THEN 1 ELSE 0 END
  OR s.net <> s.have_gross - s.have_refunds - s.have_chargebacks - s.fees
  OR abs(2 * (s.fees * 10000 - s.want_gross * s.bps)) > 10000
  OR (abs(2 * (s.fees * 10000 - s.want_gross * s.bps)) = 10000 AND s.fees % 2 <> 0))"""

_ENTRIES = """SELECT s.run, s.business_date, s.merchant_id, s.currency, 'settlement' AS hop, s.entries,
       s.want_n, s.have_n, s.want_gross, s.have_gross, s.want_refunds, s.have_refunds,
       s.want_chargebacks, s.have_chargebacks, s.fees, s.bps, s.net, s.want_late_minor AS want_adjusted,
       s.have_late_minor AS have_adjusted
FROM settlement s"""

B4 = invariant(
    "B4",
    "each settlement entry with its adjustments is what the truth gives under the versions of its run",
    SAFETY,
    judged="SELECT count(*) FROM settlement s WHERE s.want_n > 0",
    at_least=1,
    offenders=f"{_ENTRIES}\nWHERE {_ENTRY_DIFFERS}",
    order_by="business_date, merchant_id, currency",
    unit="entries that differ",
    implies=("B7",),
    hint="fees are rounded half to even, once per merchant, currency and day",
)

B5 = invariant(
    "B5",
    "a closed day never changes: its entries read the same each time, a late event is adjusted exactly once",
    SAFETY,
    judged="SELECT count(*) FROM settlement_run_scan WHERE status = 'CLOSED'",
    at_least=2,
    offenders=f"""
SELECT cast(NULL AS bigint) AS uid, 'settlement' AS hop, e.run, e.merchant_id, e.currency,
       CASE WHEN e.seen <> e.readings THEN 'not in every reading' ELSE 'changed after the close' END AS what,
       {big("e.readings")} AS want, {big("e.seen")} AS have
FROM closed_entry e WHERE e.seen <> e.readings OR e.changed = 1
UNION ALL
SELECT a.uid, 'settlement' AS hop, a.original_date AS run, a.merchant_id, a.currency,
       CASE WHEN a.want <> a.have THEN 'adjusted as often as not asked' ELSE 'adjusted by another amount' END
         AS what,
       CASE WHEN a.want <> a.have THEN {big("a.want")} ELSE a.want_minor END AS want,
       CASE WHEN a.want <> a.have THEN {big("a.have")} ELSE a.have_minor END AS have
FROM adjusted a
WHERE a.want <> a.have OR a.want_minor <> a.have_minor""",
    order_by="run, merchant_id, currency, what, uid NULLS LAST",
    unit="changes of closed days",
    implies=("B4", "B7"),
    hint="a late event posts into the open period and names the date that it belongs to",
)

B6 = tried(
    "B6",
    "a settlement run is reproducible: run again with its recorded inputs, it gives the same entries",
    what="runs that came out otherwise",
    hint="something that the run reads is not among its recorded inputs: a clock, a newest version",
)

B7 = invariant(
    "B7",
    "a backfill of reference data makes a new run that is right under the new version, and keeps the old one",
    SAFETY,
    judged="SELECT count(*) FROM current_run WHERE supersedes IS NOT NULL",
    at_least=1,
    offenders=f"""
SELECT s.run, s.merchant_id, s.currency, 'settlement' AS hop, 'new run differs from the truth' AS what
FROM settlement s WHERE s.supersedes IS NOT NULL AND {_ENTRY_DIFFERS}
UNION ALL
SELECT e.run, e.merchant_id, e.currency, 'settlement' AS hop, 'old run was not kept' AS what
FROM closed_entry e JOIN replaced_run o ON o.run = e.run
WHERE e.seen <> e.readings OR e.changed = 1
UNION ALL
SELECT o.run, cast(NULL AS string) AS merchant_id, cast(NULL AS string) AS currency, 'settlement' AS hop,
       'old run was not kept' AS what
FROM replaced_run o
LEFT JOIN (SELECT r.run FROM settlement_run_scan r
           JOIN (SELECT max(t_read) AS t_read FROM settlement_run_scan) l ON l.t_read = r.t_read
           GROUP BY r.run) k ON k.run = o.run
WHERE k.run IS NULL""",
    order_by="run, merchant_id NULLS FIRST, currency NULLS FIRST, what",
    unit="entries or runs",
    implies=("B4", "B5"),
    hint="a backfill must write a run of its own, with its own version, beside the one it replaces",
)

B8 = invariant(
    "B8",
    "the timeline of each account has its true events, each once, in the order of event time",
    SAFETY,
    judged="SELECT count(*) FROM fact",
    at_least=1,
    offenders="""
SELECT x.uid, x.account_id, 'timeline' AS hop,
       CASE WHEN sum(x.found) < sum(x.wanted) THEN 'missing'
            WHEN sum(x.wanted) = 0 THEN 'not of this account'
            WHEN sum(x.found) > 1 THEN 'more than once' ELSE 'other event time' END AS what,
       cast(NULL AS bigint) AS at_position
FROM (SELECT f.uid, f.account_id, 1 AS wanted, 0 AS found, f.pending, f.event_ts FROM fact f
      UNION ALL
      SELECT t.uid, t.account_id, 0 AS wanted, 1 AS found, 0 AS pending, t.event_ts FROM timeline_scan t) x
GROUP BY x.uid, x.account_id
HAVING max(x.pending) = 0
   AND (sum(x.found) <> 1 OR sum(x.wanted) <> 1 OR min(x.event_ts) <> max(x.event_ts))
UNION ALL
SELECT o.uid, o.account_id, 'timeline' AS hop, 'out of order' AS what, o.position AS at_position
FROM (SELECT t.uid, t.account_id, t.position, t.event_ts,
             lag(t.event_ts) OVER (PARTITION BY t.account_id
                                    ORDER BY t.position, t.event_ts, t.uid NULLS LAST) AS before
      FROM timeline_scan t) o
WHERE o.before > o.event_ts""",
    order_by="account_id, at_position NULLS FIRST, uid NULLS LAST, what",
    unit="events of timelines",
    hint="compare the list of the first account with its rows in curated",
)

_SUBJECT = """CASE w.subject_column WHEN 'merchant_id' THEN f.merchant_id WHEN 'account_id' THEN f.account_id
                        WHEN 'card_token' THEN f.card_token END"""

B9 = invariant(
    "B9",
    "each feature is the count and sum of its event-time window, and is tainted where bad data went in",
    SAFETY,
    judged="SELECT count(*) FROM feature_scan",
    at_least=1,
    offenders=f"""
SELECT v.feature, v.subject, 'features' AS hop, 'other value' AS what, v.t_from, v.n, v.want_n, v.sum_minor,
       v.want_minor
FROM (SELECT x.feature, x.subject, x.t_from, x.t_to, x.n, x.sum_minor, count(f.uid) AS want_n,
             coalesce(sum({big("f.amount_minor")}), 0) AS want_minor, coalesce(max(f.pending), 0) AS pending
      FROM feature_scan x JOIN feature_truth w ON w.feature = x.feature
      LEFT JOIN effective_fact f
        ON {_SUBJECT} = x.subject AND f.event_ts >= x.t_from AND f.event_ts < x.t_to
      GROUP BY x.feature, x.subject, x.t_from, x.t_to, x.n, x.sum_minor) v
WHERE v.pending = 0 AND (v.n <> v.want_n OR v.sum_minor <> v.want_minor)
UNION ALL
SELECT m.feature, m.subject, 'features' AS hop, 'no window' AS what, m.event_ts AS t_from,
       cast(NULL AS bigint) AS n, m.windows AS want_n, cast(NULL AS bigint) AS sum_minor,
       {big("m.amount_minor")} AS want_minor
FROM (SELECT w.feature, {_SUBJECT} AS subject, f.uid, f.event_ts, f.amount_minor, count(x.feature) AS windows
      FROM effective_fact f CROSS JOIN feature_truth w
      LEFT JOIN feature_scan x ON x.feature = w.feature AND x.subject = {_SUBJECT}
        AND f.event_ts >= x.t_from AND f.event_ts < x.t_to
      WHERE f.pending = 0
      GROUP BY w.feature, {_SUBJECT}, f.uid, f.event_ts, f.amount_minor) m
WHERE m.windows = 0
UNION ALL
SELECT x.feature, x.subject, 'features' AS hop, 'not marked as tainted' AS what, x.t_from, x.n,
       cast(NULL AS bigint) AS want_n, x.sum_minor, {big("NULL")} AS want_minor
FROM feature_scan x
JOIN contaminated_truth c ON c.subject = x.subject AND c.t_from < x.t_to AND c.t_to > x.t_from
WHERE NOT x.tainted
GROUP BY x.feature, x.subject, x.t_from, x.n, x.sum_minor""",
    order_by="feature, subject, t_from, what",
    unit="feature values",
    hint="windows go by event time: a late event changes an old window",
)

B10 = invariant(
    "B10",
    "all marts of a run use one version of the rates and one of the merchant map",
    SAFETY,
    judged="SELECT count(*) FROM (SELECT run FROM mart_scan GROUP BY run HAVING count(*) > 1) r",
    at_least=1,
    offenders="""
SELECT m.run, 'marts' AS hop, min(m.fx_version) AS fx_version, max(m.fx_version) AS another_fx,
       min(m.map_version) AS map_version, max(m.map_version) AS another_map, min(m.mart) AS mart
FROM mart_scan m GROUP BY m.run
HAVING min(m.fx_version) <> max(m.fx_version) OR min(m.map_version) <> max(m.map_version)
    OR count(m.fx_version) <> count(*) OR count(m.map_version) <> count(*)""",
    order_by="run",
    unit="runs of mixed versions",
    hint="versions are chosen once per run, not once per mart",
)

B11 = invariant(
    "B11",
    "the journal of each run balances in every currency: debits equal credits",
    SAFETY,
    judged="SELECT count(*) FROM (SELECT run FROM journal_scan GROUP BY run, currency) r",
    at_least=1,
    offenders=f"""
SELECT j.run, j.currency, 'journal' AS hop, sum({big("j.dr")}) AS dr, sum({big("j.cr")}) AS cr,
       count(*) AS n
FROM journal_scan j GROUP BY j.run, j.currency HAVING sum({big("j.dr")}) <> sum({big("j.cr")})""",
    order_by="run, currency",
    unit="journals out of balance",
    hint="an entry was posted on one side only, or rounded twice",
)

B12 = invariant(
    "B12",
    "reconciliation finds exactly the breaks that were planted, each once, under its kind and key",
    SAFETY,
    judged="SELECT count(*) FROM break_truth",
    at_least=1,
    offenders="""
SELECT x.kind, x.key, 'reconciliation' AS hop,
       CASE WHEN sum(x.found) = 0 THEN 'not found' WHEN sum(x.planted) = 0 THEN 'no such break'
            ELSE 'as often as not planted' END AS what,
       sum(x.planted) AS planted, sum(x.found) AS found
FROM (SELECT t.kind, t.key, 1 AS planted, 0 AS found FROM break_truth t
      UNION ALL
      SELECT b.kind, b.key, 0 AS planted, 1 AS found FROM break_scan b) x
GROUP BY x.kind, x.key HAVING sum(x.planted) <> sum(x.found)""",
    order_by="kind, key",
    unit="breaks",
    hint="an extra break is a false alarm; a missing one was matched with the wrong partner",
)
