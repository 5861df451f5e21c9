"""The path of one event through the hops, as data: intent, attempts, places, batches, times and faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from gameday.kernel.recording import Recording
from invariants.chain import BRANCH, FIRST
from invariants.engines.duckdb import DuckDb
from invariants.evidence import Evidence, Row, place, short_place
from invariants.judge import MakeEngine, fill_targets

STRAY = -1  # the attempt of a row that no attempt explains


@dataclass(frozen=True)
class Step:
    """What happened to one attempt at one place; `at_us` is None where it never happened."""

    copy: int
    attempt: int
    hop: str  # "planned", "sent", then the hops
    at_us: int | None
    what: str  # "due", "ACK", "seen", "suppressed", "CHANGED", "LOST", "pending", …
    where: str = ""  # coordinates, container, file, or what is there instead
    faults: tuple[str, ...] = ()  # active at that instant; of what never happened: at the step before
    error_us: int | None = None  # it happened at most this long before `at_us`
    facts: Mapping[str, Any] = field(default_factory=dict)  # the same for a program


@dataclass(frozen=True)
class Path:
    """Everything that the recording knows of one event."""

    uid: int
    intents: Sequence[dict[str, Any]]
    steps: Sequence[Step]
    verdict: str  # one sentence
    zero_us: int | None = None  # the beginning of the run
    faults: Sequence[dict[str, Any]] = ()  # those that the steps name

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class NoSuchEvent(LookupError):
    """Neither the plan nor any scan knows this uid."""


def explain(recording: Recording, uid: int, *, make_engine: MakeEngine = DuckDb) -> Path:
    """The path of every copy and attempt of an event."""
    engine = make_engine(recording)
    try:
        fill_targets(engine, ())
        return _path(Evidence(engine, int(uid)), int(uid))
    finally:
        engine.close()


def _path(known: Evidence, uid: int) -> Path:
    if not known.intents and not known.trail and not known.rows_anywhere:
        raise NoSuchEvent(f"event {uid} is in no table of this recording; is it of another run?")
    steps = [step for row in known.trail for step in _Walk(known, row).steps()]
    strays = _strays(known)
    everything = (*steps, *strays)
    named = {name.split()[0] for step in everything for name in step.faults}
    faults = [fault for fault in known.faults if fault["id"] in named]
    return Path(uid, known.intents, everything, _verdict(known, steps, strays), known.zero_us, faults)


class _Walk:
    """The steps of one attempt, from the plan to the last hop that was to have it."""

    def __init__(self, known: Evidence, row: Row) -> None:
        self._known, self._row = known, row
        self._last_us: int | None = row["t_due"]

    def steps(self) -> list[Step]:
        row, chain = self._row, self._known.chain
        told = "" if row["told_offset"] is None else f"told {row['told_partition']}@{row['told_offset']}"
        due = self._step("planned", row["t_due"], f"due, {row['class']}")
        sent_at = row["t_done"] if row["t_done"] is not None else row["t_invoke"]
        took = None if row["t_done"] is None or row["t_invoke"] is None else row["t_done"] - row["t_invoke"]
        facts = {"outcome": row["outcome"], "t_invoke": row["t_invoke"], "took_us": took}
        facts["error"] = self._known.error_of(row)
        said = ", ".join(text for text in (told, facts["error"]) if text)
        steps = [due, self._step("sent", sent_at, row["outcome"], said, facts=facts)]
        for hop in (FIRST, *chain.coordinates, BRANCH, *chain.event):
            if hop == row["first_missing_hop"]:
                what = "LOST" if row["lost"] else "pending"
                steps.append(self._step(hop, None, what, self._instead(hop)))
            else:
                steps += self._event_hop(hop) if hop in chain.event else self._hop(hop)
        return steps

    def _step(
        self,
        hop: str,
        at: int | None,
        what: str,
        where: str = "",
        *,
        error_us: int | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> Step:
        self._last_us = self._last_us if at is None else at
        active = self._known.active(self._last_us)
        copy, attempt = self._row["copy"], self._row["attempt"]
        return Step(copy, attempt, hop, at, what, where, active, error_us, facts or {})

    def _hop(self, hop: str) -> list[Step]:
        """The rows at the coordinates of this attempt: none, one, or more than one."""
        rows = self._known.at(hop, self._row)
        if hop == FIRST and not rows:
            return [] if self._row["outcome"] == "ACK" else [self._step(hop, None, "not found")]
        steps = []
        for container, n in sorted(Counter(row["container"] for row in rows).items(), key=str):
            row = next(row for row in rows if row["container"] == container)
            what = _changed(hop, row, self._row) or ("seen" if n == 1 else f"seen {n} times")
            reason = f": {row['reason']}" if row.get("reason") else ""
            seen = self._known.sighted(hop, container)
            facts = {**_coordinates(row), "container": container, "n": n, "reason": row.get("reason")}
            facts |= self._known.batch(container) if hop == self._known.chain.last_by_coordinates else {}
            where = f"{short_place(row)} in {container}{_position(row)}{_file(facts)}"
            steps.append(self._step(hop, seen[1], what + reason, where, error_us=seen[0], facts=facts))
        return steps

    def _event_hop(self, hop: str) -> list[Step]:
        steps = []
        batch = self._row[f"c_{self._known.chain.last_by_coordinates}"]
        error, seen = self._known.sighted(hop, batch)
        for row in self._known.suppressed(self._row):
            survivor = f"{row['survivor_partition']}@{row['survivor_offset']}"
            where = f"{short_place(row)} by {row['rule']} for event {row['survivor_uid']} at {survivor}"
            facts = {name: row[name] for name in row if name.startswith("survivor_") or name == "rule"}
            steps.append(self._step(hop, seen, "suppressed", where, error_us=error, facts=facts))
        if steps or not self._row["n_load"]:
            return steps
        mine = [row for row in self._known.at_event(hop) if place(row) == place(self._row)]
        rows = mine or [row for row in self._known.at_event(hop) if row["copy"] == self._row["copy"]]
        for row in rows[:1]:
            what = _changed(hop, row, self._row) or ("seen" if len(rows) == 1 else f"seen {len(rows)} times")
            content = f"{row['event_type']} of {row['amount_minor']:,} {row['currency']}"
            where = f"{content} in {row['container']}{self._differs(row)}"
            facts = {**_coordinates(row), "n": len(rows), "content": content, "container": row["container"]}
            steps.append(self._step(hop, seen, what, where, error_us=error, facts=facts))
        return steps

    def _differs(self, row: Row) -> str:
        """The business columns that are not those of the intent."""
        wanted = next((one for one in self._known.intents if one["copy"] == row["copy"]), None)
        names = ("payment_id", "merchant_id", "amount_minor", "currency", "event_ts")
        other = [name for name in names if wanted is not None and row[name] != wanted[name]]
        return "".join(f", {name} {row[name]} in place of {wanted[name]}" for name in other if wanted)

    def _instead(self, hop: str) -> str:
        """What lies where this attempt should be."""
        row, chain = self._row, self._known.chain
        if hop == FIRST:
            return self._known.at_told(row)
        if hop == chain.last_by_coordinates and row["c_raw"]:
            batch = self._known.batch(row["c_raw"])
            rows = f"with {batch['row_count']:,} rows" if batch else ""
            return f"batch {row['c_raw']} is {'' if batch else 'not '}in the load ledger {rows}".rstrip()
        if hop in chain.event:
            seen = self._known.sighted(hop, row[f"c_{chain.last_by_coordinates}"])[1]
            return f"its batch was {'' if seen is not None else 'not '}curated"
        return ""


def _coordinates(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in ("cluster", "topic", "partition", "src_offset")}


def _position(row: Row) -> str:
    return "" if row["position"] is None else f", row {row['position']:,}"


def _file(facts: Mapping[str, Any]) -> str:
    if not facts.get("file_sha"):
        return ""
    return f", load {facts['load_seq']} of file {facts['file_sha'][:12]}, {facts['row_count']:,} rows"


def _changed(hop: str, row: Row, sent: Row) -> str:
    """How a row differs from what was sent; empty if it does not."""
    if row["body_hash"] is not None and row["body_hash"] != sent["body_hash"]:
        return "CHANGED bytes"
    told = row["canonical_hash"]
    if sent["canonical_hash"] is None or hop in (FIRST, BRANCH) or told == sent["canonical_hash"]:
        return ""
    return "CHANGED business columns"


def _strays(known: Evidence) -> list[Step]:
    """Rows that carry this id where no attempt explains them."""
    placed = {place(row) for row in known.trail}
    steps = []
    for hop in (FIRST, *known.chain.coordinates, BRANCH):
        for row in known.rows(hop):
            if place(row) not in placed:
                error, seen = known.sighted(hop, row["container"])
                where = f"{short_place(row)} in {row['container']}"
                steps.append(
                    Step(
                        row["copy"] or 0,
                        STRAY,
                        hop,
                        seen,
                        "no attempt explains this row",
                        where,
                        known.active(seen),
                        error,
                        _coordinates(row),
                    )
                )
    return steps


def _verdict(known: Evidence, steps: Sequence[Step], strays: Sequence[Step]) -> str:
    trail = known.trail
    lost = [row for row in trail if row["lost"]]
    changed = [step for step in steps if step.what.startswith("CHANGED")]
    doubled = [step for step in steps if "times" in step.what]
    pending = [row for row in trail if row["pending"]]
    if lost:
        return f"{len(lost)} of {len(trail)} attempts lost, the first at {lost[0]['first_missing_hop']}"
    if changed:
        return f"changed on its way, first at {changed[0].hop}"
    if doubled:
        return f"doubled at {doubled[0].hop}"
    if strays:
        return f"{len(strays)} rows that no attempt explains, the first at {strays[0].hop}"
    if pending:
        return f"{len(pending)} of {len(trail)} attempts pending at {pending[0]['first_missing_hop']}"
    if not trail:
        return "planned, never handed over"
    fates = sorted({row["fate"] for row in trail})
    return f"{len(trail)} attempts accounted for ({', '.join(fates)})"
