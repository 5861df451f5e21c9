"""Histories of Q1 to Q3, Q5 and Q6: contracts, unknown fields, versions, gates, files."""

# ruff: noqa: E501  (one case a line: they are read as a table)

from __future__ import annotations

from tests.invariants.case import BROKEN, HELD, NOT_BUILT, UNKNOWN, VACUOUS, Case
from tests.invariants.damaged import unseal
from tests.invariants.history import T0, History, Tables, perfect


def _registered(compatible: bool, accepted: bool, reason: str | None = None) -> Tables:
    tables = perfect().build("registry")
    for moment in ("before", "after"):
        tables.add("topic_contract_scan", moment=moment, topic="t", key="retention.ms", content="1")
    facts = {"attempt": 1, "subject": "t-value", "version": 2}
    return tables.add("contract_scan", **facts, compatible=compatible, accepted=accepted, reason=reason)


def _refused() -> Tables:
    return _registered(False, False, "FULL_TRANSITIVE: field removed")


def _unknown_field(kept: str | None = "red", alerts: int = 1, uid: int = 3) -> Tables:
    tables = perfect().build("attributes", "alarms")
    tables.add(
        "field_truth", uid=uid, copy=0, source="kafka", field="colour", content="red", in_contract=False
    )
    if kept is not None:
        tables.add("attribute_scan", hop="curated", uid=uid, copy=0, field="colour", content=kept)
    for _ in range(alerts):
        tables.add("alarm", t=T0, kind="unknown_field", part="kafka", subject="colour")
    return tables


def _of_a_duplicate() -> Tables:
    """The field is in a copy that was suppressed: its survivor never had it."""
    tables = History().events(2).event(20).event(20, 1, cls="dup_of").play().build("attributes", "alarms")
    return tables.add(
        "field_truth", uid=20, copy=1, source="kafka", field="colour", content="red", in_contract=False
    )


def _viewed(of_old: str | None = "4711", of_new: str | None = "red") -> Tables:
    """Event 3 is of the first version, which has no colour; event 4 of the second."""
    tables = perfect().build("attributes")
    for uid, field, content in (
        (3, "order", "4711"),
        (3, "colour", None),
        (4, "order", "4712"),
        (4, "colour", "red"),
    ):
        tables.add(
            "field_truth", uid=uid, copy=0, source="kafka", field=field, content=content, in_contract=True
        )
    for uid, field, content in (
        (3, "order", of_old),
        (3, "colour", None),
        (4, "order", "4712"),
        (4, "colour", of_new),
    ):
        tables.add("attribute_scan", hop="view", uid=uid, copy=0, field=field, content=content)
    return tables


def _gate(mode: str, moved: bool, tainted: bool, objections: int = 1) -> Tables:
    facts = {"t": T0, "pointer": "daily", "version": "v2", "mode": mode, "objections": objections}
    return perfect().build("publish").add("publish_scan", **facts, moved=moved, tainted=tainted)


def _file(whole: bool, beyond: int, name: str = "f1") -> Tables:
    tables = perfect().build("files").add("file_truth", file="f1", partner="acme", declared=10, whole=whole)
    tables.add("file_truth", file="torn", partner="acme", declared=10, whole=False)
    tables.add("file_scan", file="torn", partner="acme", quarantined=4, beyond=0)
    return tables.add("file_scan", file=name, partner="acme", quarantined=0, beyond=beyond)


