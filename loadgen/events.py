"""Rows of a plan to bytes on the wire: a function of (plan, start of the load, nonce) and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loadgen.draws import Draws, Ints
from loadgen.flaws import FLAWS
from loadgen.ids import Ids
from loadgen.payloads import payloads, sizes
from loadgen.rows import CURRENCIES, TYPES, Rows

_TRACED_SHARE = 0.9


@dataclass(frozen=True)
class Wire:
    """What is handed to a sender, row by row."""

    keys: list[bytes]
    values: list[bytes]


class Encoder:
    def __init__(self, seed: int, ids: Ids, t0_us: int) -> None:
        self._draws = Draws(seed)
        self._ids = ids
        self._t0_us = t0_us

    def encode(self, rows: Rows) -> Wire:
        payment_ids = self.payment_ids(rows)
        heads = self._heads(rows, payment_ids)
        bodies = payloads(rows, self._draws)
        wanted = sizes(rows, self._draws).tolist()
        flaws = rows.flaw.tolist()
        values = []
        for head, (payload, memo), size, flaw in zip(heads, bodies, wanted, flaws, strict=True):
            text = f"{head}{payload}"
            room = max(16, size - len(text.encode()) - 3)
            value = f'{text}{memo[:room].rstrip()}"}}}}'.encode()
            values.append(FLAWS[flaw].spoil(value) if flaw else value)
        return Wire([text.encode() for text in payment_ids], values)

    def payment_ids(self, rows: Rows) -> list[str]:
        return [f"p{word:016x}" for word in self._draws.words("payment id", rows.payment).tolist()]

    def _heads(self, rows: Rows, payment_ids: list[str]) -> list[str]:
        """Everything before the payload's content, in the order of the contract."""
        traces = self._draws.words("trace", rows.uid).tolist()
        traced = self._draws.chosen("traced", rows.uid, _TRACED_SHARE).tolist()
        columns = zip(
            self._ids.seal(rows.uid, rows.copy),
            rows.kind.tolist(),
            payment_ids,
            rows.merchant.tolist(),
            rows.account.tolist(),
            rows.card.tolist(),
            rows.amount.tolist(),
            rows.currency.tolist(),
            timestamps(self._t0_us + rows.event_ts),
            rows.lifecycle.tolist(),
            traces,
            traced,
            strict=True,
        )
        return [
            f'{{"event_id":"{event_id}","event_type":"{TYPES[kind]}","payment_id":"{payment}",'
            f'"merchant_id":"m{merchant:06d}","account_id":"a{account:08d}","card_token":"tok_{card:012x}",'
            f'"amount_cents":{amount},"currency":"{CURRENCIES[currency]}","event_ts":"{stamp}",'
            + (f'"lifecycle_ref":"lr{lifecycle:016x}",' if lifecycle else '"lifecycle_ref":null,')
            + (f'"trace_id":"{trace:016x}",' if has_trace else "")
            + '"payload":'
            for (
                event_id, kind, payment, merchant, account, card,
                amount, currency, stamp, lifecycle, trace, has_trace,
            ) in columns
        ]  # fmt: skip


def timestamps(at_us: Ints) -> list[str]:
    """`YYYY-MM-DDTHH:MM:SS.ffffffZ`, of microseconds since 1970."""
    texts = np.datetime_as_string(at_us.astype("datetime64[us]"), unit="us")
    return [f"{text}Z" for text in texts.tolist()]
