"""Tables of parts that not every system has: a part that a system does not make is *not built*, and says so.

A system names the parts it makes in its `Promises.parts`; the table `part` keeps that from the start of the
run on. A table whose part was promised is an input like any other: missing or unsealed, it is UNKNOWN.
Declared as in `recording.py`; tables whose name ends in `_truth` are the harness's own expectation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

TRIAL = "trial:"
"""Before the id of an invariant: the part of a system that makes its trial (`trial:O1`)."""

_COORDINATES = "cluster:s topic:s partition:i4"

PARTS: Mapping[str, Mapping[str, str]] = {
    # -- money -----------------------------------------------------------------------------------------
    "payment_state": {
        "state_scan": """payment_id:s currency:s authorised:i8 captured:i8 cleared:i8 refunded:i8
            charged_back:i8 reversed:i8""",
    },
    "timeline": {"timeline_scan": "account_id:s position:i8 uid:i8? copy:i4? event_ts:i8"},
    "features": {
        "feature_scan": """feature:s subject:s t_from:i8 t_to:i8 n:i8 sum_minor:i8 tainted:b stale:b
            as_of:i8 t_read:i8""",
        "feature_truth": "feature:s subject_column:s width_us:i8",  # what is promised per window
        "contaminated_truth": "subject:s t_from:i8 t_to:i8",  # event time in which bad data went in
    },
    "settlement": {
        # one row per run and reading of it: what a closed run says is read more than once
        "settlement_run_scan": """t_read:i8 run:s business_date:s status:s supersedes:s? input_hash:s
            fx_version:s map_version:s""",
        "settlement_scan": """t_read:i8 run:s merchant_id:s currency:s business_date:s gross:i8 refunds:i8
            chargebacks:i8 fees:i8 net:i8 n:i8""",
        "adjustment_scan": "run:s merchant_id:s currency:s original_date:s uid:i8? amount_minor:i8",
        # where an event settles under one version of the reference data, and whether it came in time
        "posting_truth": """uid:i8 map_version:s merchant_id:s business_date:s side:s sign:i4
            after_close:b""",
        "fee_truth": "map_version:s merchant_id:s bps:i8",
    },
    "journal": {"journal_scan": "run:s entry:s account:s currency:s dr:i8 cr:i8"},
    "conformed": {"mart_scan": "run:s mart:s fx_version:s? map_version:s?"},
    "reconciliation": {
        "break_scan": "kind:s key:s state:s",
        "break_truth": "kind:s key:s",
    },
    # -- control ---------------------------------------------------------------------------------------
    "effects": {
        "task_effect_scan": "task:s partition_key:s input_hash:s output_hash:s done_at:i8?",
    },
    "lease": {
        # one row per write that was tried, with the epoch that the lease had when it was decided
        "commit_scan": "seq:i8 role:s writer:s epoch:i8 lease_epoch:i8 accepted:b logged:b t:i8",
    },
    "publish": {
        "snapshot_scan": "snapshot:s relation:s t_commit:i8 t_until:i8? colour:s? content_hash:s?",
        # one row per decision of a gate; `mode` is that of the harness's own policy: open | closed
        "publish_scan": """t:i8 pointer:s version:s snapshot:s? objections:i8 mode:s moved:b tainted:b
            approver:s?""",
    },
    "readers": {
        # one row per relation read; rows of one read share its number
        "reader": """read_no:i8 t:i8 query:s relation:s snapshot:s? content_hash:s? error:s? as_of:i8?
            stale:b?""",
    },
    # -- contracts -------------------------------------------------------------------------------------
    "attributes": {
        # hop: curated (attributes of the row) | view (the view over mixed versions)
        "attribute_scan": "hop:s uid:i8? copy:i4? field:s content:s?",
        # every field that an event carries and its contract does not know, or another version writes
        "field_truth": "uid:i8 copy:i4 source:s field:s content:s? in_contract:b",
    },
    "registry": {
        # one row per attempt to register; `compatible` is worked out by the harness
        "contract_scan": "attempt:i8 subject:s version:i4? compatible:b accepted:b reason:s?",
        "topic_contract_scan": "moment:s topic:s key:s content:s?",  # moment: before | after
    },
    "files": {
        "file_scan": "file:s partner:s quarantined:i8 beyond:i8",  # rows in quarantine, and anywhere else
        "file_truth": "file:s partner:s declared:i8 whole:b",
    },
    "analytics": {},  # seen through the sightings of its hop alone
    "deadlines": {"deadline_truth": "pointer:s version:s t_due:i8"},
    "extracts": {"extract_scan": "extract_id:s row_count:i8 t_asked:i8 t_delivered:i8?"},
    "settings": {"config_scan": "part:s key:s content:s?"},
    # -- watching --------------------------------------------------------------------------------------
    "books": {"books_scan": "t_from:i8 t_to:i8 tier:s n:i8 sum_minor:i8 content_hash:s"},
    "alarms": {
        "alarm": """t:i8 kind:s part:s subject:s cluster:s? topic:s? partition:i4? from_offset:i8?
            to_offset:i8?""",
    },
    "probes": {"probe": "t:i8 component:s side:s kind:s outcome:s detail:s?"},
    # one row per change of state (closed | open | half-open) and per second; counts since the row before
    "breaker": {"breaker_scan": "t:i8 component:s state:s attempts:i8 failures:i8"},
    "stances": {"stance_truth": "component:s stance:s"},  # CP | AP, as declared
    "lanes": {"lane_scan": "t:i8 lane:s slots:i8 backlog:i8"},
    # -- logs and regions ------------------------------------------------------------------------------
    "operations": {
        # one row per element of an operation on a log, in order (`nth`); outcome ACK | FAIL | UNKNOWN.
        # kind: send | poll, or assign | subscribe with a row per partition that is kept (-1: none is);
        # mode: how the process got its partitions; rebalanced: it moved while the operation ran
        "operation": f"""op:i8 process:s kind:s mode:s nth:i4 {_COORDINATES} src_offset:i8? uid:i8? copy:i4?
            outcome:s rebalanced:b t_invoke:i8 t_done:i8?""",
    },
    "positions": {
        "position_scan": f"t:i8 consumer:s {_COORDINATES} committed:i8 durable:i8?",
    },
    "translation": {
        "translation_scan": f"consumer:s {_COORDINATES} translated:i8 actual:i8 head:i8",
    },
    "mirrors": {"mirror_scan": f"t:i8 {_COORDINATES} log_start:i8 mirrored:i8"},
    "orchestration": {"task_state_scan": "side:s task:s state:s t:i8"},  # side: before | after a promotion
    "regions": {"root_scan": "region:s day:s tier:s root:s n:i8"},
}

DECLARED: Mapping[str, str] = {name: words for tables in PARTS.values() for name, words in tables.items()}
PART_OF: Mapping[str, str] = {name: part for part, tables in PARTS.items() for name in tables}


def parts_of(tables: Iterable[str]) -> set[str]:
    """The parts that make these tables."""
    return {PART_OF[name] for name in tables if name in PART_OF}


def check_known(promised: Iterable[str]) -> None:
    """Raise ValueError for a part that nobody knows."""
    strange = sorted(name for name in promised if name not in PARTS and not name.startswith(TRIAL))
    if strange:
        raise ValueError(
            f"the system promises the parts {', '.join(strange)}, which nothing declares; "
            f"known are {', '.join(PARTS)}, and {TRIAL}ID for the trial of an invariant"
        )
