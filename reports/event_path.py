"""One event, explained: what it was, then by attempt where and when it was seen, and under which fault."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from reports import wording

Told = Mapping[str, Any]
_LOUD = ("LOST", "CHANGED", "times", "no attempt")  # what a reader looks for


def lines(path: Told) -> list[str]:
    """The whole path, the conclusion first; what a reader looks for is marked."""
    steps: Sequence[Told] = path["steps"]
    zero = path.get("zero_us")
    if zero is None:
        zero = next((step["at_us"] for step in steps if step["at_us"] is not None), None)
    told = [f"event {path['uid']}: {path['verdict']}", ""]
    told += [line for intent in path["intents"] for line in _intent(intent, steps, zero)]
    told += [line for fault in path.get("faults") or () for line in _fault(fault, zero)]
    for (copy, attempt), own in groupby(steps, key=lambda step: (step["copy"], step["attempt"])):
        told += ["", _heading(copy, attempt), *_table(list(own), zero)]
    errors = [step["error_us"] for step in steps if step.get("error_us")]
    if errors:
        told += [
            "",
            f"Times are first sights; each may have happened up to {max(errors) / 1e6:.2f} s earlier.",
        ]
    return told


def _heading(copy: int, attempt: int) -> str:
    of = f"copy {copy}, " if copy else ""
    return f"{of}attempt {attempt}" if attempt >= 0 else f"{of}rows that no attempt explains"


def _intent(intent: Told, steps: Iterable[Told], zero: int | None) -> list[str]:
    """What was wanted of one copy."""
    first = [s["at_us"] for s in steps if s["hop"] == "planned" and s["copy"] == intent["copy"]]
    due = f"due {wording.moment(first[0], zero)}" if first else "never due"
    late = intent["lateness_us"]
    age = f", event time {wording.duration(late / 1e6)} before that" if late else ""
    wanted = "invalid, " + str(intent["reason"]) if intent["class"] == "invalid" else str(intent["class"])
    other = f" {intent['ref_uid']}" if intent["ref_uid"] is not None else ""
    tags = f", tags {' '.join(intent['tags'].strip('|').split('|'))}" if intent["tags"] else ""
    return [
        f"copy {intent['copy']:<5} {wanted}{other}{tags}, {due}{age}",
        f"{'':<11}{intent['event_type']} of {intent['amount_minor']:,} {intent['currency']} (minor units), "
        f"payment {intent['payment_id']}",
    ]


def _fault(fault: Told, zero: int | None) -> list[str]:
    healed = wording.moment(fault["t_healed"], zero) if fault["t_healed"] is not None else "the end"
    span = f"{wording.moment(fault['t_bite'], zero)} to {healed}"
    return [f"fault {fault['id']:<4} {fault['kind']} {fault['victim']} ({fault['target']}), {span}"]


def _table(steps: Sequence[Told], zero: int | None) -> list[str]:
    rows = [_cells(step, zero) for step in steps]
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    told = []
    for row in rows:
        mark = ">>" if any(word in row[4] for word in _LOUD) else "  "
        cells = (
            row[0].ljust(widths[0]),
            row[1].rjust(widths[1]),
            row[2].ljust(widths[2]),
            row[3].ljust(widths[3]),
            row[4].ljust(widths[4]),
            row[5],
        )
        told.append(f"{mark} {'  '.join(cell for cell in cells if cell)}".rstrip())
    return told


def _cells(step: Told, zero: int | None) -> tuple[str, ...]:
    """Hop, when, error, faults, what, where."""
    when = "never" if step["at_us"] is None else wording.moment(step["at_us"], zero)
    if step["at_us"] is None and step["attempt"] < 0:
        when = "unseen"
    error = step.get("error_us")
    faults = " ".join(name.split()[0] for name in step.get("faults") or ())
    took = (step.get("facts") or {}).get("took_us")
    what = step["what"] if took is None else f"{step['what']} in {wording.duration(took / 1e6)}"
    return (
        str(step["hop"]),
        when,
        "" if error is None else f"(-{error / 1e6:.2f})",
        faults,
        what,
        str(step.get("where") or ""),
    )
