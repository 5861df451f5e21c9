"""Histories of one log as its clients saw it (LG, AN18), written operation by operation."""

# ruff: noqa: E501  (one case a line: they are read as a table)

from __future__ import annotations

from typing import Any

from tests.invariants.case import BROKEN, HELD, NOT_BUILT, UNKNOWN, VACUOUS, Case
from tests.invariants.damaged import control
from tests.invariants.history import T0, S, Tables, perfect

Item = tuple[str, int, int | None]  # kind, value, offset


class Log:
    """Operations a second apart, each of half a second; one partition unless told otherwise."""

    def __init__(self) -> None:
        self._tables = perfect().build("operations")
        self._op = 0

    def op(
        self,
        process: str,
        *items: Item,
        outcome: str = "ACK",
        mode: str = "assign",
        rebalanced: bool = False,
        partition: int = 0,
        at_s: float | None = None,
    ) -> Log:
        self._op += 1
        begun = T0 + int((self._op if at_s is None else at_s) * S)
        for nth, (kind, value, offset) in enumerate(items):
            self._add(
                process,
                kind,
                nth,
                partition,
                begun,
                outcome,
                mode,
                rebalanced,
                src_offset=offset,
                uid=value,
                copy=0,
            )
        return self

    def assign(self, process: str, *kept: int, kind: str = "assign") -> Log:
        self._op += 1
        for nth, partition in enumerate(kept or (-1,)):
            self._add(process, kind, nth, partition, T0 + self._op * S, "ACK", kind, False)
        return self

    def _add(self, process: str, kind: str, nth: int, partition: int, begun: int, outcome: str, mode: str, rebalanced: bool, **where: Any) -> None:  # fmt: skip
        times = {"t_invoke": begun, "t_done": begun + S // 2}
        common = {"cluster": "a", "topic": "t", "partition": partition, "outcome": outcome}
        self._tables.add(
            "operation",
            op=self._op,
            process=process,
            kind=kind,
            mode=mode,
            nth=nth,
            rebalanced=rebalanced,
            **common,
            **times,
            **where,
        )

    def play(self) -> Tables:
        return self._tables


def w(value: int, offset: int | None) -> Item:
    return ("send", value, offset)


def r(value: int, offset: int | None) -> Item:
    return ("poll", value, offset)


def calm() -> Log:
    """Three values sent by p, each in an operation of its own, all polled by q."""
    return Log().op("p", w(1, 0)).op("p", w(2, 1)).op("p", w(3, 5)).op("q", r(1, 0), r(2, 1)).op("q", r(3, 5))


def legal() -> Tables:
    """Beside that: an unknown send, a failed one, a transaction with a hole, and a new assignment."""
    log = calm().op("p", w(4, None), outcome="UNKNOWN").op("p", w(5, None), outcome="FAIL")
    log.op("p", w(6, 7), w(7, 9)).op("q", r(6, 7), r(7, 9)).assign("q").op("q", r(1, 0), r(2, 1), r(3, 5))
    return log.play()


def lost() -> Tables:
    """The second value was acknowledged, and everybody read past it."""
    return Log().op("p", w(1, 0)).op("p", w(2, 1)).op("p", w(3, 2)).op("q", r(1, 0), r(3, 2)).play()


def trial(reads: str | None, writes: str = "none", n: int = 4) -> Tables:
    tables = perfect().build("trial:LG11")
    for what, found in (("read cycles", reads), ("write cycles", writes)):
        tables.add("trial", id="LG11", what=what, subject="operations", expected="none", found=found, n=n)
    return tables


def behind(at_s: float) -> Tables:
    """The third position is proven at 3.5 s; a poll at this second still ends with the second."""
    log = Log().op("p", w(1, 0)).op("p", w(2, 1)).op("p", w(3, 5))
    return log.op("q", r(1, 0), r(2, 1), at_s=at_s).op("q", r(3, 5)).play().target("AN18", lag_us=2 * S)


def unheard() -> Tables:
    return perfect().build("operations")


SEEN_LATER = calm().op("p", w(4, None), outcome="UNKNOWN").op("q", r(4, 6)).play

CASES = [
    *(Case(f"LG{n}", "a legal log holds", legal, HELD) for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12)),
    *(Case(f"LG{n}", "nobody did anything", unheard, VACUOUS) for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12)),
    *(Case(f"LG{n}", "there is no operation log", perfect, NOT_BUILT) for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)),
    Case("LG1", "two values at one offset", lambda: calm().op("z", r(9, 1)).play(), BROKEN, "broker", {"at_offset": 1, "n": 2}),
    Case("LG1", "even if the poll failed", lambda: calm().op("z", r(9, 1), outcome="FAIL").play(), BROKEN, "broker", {"at_offset": 1}),
    Case("LG1", "the offset of a failed send says nothing", lambda: calm().op("p", w(9, 1), outcome="FAIL").play(), HELD),
    Case("LG1", "equal offsets of two partitions", lambda: calm().op("p", w(9, 1), partition=1).play(), HELD),
    Case("LG2", "one send at two offsets", lambda: calm().op("z", r(2, 8)).play(), BROKEN, "broker", {"content": "2/0", "n": 2, "sent": 1}),
    Case("LG2", "two sends of one event at two offsets", lambda: calm().op("p", w(2, 8)).op("q", r(2, 8)).play(), HELD),
    Case("LG2", "a failed resend does not excuse", lambda: calm().op("p", w(2, None), outcome="FAIL").op("z", r(2, 8)).play(), BROKEN, "broker", {"sent": 1}),
    Case("LG3", "everybody read past an acknowledged value", lost, BROKEN, "broker", {"content": "2/0"}),
    Case("LG3", "a tail that nobody read yet is not lost", lambda: Log().op("p", w(1, 0)).op("p", w(2, 1)).op("q", r(1, 0)).play(), HELD),
    Case("LG3", "read by somebody else", lambda: Log().op("p", w(1, 0)).op("p", w(2, 1)).op("p", w(3, 2)).op("q", r(1, 0), r(3, 2)).op("z", r(2, 1)).play(), HELD),
    Case("LG3", "a poll that failed has not read it", lambda: Log().op("p", w(1, 0)).op("p", w(2, 1)).op("p", w(3, 2)).op("q", r(1, 0), r(3, 2)).op("z", r(2, 1), outcome="FAIL").play(), BROKEN, "broker", {"content": "2/0"}),
    Case("LG3", "an unknown send that nobody saw need not be there", lambda: Log().op("p", w(1, 0)).op("p", w(2, 1), outcome="UNKNOWN").op("p", w(3, 2)).op("q", r(1, 0), r(3, 2)).play(), HELD),
    Case("LG3", "a sibling that was read proves an unknown transaction", lambda: Log().op("p", w(1, 0)).op("p", w(2, 1), w(3, 2), outcome="UNKNOWN").op("p", w(4, 3)).op("q", r(1, 0), r(3, 2), r(4, 3)).play(), BROKEN, "broker", {"content": "2/0"}),
    Case("LG4", "an acknowledged tail that nobody polled", lambda: calm().op("p", w(4, 6)).play(), BROKEN, "broker", {"uid": 4}),
    Case("LG4", "an unknown tail that nobody polled", lambda: calm().op("p", w(4, None), outcome="UNKNOWN").play(), HELD),
    Case("LG4", "polled by an operation that failed", lambda: calm().op("p", w(4, 6)).op("q", r(4, 6), outcome="FAIL").play(), HELD),
    Case("LG5", "the writer failed", lambda: calm().op("p", w(4, None), outcome="FAIL").op("q", r(4, 6)).play(), BROKEN, "broker", {"uid": 4, "at_offset": 6}),
    Case("LG5", "the writer is unknown", SEEN_LATER, HELD),
    Case("LG5", "the poll failed too", lambda: calm().op("p", w(4, None), outcome="FAIL").op("q", r(4, 6), outcome="FAIL").play(), HELD),
    Case("LG6", "an operation polls what it sends", lambda: calm().op("p", w(4, 6), r(4, 6)).play(), BROKEN, "broker", {"uid": 4}),
    Case("LG6", "it polls what it sent before", lambda: calm().op("p", w(4, 6)).op("p", r(4, 6)).play(), HELD),
    Case("LG7", "a skip inside one operation", lambda: calm().op("z", r(1, 0), r(3, 5)).play(), BROKEN, "broker", {"what": "skip", "delta": 2}),
    Case("LG7", "a step back inside one operation", lambda: calm().op("z", r(2, 1), r(1, 0)).play(), BROKEN, "broker", {"what": "non-monotonic"}),
    Case("LG7", "the same once more", lambda: calm().op("z", r(2, 1), r(2, 1)).play(), BROKEN, "broker", {"what": "non-monotonic", "delta": 0}),
    Case("LG7", "a hole in the offsets is no skip", lambda: calm().op("z", r(2, 1), r(3, 5)).play(), HELD),
    Case("LG7", "the partition was rebalanced", lambda: calm().op("z", r(1, 0), r(3, 5), rebalanced=True).play(), HELD),
    Case("LG7", "even if the operation failed", lambda: calm().op("z", r(1, 0), r(3, 5), outcome="FAIL").play(), BROKEN, "broker", {"what": "skip"}),
    Case("LG8", "a skip from poll to poll", lambda: calm().op("z", r(1, 0)).op("z", r(3, 5)).play(), BROKEN, "broker", {"what": "skip", "delta": 2}),
    Case("LG8", "a step back from poll to poll", lambda: calm().op("z", r(2, 1)).op("z", r(2, 1)).play(), BROKEN, "broker", {"what": "non-monotonic"}),
    Case("LG8", "a subscriber may jump", lambda: calm().op("z", r(1, 0), mode="subscribe").op("z", r(3, 5), mode="subscribe").play(), HELD),
    Case("LG8", "a new assignment begins anew", lambda: calm().op("z", r(1, 0)).assign("z", 1).op("z", r(3, 5)).play(), HELD),
    Case("LG8", "a partition that is kept goes on", lambda: calm().op("z", r(1, 0)).assign("z", 0).op("z", r(3, 5)).play(), BROKEN, "broker", {"what": "skip"}),
    Case("LG8", "the assignment of another process changes nothing", lambda: calm().op("z", r(1, 0)).assign("y", 1).op("z", r(3, 5)).play(), BROKEN, "broker", {"what": "skip"}),
    Case("LG8", "a failed poll does not advance", lambda: calm().op("z", r(1, 0)).op("z", r(2, 1), outcome="FAIL").op("z", r(2, 1)).play(), HELD),
    Case("LG9", "a send lands before an earlier one", lambda: calm().op("p", w(5, 9), w(4, 8)).op("q", r(4, 8), r(5, 9)).play(), BROKEN, "broker", {"delta": -1}),
    Case("LG9", "others may write in between", lambda: calm().op("p", w(4, 6), w(6, 8)).op("z", w(5, 7)).op("q", r(4, 6), r(5, 7), r(6, 8)).play(), HELD),
    Case("LG10", "a later operation lands before an earlier one", lambda: calm().op("p", w(5, 9)).op("p", w(4, 8)).op("q", r(4, 8), r(5, 9)).play(), BROKEN, "broker", {"uid": 4}),
    Case("LG10", "another process may", lambda: calm().op("p", w(5, 9)).op("z", w(4, 8)).op("q", r(4, 8), r(5, 9)).play(), HELD),
    Case("LG11", "no circle", lambda: trial("none"), HELD),
    Case("LG11", "a write cycle is allowed", lambda: trial("none", "op 1 → op 2 → op 1"), HELD),
    Case("LG11", "two operations saw what the other wrote", lambda: trial("op 1 → op 2 → op 1"), BROKEN, "broker", {"found": "op 1 → op 2 → op 1"}),
    Case("LG11", "the trial got no answer", lambda: trial(None), UNKNOWN),
    Case("LG11", "no operation was tried", lambda: trial("none", n=0), VACUOUS),
    Case("LG12", "no poll succeeded", lambda: Log().op("p", w(1, 0)).op("q", r(1, 0), outcome="UNKNOWN").play(), BROKEN, "broker", {"kind": "poll"}),
    Case("AN18", "behind for exactly the limit", lambda: behind(5.5), HELD),
    Case("AN18", "behind for longer", lambda: behind(5.6), BROKEN, "broker", {"process": "q"}),
    Case("AN18", "what was not proven yet is not missed", lambda: behind(3.4), HELD),
    Case("AN18", "the control misses it too", lambda: control(behind(5.6), "AN18", 2.1), UNKNOWN),
    Case("AN18", "nobody did anything", unheard, VACUOUS),
    Case("AN18", "there is no operation log", perfect, NOT_BUILT),
]  # fmt: skip
