"""Files that are either wholly there or not there at all, also after a crash."""

import os
import secrets
from hashlib import file_digest
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Replace ``path`` by ``data`` in one step."""
    temporary = _write_aside(path, data)
    temporary.replace(path)
    sync_folder(path.parent)


def create_atomically(path: Path, data: bytes) -> None:
    """Create ``path`` with ``data`` in one step; ``FileExistsError`` if somebody was faster."""
    temporary = _write_aside(path, data)
    try:
        os.link(temporary, path)
    finally:
        temporary.unlink()
    sync_folder(path.parent)


def _write_aside(path: Path, data: bytes) -> Path:
    # The leading dot keeps half-written files out of every `*.json` that readers look for.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return temporary


def sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
