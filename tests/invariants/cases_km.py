"""Histories of K5 and M3: the configuration in force, and a judge that is blinded."""

# ruff: noqa: E501  (one case a line: they are read as a table)

from __future__ import annotations

from tests.invariants.case import BROKEN, HELD, NOT_BUILT, UNKNOWN, VACUOUS, Case
from tests.invariants.damaged import unseal
from tests.invariants.history import Tables, perfect

SETTINGS = {
    "topic": {"replication.factor": "3"},
    "broker-1": {"min.insync.replicas": "2", "unclean.leader.election.enable": "false"},
    "broker-2": {"min.insync.replicas": "2", "unclean.leader.election.enable": "false"},
    "producer": {"acks": "all"},
    "landing": {
        **{
            "checkpoint.durable": "true",
            "failOnDataLoss": "true",
            "query.id": "q77",
            "txn.app.id": "landing-q77",
        },
        **{"consumers": "6", "partitions": "6"},
    },
}


def _lint(part: str = "topic", key: str = "replication.factor", content: str | None = "3") -> Tables:
    """The settings of a healthy system, one of them changed."""
    tables = perfect().build("settings")
    for name, settings in SETTINGS.items():
        for one, value in settings.items():
            tables.add("config_scan", part=name, key=one, content=value)
    return tables.change("config_scan", {"content": content}, part=part, key=key)


def _found(part: str, key: str, content: str | None) -> Case:
    found = {"part": part, "key": key, "found": content}
    return Case("K5", f"{part} {key} {content}", lambda: _lint(part, key, content), BROKEN, "settings", found)


def _blinded(ok: bool) -> Tables:
    return perfect().add("check", id="M3", subject="curated_scan", ok=ok, detail="passed without it: U1")


CASES = [
    Case("K5", "as it should be", _lint, HELD),
    _found("topic", "replication.factor", "2"),
    _found("topic", "replication.factor", "three"),
    _found("broker-2", "min.insync.replicas", "1"),
    _found("broker-1", "unclean.leader.election.enable", "true"),
    _found("producer", "acks", "1"),
    _found("landing", "checkpoint.durable", "false"),
    _found("landing", "failOnDataLoss", "false"),
    _found("landing", "failOnDataLoss", None),
    _found("landing", "txn.app.id", "landing"),
    _found("landing", "consumers", "5"),
    Case("K5", "more consumers than partitions idle", lambda: _lint("landing", "consumers", "7"), HELD),
    Case("K5", "more replicas than needed", lambda: _lint(content="5"), HELD),
    Case("K5", "a part does not tell its settings", lambda: _lint().drop("config_scan", part="producer"), BROKEN, "settings", {"part": "producer", "found": None}),
    Case("K5", "one of the brokers does not tell", lambda: _lint().drop("config_scan", part="broker-2", key="min.insync.replicas"), BROKEN, "settings", {"part": "broker-2"}),
    Case("K5", "nobody told anything", lambda: perfect().build("settings"), VACUOUS),
    Case("K5", "the settings are not sealed", lambda: unseal(_lint(content="1"), "config_scan"), UNKNOWN),
    Case("K5", "settings are not told", perfect, NOT_BUILT),
    Case("M3", "seen through", lambda: _blinded(True), HELD),
    Case("M3", "passed without a table", lambda: _blinded(False), BROKEN, "", {"subject": "curated_scan"}),
    Case("M3", "nobody was blinded", perfect, VACUOUS),
]  # fmt: skip
