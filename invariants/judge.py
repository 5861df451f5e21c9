"""The judge: a recording and invariants in, findings out. It reads ledgers only, never a live system."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from gameday.kernel.clock import US
from gameday.kernel.recording import SCHEMAS, Recording, as_rows
from gameday.kernel.verdict import (
    MEASURE,
    Finding,
    Invariant,
    Preconditions,
    Verdict,
    decide,
    missing_inputs,
    parts_not_built,
)
from invariants import preconditions as conditions
from invariants.engines import Engine
from invariants.engines.duckdb import DuckDb
from invariants.h import H1, VOIDING
from invariants.narrow import COVERED, TABLES
from invariants.r import R1_TARGET
from invariants.views import tables_for

LARGE = 200_000  # attempts from which on books are made before anything else
SHOWN = 20  # offenders in a finding; all of them are in its file

MakeEngine = Callable[[Recording], Engine]

# What is absent from a hop that still moves is no offender yet: such an invariant cannot be HELD.
_PENDING = """SELECT first_missing_hop AS hop, count(*) AS n FROM trail
WHERE fate = 'demanded' AND pending GROUP BY first_missing_hop ORDER BY n DESC, hop"""
_UNSIGHTED = "SELECT hop, count(*) AS n FROM visible WHERE unsighted = 1 GROUP BY hop ORDER BY n DESC, hop"
# Where hops have targets of their own, the one that is shown belongs to the hop that the figure belongs to.
_TARGET_OF_FIGURE = {"R1": R1_TARGET}
_RESTS_ON_ABSENCE = frozenset(
    {"Z1", "Z2", "Z3", "Z4", "Z5", "Z6", "U3", "U5", "B1", "B3", "B4", "B5", "B7", "B8", "B9", "AN14", "R2"}
)


@dataclass(frozen=True)
class Bench:
    """One recording being judged: its engine, its preconditions, and where offenders go."""

    recording: Recording
    engine: Engine
    given: Preconditions
    held: frozenset[str]
    offenders: Path | None


def preconditions(recording: Recording, *, make_engine: MakeEngine = DuckDb) -> Preconditions:
    """Seals, instruments, faults and traffic of a recording."""
    engine = make_engine(recording)
    try:
        fill_targets(engine, ())
        return conditions.of(recording, engine)
    finally:
        engine.close()


def judge(
    recording: Recording,
    invariants: Iterable[Invariant],
    *,
    held: Collection[str],
    make_engine: MakeEngine = DuckDb,
    save_offenders: bool = True,
    books: bool | None = None,
) -> list[Finding]:
    """One finding per invariant, in the order given; those outside `held` are shown, never combined.

    With `books` (by default where a recording is large) what balances hop by hop is spared the views.
    """
    asked = list(invariants)
    engine = make_engine(recording)
    try:
        fill_targets(engine, asked)
        given = conditions.of(recording, engine)
        folder = recording.folder / "offenders" if save_offenders else None
        bench = Bench(recording, engine, given, frozenset(held), folder)
        if books is None:
            books = (_scalar(engine, "SELECT count(*) FROM send") or 0) >= LARGE
        sparing = [one for one in asked if books and one.id in COVERED]
        found = {one.id: _guarded(bench, one) for one in asked if one not in sparing}
    finally:
        engine.close()
    found |= _by_the_books(replace(bench, engine=make_engine(recording)), sparing) if sparing else {}
    return [found[one.id] for one in asked]


def _by_the_books(bench: Bench, asked: Sequence[Invariant]) -> dict[str, Finding]:
    """The same verdicts and offenders from the rows that do not balance, where the engine keeps books."""
    engine = bench.engine
    try:
        fill_targets(engine, asked)
        spared = None if bench.given.unsealed & set(TABLES) else engine.settle()
        return {one.id: _guarded(bench, spared.spare(one) if spared else one) for one in asked}
    except Exception as error:  # whatever the books stumbled over, nothing is known of what they hold
        why = f"the books of this recording cannot be made: {_first_line(error)}"
        return {one.id: _finding(bench, one, Verdict.UNKNOWN, why) for one in asked}
    finally:
        engine.close()


def fill_targets(engine: Engine, invariants: Iterable[Invariant]) -> None:
    """Targets of the recording win; those that it lacks come from the invariants, H1's from its default."""
    rows = engine.rows("SELECT invariant, name, value FROM target")
    known = {(row["invariant"], row["name"]) for row in rows}
    for one in (*invariants, H1):
        for name, value in one.targets.items():
            if (one.id, name) not in known:
                known.add((one.id, name))
                rows.append({"invariant": one.id, "name": name, "value": float(value)})
    engine.put("target", as_rows("target", rows))


