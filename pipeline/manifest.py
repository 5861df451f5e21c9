"""The manifest of a micro-batch: the commit of the lake. Files that no manifest names do not exist."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any, Final

from pipeline import files

_MSET_KEY: Final = b"manifest-v1"
_MSET_MODULUS: Final = 2**128


@dataclass(frozen=True, slots=True)
class DataFile:
    path: str
    """Relative to the lake."""
    kind: str
    rows: int
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class OffsetRange:
    """``from_`` is part of the range, ``to`` is not."""

    cluster: str
    topic: str
    partition: int
    from_: int
    to: int

    def as_json(self) -> dict[str, str | int]:
        return {
            "cluster": self.cluster, "topic": self.topic, "partition": self.partition,
            "from": self.from_, "to": self.to,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Manifest:
    query_id: str
    batch: int
    files: tuple[DataFile, ...]
    offset_ranges: tuple[OffsetRange, ...]
    count: int
    sum_by_ccy: Mapping[str, int]
    mset_hash: str
    prev_manifest_sha: str | None
    written_at_us: int

    @property
    def batch_id(self) -> str:
        return batch_id(self.query_id, self.batch)

    @property
    def src_range(self) -> str:
        """The offset ranges as canonical text: half of the load ledger's key."""
        return json.dumps(
            [item.as_json() for item in self.offset_ranges], sort_keys=True, separators=(",", ":")
        )

    def only(self, kind: str) -> DataFile | None:
        """The file of this kind; a batch has one raw file and at most one of dead letters."""
        return next((file for file in self.files if file.kind == kind), None)

    @property
    def raw(self) -> DataFile:
        found = self.only("raw")
        if found is None:
            raise ValueError(f"manifest {self.batch_id} names no raw file")
        return found

    @property
    def valid_rows(self) -> int:
        dead = self.only("dlq")
        return self.raw.rows - (dead.rows if dead else 0)


def batch_id(query_id: str, batch: int) -> str:
    return f"{query_id[:8]}-{batch:08d}"


def path_of(folder: Path, query_id: str, batch: int) -> Path:
    return folder / f"{batch_id(query_id, batch)}.json"


def write(folder: Path, manifest: Manifest) -> Path:
    """Commit the batch; ``FileExistsError`` if it is committed already."""
    path = path_of(folder, manifest.query_id, manifest.batch)
    body = asdict(manifest) | {
        "batch_id": manifest.batch_id,
        "offset_ranges": [item.as_json() for item in manifest.offset_ranges],
    }
    files.create_atomically(path, json.dumps(body, indent=1).encode())
    return path


def read(path: Path) -> Manifest:
    raw: dict[str, Any] = json.loads(path.read_bytes())
    return Manifest(
        query_id=raw["query_id"],
        batch=raw["batch"],
        files=tuple(DataFile(**item) for item in raw["files"]),
        offset_ranges=tuple(
            OffsetRange(item["cluster"], item["topic"], item["partition"], item["from"], item["to"])
            for item in raw["offset_ranges"]
        ),
        count=raw["count"],
        sum_by_ccy=raw["sum_by_ccy"],
        mset_hash=raw["mset_hash"],
        prev_manifest_sha=raw["prev_manifest_sha"],
        written_at_us=raw["written_at_us"],
    )


def sha_of_last_before(folder: Path, query_id: str, batch: int) -> str | None:
    """The link of the chain: hash of the latest manifest of this query before ``batch``."""
    before = [path for path in folder.glob(f"{query_id[:8]}-*.json") if path.stem < batch_id(query_id, batch)]
    return sha256(max(before).read_bytes()).hexdigest() if before else None


def multiset_hash(rows: Iterable[tuple[object, ...]]) -> str:
    """A hash of the rows in any order; sums, so that two equal rows do not cancel each other."""
    total = 0
    for row in rows:
        line = "|".join(map(str, row)).encode()
        digest = blake2b(line, digest_size=16, key=_MSET_KEY).digest()
        total = (total + int.from_bytes(digest, "big")) % _MSET_MODULUS
    return f"{total:032x}"
