"""The bytes of a ledger: a record per outcome, packed in batches to a few bytes each, with a checksum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

ACK, FAIL, UNKNOWN = range(3)
FATES = ("ACK", "FAIL", "UNKNOWN")

RECORD = np.dtype(
    [
        ("position", "<i8"),
        ("t_invoke", "<i8"),
        ("t_done", "<i8"),
        ("offset", "<i8"),  # -1: not known
        ("partition", "<i4"),  # -1: not known
        ("error", "<i2"),
        ("fate", "<i2"),
    ]
)
Records = npt.NDArray[np.void]
NO_RECORDS: Records = np.zeros(0, dtype=RECORD)

_HEADER = np.dtype([("magic", "<u4"), ("count", "<u4"), ("size", "<u4"), ("zero", "<u4"), ("check", "<u8")])
HEADER_SIZE = _HEADER.itemsize
MAGIC = 0x6C656468
MAGIC_BYTES = MAGIC.to_bytes(4, "little")
MOST_RECORDS = 1 << 20  # in one batch
_CHECKED = _HEADER.fields["check"][1] if _HEADER.fields else 0
_LZ4 = pa.Codec("lz4_raw")


@dataclass(frozen=True)
class Header:
    count: int
    size: int  # of the body, in bytes
    check: int

    @staticmethod
    def read(data: bytes) -> Header | None:
        """None: no batch begins with these bytes."""
        if len(data) < HEADER_SIZE:
            return None
        magic, count, size, zero, check = np.frombuffer(data, dtype=_HEADER, count=1)[0].tolist()
        whole = magic == MAGIC and zero == 0 and 0 < count <= MOST_RECORDS
        return Header(count, size, check) if whole else None

    def fits(self, data: bytes, body: bytes) -> bool:
        return len(body) == self.size and _check(data[:_CHECKED], body) == self.check


def pack(records: Records) -> bytes:
    """One batch. Neighbours differ little, so differences, byte by byte, are mostly zeros."""
    planes = []
    for name in RECORD.names or ():
        column = np.ascontiguousarray(records[name])
        column = np.diff(column, prepend=column.dtype.type(0))
        planes.append(column.view(np.uint8).reshape(len(records), -1).T.tobytes())
    body: bytes = _LZ4.compress(b"".join(planes), asbytes=True)
    header = np.array([(MAGIC, len(records), len(body), 0, 0)], dtype=_HEADER)
    header["check"] = _check(header.tobytes()[:_CHECKED], body)
    return header.tobytes() + body


def unpack(header: Header, body: bytes) -> Records:
    planes = _LZ4.decompress(body, header.count * RECORD.itemsize, asbytes=True)
    records = np.zeros(header.count, dtype=RECORD)
    at = 0
    for name in RECORD.names or ():
        kind = RECORD[name]
        size = header.count * kind.itemsize
        plane = np.frombuffer(planes, np.uint8, size, at).reshape(kind.itemsize, header.count)
        records[name] = np.cumsum(np.ascontiguousarray(plane.T).view(kind).ravel(), dtype=kind)
        at += size
    return records


def _check(head: bytes, body: bytes) -> int:
    return xxhash.xxh3_64_intdigest(body, seed=xxhash.xxh3_64_intdigest(head))
