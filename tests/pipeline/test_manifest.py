"""The manifest commits once, links to its predecessor, and hashes the rows as a multiset."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from pipeline import manifest as manifests
from pipeline.checkpoint import Checkpoint
from pipeline.manifest import DataFile, Manifest, OffsetRange

QUERY = "0123456789-query"


def manifest(batch: int = 0, **changes: object) -> Manifest:
    made = Manifest(
        query_id=QUERY,
        batch=batch,
        files=(DataFile("raw/a.parquet", "raw", 10, "s", 1), DataFile("dlq/a.parquet", "dlq", 2, "t", 1)),
        offset_ranges=(OffsetRange("a", "t", 0, 5, 15),),
        count=10,
        sum_by_ccy={"EUR": 7},
        mset_hash="0",
        prev_manifest_sha=None,
        written_at_us=1,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = manifests.write(tmp_path, manifest(12))
    assert path.name == "01234567-00000012.json"
    assert manifests.read(path) == manifest(12)
    body = json.loads(path.read_text())
    assert body["batch_id"] == "01234567-00000012"
    assert body["offset_ranges"] == [{"cluster": "a", "topic": "t", "partition": 0, "from": 5, "to": 15}]


def test_a_batch_is_committed_once(tmp_path: Path) -> None:
    path = manifests.write(tmp_path, manifest())
    with pytest.raises(FileExistsError):
        manifests.write(tmp_path, manifest(count=99))
    assert manifests.read(path).count == 10
    assert list(tmp_path.iterdir()) == [path], "a loser leaves nothing behind"


def test_only_valid_rows_are_for_the_warehouse() -> None:
    assert manifest().valid_rows == 8


def test_the_chain_links_to_the_latest_batch_before_of_the_same_query(tmp_path: Path) -> None:
    assert manifests.sha_of_last_before(tmp_path, QUERY, 3) is None
    first = manifests.write(tmp_path, manifest(1))
    manifests.write(tmp_path, manifest(4))
    manifests.write(tmp_path, manifest(2, query_id="another-query"))
    assert manifests.sha_of_last_before(tmp_path, QUERY, 4) == sha256(first.read_bytes()).hexdigest()


def test_the_multiset_hash_knows_no_order_and_forgets_no_copy() -> None:
    a, b = ("a", 1), ("b", 2)
    assert manifests.multiset_hash([a, b]) == manifests.multiset_hash([b, a])
    assert manifests.multiset_hash([a, a, b]) != manifests.multiset_hash([b])
    assert manifests.multiset_hash([a]) != manifests.multiset_hash([a, a])


def test_offset_ranges_come_from_the_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "metadata").write_text('{"id":"q"}')
    (tmp_path / "sources" / "0").mkdir(parents=True)
    (tmp_path / "sources" / "0" / "0").write_text('\0v1\n{"t":{"0":3,"1":0}}')
    (tmp_path / "offsets").mkdir()
    (tmp_path / "offsets" / "0").write_text('v1\n{"conf":{}}\n{"t":{"0":5,"1":0}}')
    (tmp_path / "offsets" / "1").write_text('v1\n{"conf":{}}\n{"t":{"0":5,"1":4,"2":1}}')
    checkpoint = Checkpoint(tmp_path)
    assert checkpoint.query_id() == "q"
    assert checkpoint.offset_ranges("a", "t", 0) == (OffsetRange("a", "t", 0, 3, 5),)
    assert checkpoint.offset_ranges("a", "t", 1) == (
        OffsetRange("a", "t", 1, 0, 4),
        OffsetRange("a", "t", 2, 0, 1),
    )
