"""Headless runs against real brokers: alone, and as master and workers whose ledgers prove the split."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fixtures.driving.choice import Choice
from loadgen.plan import Plan
from tests.loadpage.rig import Locust, free_port

pytestmark = [pytest.mark.nightly, pytest.mark.stack, pytest.mark.timeout(600)]

RATE, SECONDS, SEED = 600, 12, 11
LOAD = ("--only-kafka", "--rate", str(RATE), "--seconds", str(SECONDS), "--seed", str(SEED))


@pytest.fixture
def locust(tmp_path: Path) -> Locust:
    return Locust.fresh(tmp_path)


def test_master_and_workers_split_the_plan_by_key_without_overlap(locust: Locust) -> None:
    """One worker shares the master's disk, the other ships its ledger."""
    port = str(free_port())
    workers = [
        locust.start("worker-1", "--worker", "--master-port", port),
        locust.start("worker-2", "--worker", "--master-port", port, "--ship"),
    ]
    master = locust.start(
        "master", "--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", port,
        "--expect-workers", "2", "--headless", "--users", "3", "--spawn-rate", "3", *LOAD,
    )  # fmt: skip
    code = master.wait(400)
    for worker in workers:
        worker.wait(60)
    assert code == 0, locust.log("master").read_text()
    recording = locust.recording()
    assert recording.run["status"] == "held"
    sent = {path.name: pq.read_table(path) for path in recording.files("send")}
    assert len(sent) == 3 and all(table.num_rows for table in sent.values())
    attempts = Counter(
        attempt
        for table in sent.values()
        for attempt in zip(*(table[name].to_pylist() for name in ("uid", "copy", "attempt")), strict=True)
    )
    plan = Plan(Choice("DR", "base", RATE, SECONDS, SEED).load(), SEED)
    assert max(attempts.values()) == 1, "two processes sent the same attempt"
    assert sum(attempts.values()) == plan.attempts, "the slices are not the whole plan"
    keys = [set(pq.read_table(path)["key"].to_pylist()) for path in recording.files("intent")]
    assert not keys[0] & keys[1] and not keys[0] & keys[2] and not keys[1] & keys[2]


def test_figures_of_locust_are_those_of_the_ledger(locust: Locust) -> None:
    prefix = locust.folder / "figures"
    alone = locust.start("alone", "--headless", "--users", "2", *LOAD, "--csv", str(prefix))
    assert alone.wait(400) == 0, locust.log("alone").read_text()
    with Path(f"{prefix}_stats.csv").open(encoding="utf-8") as file:
        told = {row["Name"]: row for row in csv.DictReader(file)}["Aggregated"]
    send = locust.recording().read("send")
    took = sorted(
        (done - due) / 1_000
        for done, due in zip(send["t_done"].to_pylist(), send["t_due"].to_pylist(), strict=True)
    )
    assert int(told["Request Count"]) == send.num_rows
    assert int(told["Failure Count"]) == 0
    for share in (50, 95):
        exact = took[len(took) * share // 100]
        assert float(told[f"{share}%"]) == pytest.approx(exact, rel=0.08, abs=1)


def test_too_little_traffic_is_no_success_though_no_request_failed(locust: Locust) -> None:
    few = ("--only-kafka", "--rate", "5", "--seconds", "4")
    alone = locust.start("alone", "--headless", *few)
    assert alone.wait(400) == 2, locust.log("alone").read_text()
    assert locust.recording().run["verdict"] == "VACUOUS"
