"""The payload of an event: device, geography, risk, item lines and a memo, all drawn by index."""

from __future__ import annotations

import numpy as np

from loadgen.draws import Draws, Ints
from loadgen.rows import Rows

_CITIES = (
    ("Berlin", "DE"), ("Zürich", "CH"), ("São Paulo", "BR"), ("Austin", "US"), ("Malmö", "SE"),
    ("Osaka", "JP"), ("Lyon", "FR"), ("Leeds", "GB"), ("Pune", "IN"), ("Kraków", "PL"),
    ("Boise", "US"), ("Cádiz", "ES"),
)  # fmt: skip
_DEVICES = (
    ("ios", "iPhone15,3"), ("ios", "iPhone14,7"), ("android", "Pixel 8"), ("android", "SM-S921B"),
    ("terminal", "P400 Plus"), ("terminal", "move/3500"), ("web", "Firefox 131"), ("web", "Chrome 129"),
)  # fmt: skip
_GOODS = (
    "espresso beans 1 kg", "train ticket 2nd class", "running shoes", "paperback", "phone case",
    "data plan 10 GB", "garden hose 20 m", "cinema ticket", "winter tyres", "bread rolls", "desk lamp",
    "guitar strings", "hotel night", "parking 4 h", "olive oil 750 ml", "museum pass",
)  # fmt: skip
_SIGNALS = ("velocity", "new_device", "geo_mismatch", "night", "first_seen", "high_value", "vpn", "none")
_WORDS = (
    "order", "invoice", "deliver", "before", "noon", "gift", "ring", "twice", "customer", "asked", "for",
    "receipt", "split", "between", "two", "cards", "loyalty", "points", "applied", "store", "pickup",
    "ref", "contract", "monthly", "autumn", "sale", "voucher", "partial", "reserved", "until", "friday",
    "counter", "seven",
)  # fmt: skip

# A long text whose pieces serve as memos: words with numbers between them, about as dense as people's notes.
_MEMO_SPAN = 1 << 18


def _memo_text() -> str:
    index = np.arange(_MEMO_SPAN // 5, dtype=np.int64)
    fixed = Draws(0)
    word = fixed.below("memo word", index, len(_WORDS))
    number = fixed.below("memo number", index, 1 << 30)
    drawn = zip(word.tolist(), number.tolist(), strict=True)
    pieces = [f"{_WORDS[w]} {n:x}" if n & 1 else _WORDS[w] for w, n in drawn]
    return " ".join(pieces)[:_MEMO_SPAN]


MEMO = _memo_text()

SIZE_LOW, SIZE_HIGH = 1_215, 1_485


def sizes(rows: Rows, draws: Draws) -> Ints:
    """How many bytes each row is to have on the wire."""
    return draws.between("size", rows.identity, SIZE_LOW, SIZE_HIGH)


def payloads(rows: Rows, draws: Draws) -> list[tuple[str, str]]:
    """Per row the payload as JSON up to the opening quote of its memo, and where the memo text starts."""
    stable = rows.uid  # the same for every copy of an event
    volatile = rows.identity
    words = [draws.words(f"payload {n}", stable).tolist() for n in range(4)]
    jitter = draws.words("jitter", volatile).tolist()
    columns = zip(*words, jitter, rows.amount.tolist(), rows.copy.tolist(), strict=True)
    return [(_payload(a, b, c, d, j, amount, copy), _memo_from(d)) for a, b, c, d, j, amount, copy in columns]


def _memo_from(word: int) -> str:
    at = (word >> 20) % (_MEMO_SPAN - SIZE_HIGH)
    return MEMO[at : at + SIZE_HIGH]


def _payload(a: int, b: int, c: int, d: int, jitter: int, amount: int, copy: int) -> str:
    city, country = _CITIES[a % len(_CITIES)]
    system, model = _DEVICES[(a >> 8) % len(_DEVICES)]
    # Volatile keys: they differ between copies of one fact, and a copy may lack a value.
    session = "null" if copy and jitter & 3 == 0 else f'"{jitter:016x}"'
    return (
        f'{{"device":{{"os":"{system}","model":"{model}",'
        f'"app":"{7 + (a >> 16) % 3}.{(a >> 20) % 40}.{(a >> 28) % 9}",'
        f'"fingerprint":"{b:016x}","ip":"10.{(b >> 8) % 256}.{(b >> 16) % 256}.{(b >> 24) % 256}"}},'
        f'"geo":{{"city":"{city}","country":"{country}","lat_e6":{(b >> 32) % 180_000_000 - 90_000_000},'
        f'"lon_e6":{(c >> 8) % 360_000_000 - 180_000_000}}},'
        f'"risk":{{"score":{c % 1000},"model":"rk-{3 + (c >> 40) % 2}",'
        f'"signals":["{_SIGNALS[(c >> 44) % 8]}","{_SIGNALS[(c >> 48) % 8]}"]}},'
        f'"items":[{_items(c ^ d, amount)}],'
        f'"gateway":"gw-{jitter % 12:02d}","latency_us":{(jitter >> 8) % 900_000},'
        f'"session":{session},"memo":"'
    )


def _items(word: int, amount: int) -> str:
    """One to three lines whose prices add up to the amount."""
    count = 1 + word % 3
    lines, left = [], amount
    for n in range(count):
        price = left if n == count - 1 else left // 2
        left -= price
        name = _GOODS[(word >> (8 + 4 * n)) % len(_GOODS)]
        lines.append(f'{{"sku":"{(word >> (20 + n)) % 10**9:09d}","title":"{name}","qty":1,"price":{price}}}')
    return ",".join(lines)
