"""The payload that all dialects carry under a name of their own: device, geography, risk, lines, and a memo.

It ends in an open text: the memo follows. Every choice has as many bytes as its alternatives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from loadgen.dialects.layout import HEX, STYLES, Field, Parts, as_format, choice, decimal, hexadecimal, joined
from loadgen.draws import Draws, Ints, Words
from loadgen.rows import Rows

_NULL, _MORE, _REORDERED, _AS_TEXT = (STYLES.index(s) for s in STYLES[1:])

_PLACES = tuple(
    f'"city":"{city}","country":"{country}"'
    for city, country in (
        ("Berlin", "DE"), ("Malmö", "SE"), ("Cádiz", "ES"), ("Austin", "US"), ("Odense", "DK"),
        ("Lisbon", "PT"), ("Mumbai", "IN"), ("Recife", "BR"), ("Boston", "US"), ("London", "GB"),
        ("Zug ZG", "CH"), ("Kyōto", "JP"),
    )
)  # fmt: skip
_DEVICES = tuple(
    f'"os":"{system}","model":"{model}"'
    for system, model in (
        ("ios", "iPhone15,3"), ("ios", "iPhone14,7"), ("android", "SM-S92"), ("android", "Pix-8a"),
        ("web", "Chrome-129"), ("web", "Firefox131"), ("pos", "P400 Plus "), ("pos", "move/3500-"),
    )
)  # fmt: skip
_SIGNALS = ("velocity", "geo_jump", "night_tx", "new_card", "highsum!", "vpn_exit", "no_3ds__", "nothing_")
_GOODS = (
    "espresso beans 1k", "train 2nd class  ", "running shoes 42 ", "garden hose 20 m ", "cinema, two seats",
    "olive oil 750 ml ", "hotel, two nights", "winter tyres 16\\\"",
)  # fmt: skip

_SCENE_BITS = 10
SCENES = 1 << _SCENE_BITS  # so many devices with place, risk and goods are there; an event names one of them


def _scene_parts(style: int) -> Parts:
    quote = b'"' if style == _AS_TEXT else b""
    device = joined(
        b'"device":{', choice("device", _DEVICES), b',"app":"7.', decimal("app", 2), b'","fingerprint":"',
        hexadecimal("fingerprint"), b'","ip":"10.1', decimal("ip", 2), b'.0.1"},',
    )  # fmt: skip
    geo = joined(
        b'"geo":{', choice("city", _PLACES), b',"lat_e6":', quote, b"4", decimal("lat", 7), quote,
        b',"lon_e6":', quote, b"1", decimal("lon", 7), quote, b"},",
    )  # fmt: skip
    risk = joined(
        b'"risk":{"score":', quote, b"1", decimal("score", 3), quote,
        b',"signals":["', choice("signal", _SIGNALS), b'","', choice("other_signal", _SIGNALS), b'"]},',
    )  # fmt: skip
    lines = joined(
        b'"items":[{"sku":"', decimal("sku", 9), b'","title":"', choice("title", _GOODS), b'","qty":1}],'
    )
    return joined(*((lines, geo, risk, device) if style == _REORDERED else (device, geo, risk, lines)))


@cache
def _scenes(style: int) -> Field:
    """All scenes, written out: one choice costs a load no more than a number does."""
    parts = _scene_parts(style)
    form, fields = as_format(parts), [part for part in parts if isinstance(part, Field)]
    columns = [_drawn(field) for field in fields]
    return choice("scene", [(form % values).decode() for values in zip(*columns, strict=True)])


def _drawn(field: Field) -> list[int] | list[bytes]:
    """The same for every style."""
    words = Draws(0).words(field.column, np.arange(SCENES, dtype=np.int64)).tolist()
    if field.choices:
        return [field.choices[word % len(field.choices)] for word in words]
    return [word % (16 if field.form == HEX else 10) ** field.width for word in words]


def payload(style: int) -> Parts:
    """The content of the payload's object, up to the first byte of the memo."""
    more = joined(b'"channel":"retry-', decimal("gateway", 2), b'",') if style == _MORE else ()
    session = (b"null",) if style == _NULL else (b'"', hexadecimal("session"), b'"')
    return joined(
        _scenes(style), more, b'"gateway":"gw-', decimal("gateway", 2), b'","latency_us":1',
        decimal("latency", 5), b',"session":', session, b',"memo":"',
    )  # fmt: skip


class _Made(Protocol):
    """Rows, their draws, and columns made of them before."""

    rows: Rows
    draws: Draws

    def __getitem__(self, name: str) -> npt.NDArray[Any]: ...


# What `payload` reads. Volatile keys differ between copies of one fact, the others do not.
PAYLOAD_COLUMNS: Mapping[str, Callable[[_Made], npt.NDArray[Any]]] = {
    "fingerprint": lambda made: made.draws.words("payload", made.rows.uid),
    "scene": lambda made: (made["fingerprint"] >> np.uint64(64 - _SCENE_BITS)).view(np.int64),
    "memo": lambda made: _share(made["fingerprint"], 0, MEMO_SPAN - MEMO_MAX),
    "session": lambda made: made.draws.words("jitter", made.rows.identity),
    "gateway": lambda made: _share(made["session"], 0, 12),
    "latency": lambda made: _share(made["session"], 32, 90_000),
}


def _share(words: Words, shift: int, limit: int) -> Ints:
    """32 bits of each word, brought below the limit."""
    bits = (words >> np.uint64(shift)) & np.uint64(0xFFFFFFFF)
    bits *= np.uint64(limit)
    bits >>= np.uint64(32)
    return bits.view(np.int64)


# A long text whose pieces serve as memos. One byte in `1 / entropy` is drawn, the others are of words.
MEMO_SPAN = 1 << 18
MEMO_MAX = 4_096
_WORDS = (
    "order", "invoice", "deliver", "before", "noon", "gift", "ring", "twice", "customer", "asked", "for",
    "receipt", "split", "between", "two", "cards", "loyalty", "points", "applied", "store", "pickup",
    "ref", "contract", "monthly", "autumn", "sale", "voucher", "partial", "reserved", "until", "friday",
    "counter", "seven",
)  # fmt: skip
_DRAWN = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"


@cache
def memo_text(entropy: float) -> bytes:
    """ASCII without quotes or backslashes; an event takes a piece from its `memo` column on."""
    if not 0 <= entropy <= 1:
        raise ValueError(f"entropy is the share of drawn characters, between 0 and 1, not {entropy}")
    fixed = Draws(0)
    index = np.arange(MEMO_SPAN, dtype=np.int64)
    picked = fixed.below("memo word", index[: MEMO_SPAN // 4], len(_WORDS)).tolist()
    words = " ".join(_WORDS[n] for n in picked)[:MEMO_SPAN]
    letters = np.frombuffer(_DRAWN.encode(), dtype=np.uint8)[fixed.below("memo letter", index, len(_DRAWN))]
    # Whole runs of twelve are drawn or not: a number in a text, and a match that a compressor can use.
    drawn = fixed.chosen("memo run", index // 12, entropy)
    return np.where(drawn, letters, np.frombuffer(words.encode(), dtype=np.uint8)).tobytes()
