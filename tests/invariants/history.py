"""A builder of hand-written histories: a perfect pipeline in plain Python, to be damaged row by row.

It shares no code with the SQL of the invariants or their views.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gameday.kernel.parts import PART_OF, PARTS
from gameday.kernel.recording import RUN_TABLES, SCHEMAS, Recording, Seal

T0 = 1_700_000_000_000_000
MS = 1_000
S = 1_000_000
STEP = 10 * MS
_COUNTED = (n for n in SCHEMAS if n.endswith("_scan") or n in PART_OF)
SEALED = ("intent", "send", "trial", *RUN_TABLES, *_COUNTED)
DELAY = {"broker": 100 * MS, "raw": 1 * S, "load": 1_500 * MS, "curated": 2 * S, "dlq": 1 * S}
Row = dict[str, Any]


@dataclass
class Tables:
    """The tables of a recording as rows, with the means to damage them."""

    rows: dict[str, list[Row]]
    unsealed: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)
    by_name: dict[tuple[Any, ...], Row] = field(default_factory=dict)  # sightings and batches while they grow

    def find(self, table: str, **where: Any) -> list[Row]:
        return [r for r in self.rows[table] if all(r.get(k) == v for k, v in where.items())]

    def drop(self, table: str, **where: Any) -> Tables:
        doomed = self.find(table, **where)
        assert doomed, f"nothing to drop in {table} where {where}"
        self.rows[table] = [r for r in self.rows[table] if r not in doomed]
        return self

    def lose_from(self, hop: str, **where: Any) -> Tables:
        """Absent at this hop and at all that follow it."""
        chain = ["broker_scan", "raw_scan", "load_scan", "curated_scan"]
        for table in [*chain[chain.index(f"{hop}_scan") :], "suppressed_scan", "dlq_scan"]:
            if self.find(table, **where):
                self.drop(table, **where)
        for batch in self.rows["load_batch_scan"]:
            batch["row_count"] = len(self.find("load_scan", container=batch["container"]))
        self.rows["load_batch_scan"] = [b for b in self.rows["load_batch_scan"] if b["row_count"]]
        return self

    def double(self, table: str, changes: Row | None = None, **where: Any) -> Tables:
        for row in self.find(table, **where):
            self.rows[table].append({**row, **(changes or {})})
        return self

    def change(self, table: str, changes: Row, **where: Any) -> Tables:
        found = self.find(table, **where)
        assert found, f"nothing to change in {table} where {where}"
        for row in found:
            row.update(changes)
        return self

    def add(self, table: str, **row: Any) -> Tables:
        self.rows[table].append(row)
        return self

    def build(self, *parts: str) -> Tables:
        """The system makes these parts: their tables are there, empty and sealed (`trial:O1`: a trial)."""
        for part in parts:
            self.rows["part"] = [row for row in self.rows["part"] if row["name"] != part]
            self.add("part", name=part, built=True)
            self.absent -= {"trial"} if part.startswith("trial:") else set(PARTS[part])
        return self

    def hop(self, name: str, **changes: Any) -> Tables:
        return self.change("hop", changes, name=name)

    def target(self, invariant: str, **values: float) -> Tables:
        for name, value in values.items():
            self.rows["target"] = [
                r for r in self.rows["target"] if (r["invariant"], r["name"]) != (invariant, name)
            ]
            self.add("target", invariant=invariant, name=name, value=float(value))
        return self

    def fault(self, bite_s: float, heal_s: float, **others: Any) -> Tables:
        bite, heal = T0 + int(bite_s * S), T0 + int(heal_s * S)
        base = {
            "id": f"f{len(self.rows['fault']) + 1}",
            "kind": "kill",
            "target": "the leader",
            "victim": "broker-2",
            "t_arm": bite - 10 * MS,
            "t_bite": bite,
            "t_heal_cmd": heal,
            "t_healed": heal,
            "confirmed": "confirmed",
            "evidence": "gone",
            "stays": False,
        }
        return self.add("fault", **{**base, **others})

    def metric(self, name: str, at_s: float, value: float, labels: str = "") -> Tables:
        return self.add("metric", t=T0 + int(at_s * S), name=name, labels=labels, value=float(value))

    def delay(self, hop: str, until_s: float, **where: Any) -> Tables:
        """The containers of these rows become visible at a hop only then."""
        table = "load_scan" if hop == "curated" else f"{hop}_scan"
        names = {row["container"] for row in self.find(table, **where)}
        assert names
        for name in names:
            self.change("sighting", {"t_seen": T0 + int(until_s * S)}, hop=hop, container=name)
        return self

    def write(self, folder: Path) -> Recording:
        recording = Recording.create(folder)
        recording.note(seed=7)
        for table, rows in self.rows.items():
            if table not in self.absent:
                recording.add(table, rows)
        for table in SEALED:
            if table not in self.absent:
                n = len(self.rows[table])
                recording.seal(Seal(table, n, n + (table in self.unsealed), "a second count"))
        return recording


@dataclass
class History:
    """Events and their attempts, in the order of sending."""

    intents: dict[tuple[int, int], Row] = field(default_factory=dict)
    attempts: list[Row] = field(default_factory=list)
    sent_of_key: dict[str, int] = field(default_factory=dict)
    sent_of_id: dict[tuple[int, int], int] = field(default_factory=dict)

    def event(
        self,
        uid: int,
        copy: int = 0,
        *,
        cls: str = "valid",
        key: str = "k",
        partition: int = 0,
        outcome: str = "ACK",
        reaches: bool = True,
        told: bool = True,
        tags: str = "",
        ref: int | None = None,
        lateness_us: int = 0,
        amount: int = 100,
    ) -> History:
        seq = self.sent_of_key[key] = self.sent_of_key.get(key, -1) + 1
        due = T0 + len(self.attempts) * STEP
        self.intents[uid, copy] = {
            "uid": uid,
            "copy": copy,
            "seq": seq,
            "class": cls,
            "reason": "missing_field:currency" if cls == "invalid" else None,
            "ref_uid": ref,
            "lateness_us": lateness_us,
            "tags": tags,
            "event_type": "CAPTURE",
            "dialect": "DEDUP",
            "payment_id": f"p{uid}",
            "merchant_id": "m1",
            "account_id": "a1",
            "card_token": "c1",
            "amount_minor": amount,
            "currency": "EUR",
            "event_ts": due - lateness_us,
            "key": key,
            "body_hash": uid * 1000 + copy,
            "canonical_hash": None if cls == "invalid" else -uid,
        }
        return self.attempt(uid, copy, partition=partition, outcome=outcome, reaches=reaches, told=told)

    def attempt(
        self,
        uid: int,
        copy: int = 0,
        *,
        partition: int = 0,
        outcome: str = "ACK",
        reaches: bool = True,
        told: bool = True,
    ) -> History:
        number = self.sent_of_id[uid, copy] = self.sent_of_id.get((uid, copy), -1) + 1
        due = T0 + len(self.attempts) * STEP
        self.attempts.append(
            {
                "uid": uid,
                "copy": copy,
                "attempt": number,
                "outcome": outcome,
                "reaches": reaches and outcome != "FAIL",
                "told": told and outcome == "ACK",
                "p": partition,
                "due": due,
            }
        )
        return self

    def events(self, how_many: int, first: int = 1, **others: Any) -> History:
        for uid in range(first, first + how_many):
            self.event(uid, **others)
        return self

    def play(self, batch_of: int = 4) -> Tables:
        return _play(self, batch_of)


def perfect(how_many: int = 8) -> Tables:
    """A history in which nothing goes wrong."""
    return History().events(how_many).play()


def _empty() -> Tables:
    tables = Tables({name: [] for name in SCHEMAS if name != "seal"}, absent={*PART_OF, "trial"})
    for part in PARTS:
        tables.add("part", name=part, built=False)
    for ord, (name, joins) in enumerate(
        [("broker", "coordinates"), ("raw", "coordinates"), ("load", "coordinates"), ("curated", "event")]
    ):
        tables.add(
            "hop", name=name, ord=ord, joins=joins, state="drained", bound_us=5 * S, r1_target_us=20 * S
        )
    tables.add("hop", name="dlq", ord=9, joins="coordinates", state="drained")
    tables.add("phase", name="drain", t_from=T0 + 30 * S, t_to=T0 + 60 * S)
    for number in range(5):
        tables.add("check", id="H2", subject=f"planted {number}", ok=True, detail="caught")
    tables.add("check", id="H3", subject="toxics", ok=True, detail="none")
    tables.add("check", id="H4", subject="plan hash", ok=True, detail="equal")
    for second in range(0, 60, 2):
        tables.metric("sampler_late_us", second, 1000)
    tables.target("H1", events=1, during_fault=0, per_tag=1, towards=0)
    return tables


def _coordinates(partition: int, offset: int) -> Row:
    return {"cluster": "a", "topic": "t", "partition": partition, "src_offset": offset}


def _play(history: History, batch_of: int) -> Tables:
    tables = _empty()
    tables.rows["intent"] = list(history.intents.values())
    ends: dict[int, int] = {}
    alive: dict[int, Row] = {}
    arrived = 0
    for sent in history.attempts:
        intent = history.intents[sent["uid"], sent["copy"]]
        where: Row = {}
        if sent["reaches"]:
            offset = ends.get(sent["p"], 0)
            ends[sent["p"]] = offset + 1
            where = _coordinates(sent["p"], offset)
            _travel(tables, sent, intent, where, f"batch-{arrived // batch_of:03d}", alive)
            arrived += 1
        tables.add(
            "send",
            **{k: sent[k] for k in ("uid", "copy", "attempt", "outcome")},
            path="kafka",
            t_due=sent["due"],
            t_invoke=sent["due"],
            t_done=sent["due"] + 5 * MS,
            **(where if sent["told"] else {}),
        )
    return tables


def _travel(tables: Tables, sent: Row, intent: Row, where: Row, batch: str, alive: dict[int, Row]) -> None:
    """One record through every hop, as a pipeline without faults would carry it."""
    ids = {"uid": sent["uid"], "copy": sent["copy"]}
    full = {
        **ids,
        **where,
        "body_hash": intent["body_hash"],
        "canonical_hash": intent["canonical_hash"],
        "event_ts": intent["event_ts"],
    }
    _see(tables, "broker", f"{where['partition']}:{where['src_offset']}", where, sent["due"])
    tables.add("broker_scan", **full, container=f"{where['partition']}:{where['src_offset']}")
    _see(tables, "raw", batch, where, sent["due"])
    tables.add("raw_scan", **full, container=batch)
    if intent["class"] == "invalid":
        _see(tables, "dlq", batch, where, sent["due"])
        tables.add("dlq_scan", **full, container=batch, reason=intent["reason"])
        return
    _see(tables, "load", batch, where, sent["due"])
    tables.add("load_scan", **full, container=batch)
    if (batch,) not in tables.by_name:
        tables.add(
            "load_batch_scan", container=batch, file_sha=batch, src_range="[]", row_count=0, load_seq=1
        )
        tables.by_name[batch,] = tables.rows["load_batch_scan"][-1]
    tables.by_name[batch,]["row_count"] += 1
    _see(tables, "curated", batch, where, sent["due"])
    if sent["uid"] in alive:
        survivor = alive[sent["uid"]]
        tables.add(
            "suppressed_scan",
            **ids,
            **where,
            container=batch,
            rule="ID3" if sent["copy"] else "ID1",
            survivor_uid=sent["uid"],
            **{f"survivor_{k}": survivor[k] for k in ("cluster", "topic", "partition")},
            survivor_offset=survivor["src_offset"],
        )
        return
    alive[sent["uid"]] = where
    business = {k: intent[k] for k in ("event_type", "payment_id", "merchant_id", "amount_minor", "currency")}
    tables.add("curated_scan", **{**full, "body_hash": None}, **business, container=batch)


def _see(tables: Tables, hop: str, container: str, where: Row, due: int) -> None:
    seen = due + DELAY[hop]
    name = (hop, container, where["partition"])
    if name in tables.by_name:
        known = tables.by_name[name]
        known["t_seen"] = max(known["t_seen"], seen)
        known["to_offset"] = where["src_offset"] + 1
        return
    tables.add(
        "sighting",
        hop=hop,
        container=container,
        cluster="a",
        topic="t",
        partition=where["partition"],
        from_offset=where["src_offset"],
        to_offset=where["src_offset"] + 1,
        t_prev=seen - 250 * MS,
        t_seen=seen,
    )
    tables.by_name[name] = tables.rows["sighting"][-1]
