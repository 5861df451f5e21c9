"""The curves of a run, computed from its tables: rate, acknowledgement latency, lag per hop, freshness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gameday.kernel.clock import US
from gameday.kernel.recording import Recording

Numbers = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]

BINS_MAX = 360
_STEPS_US = [int(s * US) for s in (0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200)]
BRANCH = 9  # hops from this order on are branches (dead letters): they do not lag


@dataclass(frozen=True)
class Line:
    name: str
    values: Numbers  # one per bin; NaN where there is nothing to say
    bad: bool = False  # what should not be there


@dataclass(frozen=True)
class Panel:
    title: str
    unit: str
    lines: Sequence[Line]
    log: bool = False


@dataclass(frozen=True)
class Series:
    start_us: int
    bin_us: int
    bins: int
    panels: Sequence[Panel]

    @property
    def end_us(self) -> int:
        return self.start_us + self.bin_us * self.bins


@dataclass(frozen=True)
class _Grid:
    start_us: int
    bin_us: int
    bins: int

    def of(self, times: Times) -> npt.NDArray[np.int64]:
        """The bin of each instant; before and after are counted at the edges."""
        return np.clip((times - self.start_us) // self.bin_us, 0, self.bins - 1)

    def per_second(self, times: Times) -> Numbers:
        counts = np.bincount(self.of(times), minlength=self.bins)
        return counts.astype(np.float64) * (US / self.bin_us)

    def running_sum(self, times: Times, weights: Times) -> Numbers:
        return np.cumsum(np.bincount(self.of(times), weights=weights, minlength=self.bins)).astype(np.float64)

    def quantile(self, times: Times, values: Numbers, share: float) -> Numbers:
        """Nearest-rank quantile per bin; NaN where the bin is empty."""
        where = self.of(times)
        order = np.lexsort((values, where))
        counts = np.bincount(where, minlength=self.bins)
        ends = np.cumsum(counts)
        rank = np.maximum(np.ceil(share * counts).astype(np.int64), 1) - 1
        result = np.full(self.bins, np.nan)
        filled = counts > 0
        result[filled] = values[order][(ends - counts + rank)[filled]]
        return result


def series_of(recording: Recording) -> Series | None:
    """None where nothing was sent."""
    send = recording.read("send").select(
        ["t_due", "t_invoke", "t_done", "outcome", "cluster", "topic", "partition", "src_offset"]
    )
    if not send.num_rows:
        return None
    columns = {name: send[name].to_numpy(zero_copy_only=False) for name in send.column_names}
    sightings = recording.rows("sighting")
    hops = _hops(recording, sightings)
    grid = _grid(recording, columns, sightings)
    panels = [_rate(grid, columns), _latency(grid, columns)]
    panels += _lag(grid, sightings, hops)
    panels += _freshness(grid, columns, sightings, hops)
    return Series(grid.start_us, grid.bin_us, grid.bins, panels)


def _grid(recording: Recording, send: dict[str, Any], sightings: Sequence[dict[str, Any]]) -> _Grid:
    phases = recording.rows("phase")
    starts = [phase["t_from"] for phase in phases] or [int(send["t_due"].min())]
    ends = [phase["t_to"] for phase in phases] or [int(send["t_due"].max())]
    if not phases and sightings:
        ends.append(max(row["t_seen"] for row in sightings))
    start, end = min(starts), max(ends)
    bin_us = next((step for step in _STEPS_US if (end - start) / step <= BINS_MAX), _STEPS_US[-1])
    return _Grid(start, bin_us, max(1, -(-(end - start) // bin_us)))


def _whole(values: Any) -> Times:
    return np.asarray(values, dtype=np.int64)


def _rate(grid: _Grid, send: dict[str, Any]) -> Panel:
    invoked = _known(send["t_invoke"])
    acked = send["outcome"] == "ACK"
    lines = [
        Line("sent", grid.per_second(_whole(send["t_invoke"][invoked]))),
        Line("acknowledged", grid.per_second(_whole(send["t_done"][acked & _known(send["t_done"])]))),
    ]
    if (~acked).any():
        lines.append(Line("failed or unknown", grid.per_second(_whole(send["t_due"][~acked])), bad=True))
    return Panel("Events", "per s", lines)


def _latency(grid: _Grid, send: dict[str, Any]) -> Panel:
    """From due to acknowledged: a stall of the system shows, whether or not the sender waited."""
    done = (send["outcome"] == "ACK") & _known(send["t_done"])
    due = _whole(send["t_due"][done])
    seconds = (_whole(send["t_done"][done]) - due) / US
    lines = [Line("median", grid.quantile(due, seconds, 0.5)), Line("p99", grid.quantile(due, seconds, 0.99))]
    return Panel("Acknowledgement, from due", "s", lines, log=True)


def _lag(grid: _Grid, sightings: Sequence[dict[str, Any]], hops: Sequence[str]) -> list[Panel]:
    """Events that the first hop shows and a later one does not show yet."""

    def shown(hop: str) -> Numbers:
        rows = [row for row in sightings if row["hop"] == hop]
        sizes = [row["to_offset"] - row["from_offset"] for row in rows]
        return grid.running_sum(_whole([row["t_seen"] for row in rows]), _whole(sizes))

    if len(hops) < 2:
        return []
    source = shown(hops[0])
    lines = [Line(hop, np.maximum(source - shown(hop), 0.0)) for hop in hops[1:]]
    return [Panel(f"Lag behind {hops[0]}", "events", lines)]


def _freshness(
    grid: _Grid, send: dict[str, Any], sightings: Sequence[dict[str, Any]], hops: Sequence[str]
) -> list[Panel]:
    """How long after it was due an acknowledged event was visible at the last hop."""
    if not hops:
        return []
    located = (send["outcome"] == "ACK") & _known(send["src_offset"])
    due = _whole(send["t_due"][located])
    seen = np.full(len(due), -1, dtype=np.int64)
    offset = _whole(send["src_offset"][located])
    place = list(zip(*(send[n][located] for n in ("cluster", "topic", "partition")), strict=True))
    codes = {key: code for code, key in enumerate(sorted(set(place)))}
    coded = np.array([codes[key] for key in place], dtype=np.int64)
    for key, code in codes.items():
        here = np.flatnonzero(coded == code)
        seen[here] = _first_seen(offset[here], [row for row in sightings if _shows(row, hops[-1], key)])
    visible = seen >= 0
    seconds = (seen[visible] - due[visible]) / US
    lines = [
        Line("median", grid.quantile(due[visible], seconds, 0.5)),
        Line("oldest", grid.quantile(due[visible], seconds, 1.0)),
    ]
    return [Panel(f"Freshness at {hops[-1]}, from due", "s", lines)]


def _shows(row: dict[str, Any], hop: str, key: tuple[Any, ...]) -> bool:
    return row["hop"] == hop and (row["cluster"], row["topic"], row["partition"]) == key


def _first_seen(offsets: Times, rows: Sequence[dict[str, Any]]) -> Times:
    """When each offset was first covered; -1 where it never was."""
    if not rows:
        return np.full(len(offsets), -1, dtype=np.int64)
    ordered = sorted(rows, key=lambda row: (row["from_offset"], -row["t_seen"]))
    starts, stops, seen = (_whole([r[n] for r in ordered]) for n in ("from_offset", "to_offset", "t_seen"))
    at = np.searchsorted(starts, offsets, side="right") - 1
    covered = (at >= 0) & (offsets < stops[at])
    return np.where(covered, seen[at], -1)


def _hops(recording: Recording, sightings: Sequence[dict[str, Any]]) -> list[str]:
    declared = sorted(recording.rows("hop"), key=lambda row: row["ord"])
    if declared:
        return [row["name"] for row in declared if row["ord"] < BRANCH]
    return list(dict.fromkeys(row["hop"] for row in sightings if row["hop"] != "dlq"))


def _known(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Where a column has a value: NULL comes from Arrow as NaN or None."""
    if values.dtype == object:
        return np.array([value is not None for value in values], dtype=bool)
    if np.issubdtype(values.dtype, np.floating):
        return np.asarray(~np.isnan(values), dtype=bool)
    return np.ones(len(values), dtype=bool)