def _guarded(bench: Bench, invariant: Invariant) -> Finding:
    try:
        return _judge_one(bench, invariant)
    except Exception as error:  # a checker that crashes says nothing, and must not look as if it did
        return _finding(bench, invariant, Verdict.UNKNOWN, f"the checker crashed: {_first_line(error)}")


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"


def _judge_one(bench: Bench, invariant: Invariant) -> Finding:
    # The hops of this recording may be more than those that the texts were declared for.
    texts = [text for text in (invariant.judged, invariant.offenders, invariant.figure) if text]
    needs = {*invariant.needs, *tables_for(*texts, chain=bench.engine.chain)} - set(invariant.beside)
    asked = replace(invariant, needs=tuple(needs))
    absent = parts_not_built(asked, _present(bench.engine), _built(bench.engine))
    if absent and "part" in bench.engine.trouble:
        why = "the recording does not say which parts the system has"
        return _finding(bench, invariant, Verdict.UNKNOWN, why)
    if absent:
        why = f"part not built: {', '.join(absent)}"
        return _finding(bench, invariant, Verdict.NOT_BUILT, why)
    missing = missing_inputs(asked, _present(bench.engine), bench.given)
    if missing:
        why = conditions.told(missing, bench.recording, bench.engine)
        return _finding(bench, invariant, Verdict.UNKNOWN, f"input missing or unsealed: {why}")
    engine = bench.engine
    judged = int(_scalar(engine, invariant.judged) or 0)
    first, offenders = _offenders(bench, invariant)
    misses = bool(_scalar(engine, invariant.control_too)) if invariant.control_too else False
    given = _given_for(bench, invariant, offenders)
    counted = 0 if invariant.id in VOIDING else offenders
    verdict, why = decide(invariant, given, judged, counted, misses)
    figure = _scalar(engine, invariant.figure) if invariant.figure else float(offenders)
    of_figure = _TARGET_OF_FIGURE.get(invariant.id)
    aim = _scalar(engine, of_figure) if of_figure else None
    finding = _finding(bench, invariant, verdict, why)
    return replace(
        finding,
        judged=judged,
        offenders=offenders,
        first=tuple(first),
        hop=next((str(row["hop"]) for row in first if row.get("hop")), ""),
        hops=_hops(bench, invariant, first, offenders),
        target=finding.target if aim is None else aim,
        figure=None if figure is None else float(figure),
    )


def _given_for(bench: Bench, invariant: Invariant, offenders: int) -> Preconditions:
    """The preconditions of the run, and what this invariant adds to them."""
    given = bench.given
    if invariant.id in VOIDING:
        # A void run is inconclusive about itself: each of the three shows its own shortfall only.
        own = {"H0": replace(given, traffic=""), "H1": replace(given, fault="")}.get(invariant.id)
        if own is not None:
            return own
        void = f"{offenders} planted corruptions were not found: the run is void"
        return replace(given, fault=void if offenders else "", traffic="")
    if invariant.id in _RESTS_ON_ABSENCE:
        waiting = bench.engine.rows(_PENDING)
        if waiting:
            n = sum(int(row["n"]) for row in waiting)
            pending = (
                f"{n} attempts are pending at {waiting[0]['hop']}, which still moved when the drain ended"
            )
            return replace(given, fault="; ".join(filter(None, (pending, given.fault))))
    if "trial" in invariant.needs and (untold := _untold(bench.engine, invariant.id)):
        return replace(given, fault="; ".join(filter(None, (untold, given.fault))))
    if invariant.kind is MEASURE and "sighting" in invariant.needs and not given.instrument:
        blind = bench.engine.rows(_UNSIGHTED) if "curated_scan" in invariant.needs else []
        if blind:
            return replace(given, instrument=f"{blind[0]['n']} rows at {blind[0]['hop']} were never sighted")
    return given