CASES = [
    Case("Q1", "incompatible, refused with a reason", _refused, HELD),
    Case("Q1", "incompatible, yet accepted", lambda: _registered(False, True), BROKEN, "registry", {"what": "incompatible, yet accepted"}),
    Case("Q1", "refused without a reason", lambda: _registered(False, False, ""), BROKEN, "registry", {"what": "refused without a reason"}),
    Case("Q1", "the topic's contract changed", lambda: _refused().change("topic_contract_scan", {"content": "2"}, moment="after"), BROKEN, "registry", {"what": "topic contract changed"}),
    Case("Q1", "a part of the topic's contract is gone", lambda: _refused().drop("topic_contract_scan", moment="after"), BROKEN, "registry", {"key": "retention.ms"}),
    Case("Q1", "nothing incompatible was tried", lambda: _registered(True, True), VACUOUS),
    Case("Q1", "no registry", perfect, NOT_BUILT),
    Case("Q2", "kept, and told once", _unknown_field, HELD),
    Case("Q2", "lost", lambda: _unknown_field(None), BROKEN, "curated", {"uid": 3, "what": "lost"}),
    Case("Q2", "other content", lambda: _unknown_field("blue"), BROKEN, "curated", {"uid": 3, "what": "other content"}),
    Case("Q2", "nobody was told", lambda: _unknown_field(alerts=0), BROKEN, "alarms", {"field": "colour", "found": 0}),
    Case("Q2", "told for each event", lambda: _unknown_field(alerts=2), BROKEN, "alarms", {"field": "colour", "found": 2}),
    Case("Q2", "in a suppressed duplicate", _of_a_duplicate, VACUOUS),
    Case("Q2", "no unknown field", lambda: perfect().build("attributes", "alarms"), VACUOUS),
    Case("Q2", "attributes are read, and nobody alarms", lambda: perfect().build("attributes"), NOT_BUILT),
    Case("Q3", "every value of every version", _viewed, HELD),
    Case("Q3", "NULL in place of a value", lambda: _viewed(of_old=None), BROKEN, "view", {"uid": 3, "what": "NULL in place of a value"}),
    Case("Q3", "empty is not NULL", lambda: _viewed(of_old=""), BROKEN, "view", {"uid": 3, "what": "other value"}),
    Case("Q3", "another value", lambda: _viewed(of_new="blue"), BROKEN, "view", {"uid": 4, "what": "other value"}),
    Case("Q3", "a row is not in the view", lambda: _viewed().drop("attribute_scan", uid=4), BROKEN, "view", {"uid": 4}),
    Case("Q3", "a value from nowhere", lambda: _viewed().change("attribute_scan", {"content": "red"}, uid=3, field="colour"), BROKEN, "view", {"uid": 3, "what": "a value from nowhere"}),
    Case("Q3", "one version only", lambda: perfect().build("attributes"), VACUOUS),
    Case("Q3", "the view is not sealed", lambda: unseal(_viewed(), "attribute_scan"), UNKNOWN),
    Case("Q5", "closed, and nothing moved", lambda: _gate("closed", False, False), HELD),
    Case("Q5", "open, moved and tainted", lambda: _gate("open", True, True), HELD),
    Case("Q5", "moved past a closed gate", lambda: _gate("closed", True, True), BROKEN, "publish", {"what": "moved past a closed gate"}),
    Case("Q5", "held by an open gate", lambda: _gate("open", False, False), BROKEN, "publish", {"what": "held by an open gate"}),
    Case("Q5", "not marked as tainted", lambda: _gate("open", True, False), BROKEN, "publish", {"what": "not marked as tainted"}),
    Case("Q5", "no gate had an objection", lambda: _gate("closed", True, False, objections=0), VACUOUS),
    Case("Q5", "no gate", perfect, NOT_BUILT),
    Case("Q6", "whole files alone", lambda: _file(True, 10), HELD),
    Case("Q6", "one row of a torn file", lambda: _file(False, 1), BROKEN, "files", {"what": "not whole, yet beyond quarantine"}),
    Case("Q6", "all rows of a mismatched file", lambda: _file(False, 10), BROKEN, "files", {"file": "f1"}),
    Case("Q6", "a whole file but for one row", lambda: _file(True, 9), BROKEN, "files", {"what": "other rows than the file has"}),
    Case("Q6", "a whole file twice", lambda: _file(True, 20), BROKEN, "files", {"beyond": 20}),
    Case("Q6", "a whole file not yet taken", lambda: _file(True, 0), HELD),
    Case("Q6", "a file that nobody sent", lambda: _file(True, 10, "f9"), BROKEN, "files", {"what": "nobody sent it"}),
    Case("Q6", "no partial file", lambda: _file(True, 10).drop("file_truth", file="torn").drop("file_scan", file="torn"), VACUOUS),
    Case("Q6", "no files", perfect, NOT_BUILT),
]  # fmt: skip
