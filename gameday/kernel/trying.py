"""What a system promises beside its hops: its parts are written down before, its trials are made after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gameday.kernel.parts import PARTS, TRIAL, check_known
from gameday.kernel.protocols import Trial
from gameday.kernel.recording import Recording, Seal


def promise_parts(recording: Recording, promised: Sequence[str]) -> None:
    """One row per part: what is promised from here on counts as missing if it does not come."""
    check_known(promised)
    rows = [{"name": name, "built": name in promised} for name in PARTS]
    rows += [{"name": name, "built": True} for name in promised if name.startswith(TRIAL)]
    recording.add("part", rows)


def write_settings(recording: Recording, settings: Mapping[str, Any]) -> None:
    """The effective settings of every part, one row each, as the invariants read them."""
    rows = [
        {"part": part, "key": key, "content": content}
        for part, nested in settings.items()
        for key, content in _flat("", nested)
    ]
    recording.add("config_scan", rows)
    recording.seal(Seal("config_scan", len(rows), len(rows), "the settings as asked for"))


def _flat(prefix: str, value: Any) -> Iterable[tuple[str, str | None]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(f"{prefix}.{name}" if prefix else str(name), inner)
    elif isinstance(value, bool):
        yield prefix, str(value).lower()
    else:
        yield prefix, None if value is None else str(value)


def make_trials(recording: Recording, trials: Sequence[Trial], seed: int) -> None:
    """Every trial in turn; the seal comes last, so trials that were cut short count as missing."""
    tried = 0
    for trial in trials:
        rows = [{**row, "id": trial.id} for row in trial.run(recording, seed)]
        recording.add("trial", rows)
        tried += len(rows)
    if trials:
        stored = recording.read("trial").num_rows
        recording.seal(Seal("trial", stored, tried, "rows that the trials gave"))