def _untold(engine: Engine, id: str) -> str:
    """Why the trials of an invariant do not tell; empty if they do."""
    rows = engine.rows(f"SELECT found FROM trial WHERE id = '{id}'")
    silent = sum(row["found"] is None for row in rows)
    if not rows:
        return "a trial was promised, and none was made"
    return f"{silent} of {len(rows)} trials got no answer" if silent else ""


def _present(engine: Engine) -> set[str]:
    return set(SCHEMAS) - set(engine.trouble)


def _built(engine: Engine) -> set[str]:
    return {str(row["name"]) for row in engine.rows("SELECT name FROM part WHERE built")}


def _scalar(engine: Engine, sql: str) -> float | None:
    rows = engine.rows(sql)
    value = next(iter(rows[0].values())) if rows else None
    return None if value is None else float(value)


def _offenders(bench: Bench, invariant: Invariant) -> tuple[list[dict[str, Any]], int]:
    """The first offenders and how many there are; all of them go to a file."""
    order = f" ORDER BY {invariant.order_by}" if invariant.order_by else ""
    first = bench.engine.rows(f"SELECT * FROM ({invariant.offenders}) o{order} LIMIT {SHOWN + 1}")
    path = bench.offenders / f"{invariant.id}.parquet" if bench.offenders else None
    if path is not None:
        path.unlink(missing_ok=True)
    if not first:
        return [], 0
    if path is not None:
        count = bench.engine.save(f"SELECT * FROM ({invariant.offenders}) o{order}", path)
    elif len(first) <= SHOWN:
        count = len(first)
    else:
        count = int(_scalar(bench.engine, f"SELECT count(*) FROM ({invariant.offenders}) o") or 0)
    return first[:SHOWN], count


def _hops(
    bench: Bench, invariant: Invariant, first: Sequence[Mapping[str, Any]], offenders: int
) -> tuple[str, ...]:
    """Every hop at which something offends, beyond the first offenders too."""
    rows = first
    if offenders > len(first) and "hop" in first[0]:
        rows = bench.engine.rows(f"SELECT o.hop FROM ({invariant.offenders}) o GROUP BY o.hop")
    return tuple(sorted({str(row["hop"]) for row in rows if row.get("hop")}))


def _finding(bench: Bench, invariant: Invariant, verdict: Verdict, why: str) -> Finding:
    return Finding(
        id=invariant.id,
        says=invariant.says,
        verdict=verdict,
        why=why,
        unit=invariant.unit,
        target=_target(bench.engine, invariant),
        control=_control(bench.engine, invariant.id),
        held_by_scenario=invariant.id in bench.held,
        implies=invariant.implies,
        hint=invariant.hint,
    )


def _target(engine: Engine, invariant: Invariant) -> float | None:
    """The first target, in the unit of the figure: seconds where the target is a time."""
    if invariant.id == "R1":
        wanted = "SELECT max(value) AS v FROM target WHERE invariant = 'R1' AND name LIKE 'rto_us%'"
        aim = _scalar(engine, wanted)
        if aim is None:
            aim = _scalar(engine, "SELECT max(r1_target_us) AS v FROM hop")
        return None if aim is None else aim / US
    name = next(iter(invariant.targets), None)
    if name is None:
        return None
    value = _scalar(
        engine, f"SELECT max(value) AS v FROM target WHERE invariant = '{invariant.id}' AND name = '{name}'"
    )
    return value if value is None or "_us" not in name else value / US


def _control(engine: Engine, id: str) -> float | None:
    return _scalar(engine, f"SELECT max(value) AS v FROM control WHERE measure = 'figure:{id}'")


def all_offenders(recording: Recording, id: str) -> Sequence[Mapping[str, Any]]:
    """Every offender of an invariant, as the last judging stored them."""
    path = recording.folder / "offenders" / f"{id}.parquet"
    rows: list[Mapping[str, Any]] = pq.read_table(path).to_pylist() if path.exists() else []
    return rows
