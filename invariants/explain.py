"""The path of one event through the hops, as data: intent, attempts, places, batches, times and faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gameday.kernel.recording import Recording
from invariants.chain import BRANCH, FIRST, Chain
from invariants.engines import Engine
from invariants.engines.duckdb import DuckDb
from invariants.judge import MakeEngine, fill_targets


@dataclass(frozen=True)
class Step:
    """What happened to one attempt at one place; `at_us` is None where it never happened."""

    copy: int
    attempt: int
    hop: str  # "planned", "sent", then the hops
    at_us: int | None
    what: str  # "due", "ACK", "seen", "suppressed", "LOST", "pending", "not expected", …
    where: str = ""  # coordinates and container
    faults: tuple[str, ...] = ()  # active at that instant


@dataclass(frozen=True)
class Path:
    """Everything that the recording knows of one event."""

    uid: int
    intents: Sequence[dict[str, Any]]
    steps: Sequence[Step]
    verdict: str  # one sentence

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class NoSuchEvent(LookupError):
    """Neither the plan nor any scan knows this uid."""


def explain(recording: Recording, uid: int, *, make_engine: MakeEngine = DuckDb) -> Path:
    """The path of every copy and attempt of an event."""
    engine = make_engine(recording)
    try:
        fill_targets(engine, ())
        return _path(engine, int(uid))
    finally:
        engine.close()


def _path(engine: Engine, uid: int) -> Path:
    intents = engine.rows(f"SELECT * FROM intent WHERE uid = {uid} ORDER BY copy")
    trail = engine.rows(f"SELECT * FROM trail WHERE uid = {uid} ORDER BY copy, attempt")
    strays = _strays(engine, uid, {_place(row) for row in trail})
    if not intents and not trail and not strays:
        raise NoSuchEvent(f"event {uid} is in no table of this recording; is it of another run?")
    seen = engine.rows(f"SELECT copy, attempt, hop, t_visible, is_open FROM visible WHERE uid = {uid}")
    times = {
        (row["copy"], row["attempt"], row["hop"]): row["t_visible"] for row in seen if not row["is_open"]
    }
    faults = engine.rows("SELECT id, victim, t_bite, t_healed FROM fault WHERE t_bite IS NOT NULL")
    steps = [step for row in trail for step in _steps(row, times, faults, engine.chain)]
    return Path(uid, intents, tuple(steps + strays), _verdict(trail, strays))


def _active(faults: Sequence[dict[str, Any]], at: int | None) -> tuple[str, ...]:
    if at is None:
        return ()
    return tuple(
        f"{f['id']} ({f['victim']})"
        for f in faults
        if f["t_bite"] <= at and (f["t_healed"] is None or at <= f["t_healed"])
    )


def _place(row: dict[str, Any]) -> str:
    return "" if row["src_offset"] is None else f"{row['topic']}/{row['partition']}@{row['src_offset']}"


def _steps(
    row: dict[str, Any],
    times: dict[tuple[int, int, str], int],
    faults: Sequence[dict[str, Any]],
    chain: Chain,
) -> list[Step]:
    copy, attempt = row["copy"], row["attempt"]

    def step(hop: str, at: int | None, what: str, where: str = "") -> Step:
        return Step(copy, attempt, hop, at, what, where, _active(faults, at))

    told = "" if row["told_offset"] is None else f"told {row['told_partition']}@{row['told_offset']}"
    steps = [
        step("planned", row["t_due"], f"due, {row['class']}"),
        step("sent", row["t_done"], row["outcome"], told),
    ]
    missing = row["first_missing_hop"]
    for hop in (FIRST, *chain.coordinates, BRANCH, *chain.event):
        what, where = _at_hop(row, hop, chain)
        if hop == missing:
            steps.append(step(hop, None, "LOST" if row["lost"] else "pending"))
        elif what:
            steps.append(step(hop, times.get((copy, attempt, hop)), what, where))
    return steps


def _at_hop(row: dict[str, Any], hop: str, chain: Chain) -> tuple[str, str]:
    if hop == FIRST:
        return ("seen", f"{_place(row)} in {row['container']}") if row["src_offset"] is not None else ("", "")
    if hop in chain.event:
        if row["n_suppressed"]:
            return "suppressed", _place(row)
        batch = row[f"c_{chain.last_by_coordinates}"]
        return (_times(row[f"n_{hop}"]), f"in {batch}" if batch else "") if row[f"n_{hop}"] else ("", "")
    if not row[f"n_{hop}"]:
        return "", ""
    return _times(row[f"n_{hop}"]), f"{_place(row)} in {row[f'c_{hop}']}"


def _times(n: int) -> str:
    return "seen" if n == 1 else f"seen {n} times"


def _strays(engine: Engine, uid: int, known: set[str]) -> list[Step]:
    """Rows that carry this id at coordinates which no attempt explains."""
    steps = []
    for hop in (FIRST, *engine.chain.coordinates, BRANCH):
        rows = engine.rows(
            f"SELECT copy, topic, partition, src_offset, container FROM {hop}_scan "
            f"WHERE uid = {uid} ORDER BY partition, src_offset"
        )
        steps += [
            Step(row["copy"] or 0, -1, hop, None, "no attempt explains this row", _place(row))
            for row in rows
            if _place(row) not in known
        ]
    return steps


def _verdict(trail: Sequence[dict[str, Any]], strays: Sequence[Step]) -> str:
    lost = [row for row in trail if row["lost"]]
    if lost:
        return f"{len(lost)} of {len(trail)} attempts lost, the first at {lost[0]['first_missing_hop']}"
    if strays:
        return f"{len(strays)} rows that no attempt explains, the first at {strays[0].hop}"
    pending = [row for row in trail if row["pending"]]
    if pending:
        return f"{len(pending)} of {len(trail)} attempts pending at {pending[0]['first_missing_hop']}"
    if not trail:
        return "planned, never handed over"
    fates = sorted({row["fate"] for row in trail})
    return f"{len(trail)} attempts accounted for ({', '.join(fates)})"
