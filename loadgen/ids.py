"""Event ids: (run, uid, copy) sealed into 32 hex characters that only the harness can open."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from loadgen.draws import Ints, Mask

_BLOCK = np.dtype([("run", ">u4"), ("high", ">u2"), ("low", ">u4"), ("copy", ">u2"), ("check", ">u4")])
_LENGTH = 32
_NO_ID = "0" * _LENGTH

_NIBBLE = np.full(256, 255, dtype=np.uint8)
_NIBBLE[list(b"0123456789abcdef")] = range(16)


class Ids:
    """Seals and opens a slab of ids with one call into the cipher."""

    def __init__(self, nonce: str, run_tag: int) -> None:
        try:
            nonce_bytes = bytes.fromhex(nonce)
        except ValueError:
            raise ValueError(f"the nonce of a run is hex text, not {nonce!r}") from None
        if not 0 <= run_tag < 1 << 32:
            raise ValueError(f"the tag of a run is an unsigned number of 32 bits, not {run_tag}")
        key = hashlib.blake2b(nonce_bytes, digest_size=16, person=b"gameday-id").digest()
        # One block per id and every block unlike any other: the one use for which ECB is right.
        self._cipher = Cipher(algorithms.AES(key), modes.ECB())
        self._run_tag = run_tag

    def seal(self, uid: npt.ArrayLike, copy: npt.ArrayLike) -> list[str]:
        text = self.blocks(uid, copy).hex()
        return [text[n : n + _LENGTH] for n in range(0, len(text), _LENGTH)]

    def blocks(self, uid: npt.ArrayLike, copy: npt.ArrayLike) -> bytes:
        """The ids of a slab as bytes, sixteen each."""
        uids, copies = np.asarray(uid, dtype=np.int64), np.asarray(copy, dtype=np.int64)
        if ((uids < 0) | (uids >= 1 << 48) | (copies < 0) | (copies >= 1 << 16)).any():
            raise ValueError("an id holds a uid of 48 bits and a copy of 16 bits; a larger number was given")
        blocks = np.zeros(len(uids), dtype=_BLOCK)
        blocks["run"], blocks["copy"] = self._run_tag, copies
        blocks["high"], blocks["low"] = uids >> 32, uids & 0xFFFFFFFF
        return self._cipher.encryptor().update(blocks.tobytes())

    def open(self, ids: Sequence[str | None]) -> tuple[Ints, Ints, Mask]:
        """(uid, copy, ok): where `ok` is false the text is no id of this run, and uid and copy are -1."""
        texts = [text if text and len(text) == _LENGTH and text.isascii() else _NO_ID for text in ids]
        nibbles = _NIBBLE[np.frombuffer("".join(texts).encode(), dtype=np.uint8)].reshape(-1, _LENGTH)
        hexadecimal = (nibbles < 16).all(axis=1)
        packed = (nibbles[:, 0::2] << 4) | (nibbles[:, 1::2] & 15)
        opened = self._cipher.decryptor().update(packed.tobytes())
        blocks = np.frombuffer(opened, dtype=_BLOCK)
        ok = hexadecimal & (blocks["run"] == self._run_tag) & (blocks["check"] == 0)
        uid = (blocks["high"].astype(np.int64) << 32) | blocks["low"].astype(np.int64)
        return np.where(ok, uid, -1), np.where(ok, blocks["copy"].astype(np.int64), -1), ok
