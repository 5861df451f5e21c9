"""Rows and their bytes to the table `intent`: what the plan wants, and what must become of it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from gameday.kernel.recording import as_table
from loadgen.dialects import DIALECTS
from loadgen.draws import Ints
from loadgen.events import Wire
from loadgen.hashes import body_hash
from loadgen.oracle import judge
from loadgen.rows import CURRENCIES, KINDS, NOTHING_CORRECTED, Rows, tag_text


def intent_table(rows: Rows, wire: Wire, t0_us: int) -> pa.Table:
    due, event_ts = (rows.due + t0_us).tolist(), (rows.event_ts + t0_us).tolist()
    judgements = judge(rows.uid.tolist(), wire.values, due, event_ts)
    keys = [key.decode() for key in wire.keys]
    return as_table(
        "intent",
        {
            "uid": rows.uid,
            "copy": rows.copy.astype(np.int32),
            "seq": send_order(rows),
            "class": [j.cls for j in judgements],
            "reason": [j.reason for j in judgements],
            "ref_uid": [j.ref_uid for j in judgements],
            "survivor_ref": [j.survivor_ref for j in judgements],
            "lateness_us": [j.lateness_us for j in judgements],
            "tags": [tag_text(bits) for bits in rows.tags.tolist()],
            "event_type": [KINDS[kind] for kind in rows.kind.tolist()],
            "dialect": [DIALECTS[code].name for code in rows.dialect.tolist()],
            "payment_id": keys,
            "merchant_id": [f"m{number:06d}" for number in rows.merchant.tolist()],
            "account_id": [f"a{number:08d}" for number in rows.account.tolist()],
            "card_token": [f"tok_{number:012x}" for number in rows.card.tolist()],
            "lifecycle_ref": [f"lr{number:016x}" if number else None for number in rows.lifecycle.tolist()],
            "corrects_uid": pa.array(rows.corrects, mask=rows.corrects == NOTHING_CORRECTED),
            "correction_seq": pa.array(rows.sequence.astype(np.int32), mask=rows.sequence == 0),
            "amount_minor": rows.amount,
            "currency": [CURRENCIES[number] for number in rows.currency.tolist()],
            "event_ts": event_ts,
            "key": keys,
            "body_hash": [body_hash(value) for value in wire.values],
            "canonical_hash": [j.canonical_hash for j in judgements],
        },
    )


def send_order(rows: Rows) -> Ints:
    """The place of each row among those of its key, by when its first attempt is due."""
    order = np.lexsort((rows.copy, rows.uid, rows.due, rows.payment))
    sorted_keys = rows.payment[order]
    starts = np.nonzero(np.concatenate([[True], sorted_keys[1:] != sorted_keys[:-1]]))[0]
    lengths = np.diff(np.concatenate([starts, [len(order)]]))
    places = np.arange(len(order), dtype=np.int64) - np.repeat(starts, lengths)
    seq = np.empty(len(order), dtype=np.int64)
    seq[order] = places
    return seq
