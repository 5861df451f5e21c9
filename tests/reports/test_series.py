"""Curves are right: checked against hand-made rows of which the answer is plain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gameday.kernel.recording import Recording
from reports.facts import Run
from reports.series import Panel, Series, series_of

S = 1_000_000


def small(folder: Path) -> Recording:
    """Four events, one each half second; curated sees two at 3 s and the rest at 5 s."""
    recording = Recording.create(folder)

    def sent(n: int, took_us: int | None) -> dict[str, Any]:
        due = n * S // 2
        fate = {"outcome": "UNKNOWN"} if took_us is None else {"outcome": "ACK", "t_done": due + took_us}
        place = {"cluster": "a", "topic": "t", "partition": 0, "src_offset": n if took_us else None}
        head = {"uid": n, "copy": 0, "attempt": 0, "path": "kafka", "t_due": due, "t_invoke": due}
        return head | fate | place

    recording.add("send", [sent(0, 1000), sent(1, 3000), sent(2, 2000), sent(3, None)])

    def sighting(hop: str, begin: int, end: int, seen_s: float) -> dict[str, Any]:
        where = {"cluster": "a", "topic": "t", "partition": 0, "from_offset": begin, "to_offset": end}
        return {"hop": hop, "container": f"{hop}{begin}", **where, "t_prev": 0, "t_seen": int(seen_s * S)}

    recording.add("sighting", [sighting("broker", 0, 4, 2), sighting("curated", 0, 2, 3)])
    recording.add("sighting", [sighting("curated", 2, 4, 5), sighting("dlq", 0, 4, 5)])
    recording.add("phase", [{"name": "disturb", "t_from": 0, "t_to": 6 * S}])
    return recording


def drawn(recording: Recording) -> Series:
    series = series_of(recording)
    assert series is not None
    return series


def panel(series: Series, title: str) -> Panel:
    return next(panel for panel in series.panels if panel.title.startswith(title))


def values(series: Series, title: str, name: str) -> list[float]:
    line = next(line for line in panel(series, title).lines if line.name == name)
    return [round(float(v), 6) for v in line.values]


def test_rates_latency_lag_and_freshness_of_four_events(tmp_path: Path) -> None:
    series = drawn(small(tmp_path / "run"))
    per_bin = S // series.bin_us
    assert (series.bin_us, series.bins) == (S // 4, 24)
    assert sum(values(series, "Events", "sent")) / per_bin == 4
    assert sum(values(series, "Events", "acknowledged")) / per_bin == 3
    assert sum(values(series, "Events", "failed or unknown")) / per_bin == 1
    latency = values(series, "Acknowledgement", "p99")
    assert [latency[n] for n in (0, 2, 4)] == [0.001, 0.003, 0.002]
    assert np.isnan(latency[1])
    lag = values(series, "Lag behind broker", "curated")
    assert [lag[n] for n in (7, 8, 12, 20)] == [0, 4, 2, 0]
    fresh = values(series, "Freshness at curated", "oldest")
    assert [fresh[n] for n in (0, 2, 4)] == [3.0, 2.5, 4.0]


def test_what_was_never_seen_at_the_last_hop_has_no_freshness(tmp_path: Path) -> None:
    recording = small(tmp_path / "run")
    place = {"cluster": "a", "topic": "t", "partition": 0, "src_offset": 9, "outcome": "ACK"}
    late = {"uid": 9, "copy": 0, "attempt": 0, "path": "kafka", "t_due": 3 * S, "t_invoke": 3 * S}
    recording.add("send", [late | place | {"t_done": 3 * S + 1000}])
    assert np.isnan(values(drawn(recording), "Freshness at curated", "oldest")[12])


def test_dead_letters_are_a_branch_and_no_lag(tmp_path: Path) -> None:
    assert [line.name for line in panel(drawn(small(tmp_path / "run")), "Lag").lines] == ["curated"]


def test_a_run_in_which_nothing_was_sent_has_no_curves(tmp_path: Path) -> None:
    assert series_of(Recording.create(tmp_path / "run")) is None


def test_the_curves_of_a_run_show_the_fault(run: Run) -> None:
    series = drawn(Recording(run.folder))
    second = S // series.bin_us
    latency = values(series, "Acknowledgement", "p99")
    assert max(latency[33 * second : 38 * second]) > 4 > 1 > np.nanmax(latency[10 * second : 30 * second])
    lag = values(series, "Lag", "curated")
    assert max(lag) == pytest.approx(11_000, rel=0.2)
    assert lag[-1] == 0
