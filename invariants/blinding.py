"""What the judge says when it is blinded: tables are taken away from a copy, or their seals are broken."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gameday.kernel.recording import Recording
from gameday.kernel.verdict import Verdict
from invariants.catalog import everything
from invariants.engines.duckdb import DuckDb
from invariants.judge import MakeEngine, judge

# One that most of the catalogue reads, and one that is read through views alone.
TAKEN_AWAY = ("curated_scan", "broker_scan")


@dataclass(frozen=True)
class Blinding:
    """One table that was taken away, and which invariants did not notice."""

    table: str
    passed: tuple[str, ...]

    @property
    def detail(self) -> str:
        return f"passed without it: {', '.join(self.passed)}" if self.passed else "nothing passed without it"


def blind(recording: Recording, workdir: Path, *, make_engine: MakeEngine = DuckDb) -> list[Blinding]:
    """Each table in turn; whoever reads it and is HELD all the same is named."""
    return [_without(recording, workdir / f"no-{table}", table, make_engine) for table in TAKEN_AWAY]


def _without(recording: Recording, folder: Path, table: str, make_engine: MakeEngine) -> Blinding:
    copy = Recording.create(folder)
    try:
        (folder / "run.json").write_bytes((recording.folder / "run.json").read_bytes())
        for name in recording.tables():
            if name != table:
                _link(recording.files(name), folder / "tables" / name)
        asked = [one for one in everything().values() if table in one.needs]
        found = judge(copy, asked, held=[], make_engine=make_engine, save_offenders=False)
        return Blinding(table, tuple(one.id for one in found if one.verdict is Verdict.HELD))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _link(files: Sequence[Path], into: Path) -> None:
    into.mkdir()
    for path in files:
        os.symlink(path.absolute(), into / path.name)
