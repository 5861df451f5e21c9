"""The payload that all dialects carry under a name of their own: device, geography, risk, lines, and a memo.

It ends in an open text: the memo follows. Every choice has as many bytes as its alternatives.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from loadgen.dialects.layout import STYLES, Parts, choice, decimal, hexadecimal, joined
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

_CITY = choice("city", _PLACES)
_DEVICE = choice("device", _DEVICES)
_SIGNAL, _OTHER_SIGNAL = choice("signal", _SIGNALS), choice("other_signal", _SIGNALS)
_TITLE = choice("title", _GOODS)


def payload(style: int) -> Parts:
    """The content of the payload's object, up to the first byte of the memo."""
    quote = b'"' if style == _AS_TEXT else b""
    device = joined(
        b'"device":{', _DEVICE, b',"app":"7.', decimal("app", 2), b'","fingerprint":"',
        hexadecimal("fingerprint"), b'","ip":"10.1', decimal("ip", 2), b'.0.1"},',
    )  # fmt: skip
    geo = joined(
        b'"geo":{', _CITY, b',"lat_e6":', quote, b"4", decimal("lat", 7), quote,
        b',"lon_e6":', quote, b"1", decimal("lon", 7), quote, b"},",
    )  # fmt: skip
    risk = joined(
        b'"risk":{"score":', quote, b"1", decimal("score", 3), quote,
        b',"signals":["', _SIGNAL, b'","', _OTHER_SIGNAL, b'"]},',
    )  # fmt: skip
    lines = joined(b'"items":[{"sku":"', decimal("sku", 9), b'","title":"', _TITLE, b'","qty":1}],')
    ordered = (lines, geo, risk, device) if style == _REORDERED else (device, geo, risk, lines)
    more = joined(b'"channel":"retry-', decimal("gateway", 2), b'",') if style == _MORE else ()
    session = (b"null",) if style == _NULL else (b'"', hexadecimal("session"), b'"')
    return joined(
        *ordered, more, b'"gateway":"gw-', decimal("gateway", 2), b'","latency_us":1',
        decimal("latency", 5), b',"session":', session, b',"memo":"',
    )  # fmt: skip


def payload_columns(rows: Rows, draws: Draws) -> dict[str, Ints | Words]:
    """What `payload` reads. Volatile keys differ between copies of one fact, the others do not."""
    one, two = (draws.words(f"payload {n}", rows.uid) for n in (1, 2))
    volatile = draws.words("jitter", rows.identity)
    return {
        "city": _digit(one, 0, len(_PLACES)),
        "device": _digit(one, 8, len(_DEVICES)),
        "app": _digit(one, 12, 40),
        "ip": _digit(one, 20, 100),
        "signal": _digit(one, 28, len(_SIGNALS)),
        "other_signal": _digit(one, 32, len(_SIGNALS)),
        "title": _digit(one, 36, len(_GOODS)),
        "score": _digit(one, 40, 1000),
        "fingerprint": two,
        "lat": _digit(two, 3, 10**7),
        "lon": _digit(two, 17, 10**7),
        "sku": _digit(two, 29, 10**9),
        "gateway": _digit(volatile, 0, 12),
        "latency": _digit(volatile, 8, 90_000),
        "session": volatile,
    }


def _digit(words: Words, shift: int, limit: int) -> Ints:
    return ((words >> np.uint64(shift)) % np.uint64(limit)).astype(np.int64)


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


def memo_columns(rows: Rows, draws: Draws) -> Ints:
    return draws.below("memo", rows.uid, MEMO_SPAN - MEMO_MAX)
