"""Cycles in an operation log, which SQL without recursion cannot find: the trial that LG11 judges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from gameday.kernel.recording import Recording

Graph = Mapping[int, set[int]]
Row = Mapping[str, Any]
NONE = "none"


class Cycles:
    """Walks the operations of a recording: who wrote before whom, and who read what another wrote."""

    id = "LG11"

    def run(self, recording: Recording, seed: int) -> Sequence[Mapping[str, Any]]:
        del seed  # nothing is drawn
        items = [row for row in recording.rows("operation") if row["kind"] in ("send", "poll")]
        n = len({row["op"] for row in items})
        reads = _read_edges(items)
        writes = _united(_write_edges(items), _process_edges(items), _realtime_edges(items))
        return [_told("read cycles", reads, n), _told("write cycles", writes, n)]


def _told(what: str, graph: Graph, n: int) -> dict[str, Any]:
    around = cycle_of(graph)
    found = " → ".join(f"op {op}" for op in [*around, around[0]]) if around else NONE
    return {"id": Cycles.id, "what": what, "subject": "operations", "expected": NONE, "found": found, "n": n}


def cycle_of(graph: Graph) -> list[int]:
    """One way around a circle, from its least node; empty if there is none."""
    left: dict[int, set[int]] = {node: set(after) for node, after in graph.items() if after}
    while dead := [node for node, after in left.items() if not after & left.keys()]:
        for node in dead:  # it leads nowhere: no circle goes through it
            del left[node]
    if not left:
        return []
    path, node = [], min(left)
    while node not in path:
        path.append(node)
        node = min(left[node] & left.keys())
    circle = path[path.index(node) :]
    least = circle.index(min(circle))
    return circle[least:] + circle[:least]


def _key(row: Row) -> tuple[str, str, int]:
    return row["cluster"], row["topic"], row["partition"]


def _content(row: Row) -> tuple[Any, ...]:
    return (*_key(row), row["uid"], row["copy"])


def _writers(items: Iterable[Row]) -> dict[tuple[Any, ...], set[int]]:
    writers: dict[tuple[Any, ...], set[int]] = defaultdict(set)
    for row in items:
        if row["kind"] == "send" and row["outcome"] != "FAIL":
            writers[_content(row)].add(row["op"])
    return writers


def _read_edges(items: Sequence[Row]) -> Graph:
    """From the writer of a value to everybody else who read it."""
    writers = _writers(items)
    graph: dict[int, set[int]] = defaultdict(set)
    for row in items:
        if row["kind"] == "poll" and row["outcome"] == "ACK":
            for writer in writers.get(_content(row), set()) - {row["op"]}:
                graph[writer].add(row["op"])
    return graph


def _write_edges(items: Sequence[Row]) -> Graph:
    """From the writer of a position to the writer of the next one in that partition."""
    writers = _writers(items)
    positions: dict[tuple[Any, ...], dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for row in items:
        if row["src_offset"] is not None:
            positions[_key(row)][row["src_offset"]] |= writers.get(_content(row), set())
    graph: dict[int, set[int]] = defaultdict(set)
    for log in positions.values():
        written = [log[offset] for offset in sorted(log) if log[offset]]
        for before, after in pairwise(written):
            for writer in before:
                graph[writer] |= after - {writer}
    return graph


def _process_edges(items: Sequence[Row]) -> Graph:
    graph: dict[int, set[int]] = defaultdict(set)
    last: dict[str, int] = {}
    for op, process in sorted({(row["op"], row["process"]) for row in items}):
        if process in last:
            graph[last[process]].add(op)
        last[process] = op
    return graph


def _realtime_edges(items: Sequence[Row]) -> Graph:
    """From an operation that was over to the next ones that began; what those imply is left out."""
    spans = {row["op"]: (row["t_invoke"], row["t_done"]) for row in items}
    graph: dict[int, set[int]] = defaultdict(set)
    begun = sorted(spans, key=lambda op: spans[op][0])
    over = sorted((op for op in spans if spans[op][1] is not None), key=lambda op: spans[op][1])
    frontier: list[int] = []  # over, with none between them and what begins now
    i = 0
    for op in begun:
        while i < len(over) and spans[over[i]][1] < spans[op][0]:
            ended = over[i]
            frontier = [old for old in frontier if spans[old][1] >= spans[ended][0]] + [ended]
            i += 1
        for old in frontier:
            graph[old].add(op)
    return graph


def _united(*graphs: Graph) -> Graph:
    graph: dict[int, set[int]] = defaultdict(set)
    for one in graphs:
        for node, after in one.items():
            graph[node] |= after
    return graph
