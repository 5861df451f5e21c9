"""`python -m bench.load_produce`: the load against Kafka's own producer perf tool, on a real stack.

Same cluster, records (the perf tool draws from a file of the load's own events), partitions, acks,
idempotence, compression and linger; in turns, so that a busy machine is unfair to both. The two clients
count a batch differently: Java's after compression, librdkafka's before. `--batch` is that of the load.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from bench.machine import cpu_s, describe
from fixtures.provision import Toolbox, toolbox
from fixtures.stack import Stack
from gameday.kernel.clock import anchor
from gameday.kernel.journal import gameday_home
from gameday.kernel.recording import Recording
from gameday.kernel.words import LoadOrder
from loadgen.encode import SlabEncoder
from loadgen.feed import batches
from loadgen.ids import Ids
from loadgen.places import Assignment
from loadgen.plan import Plan
from loadgen.profiles import steady

PARTITIONS = 6
CLIENT: Mapping[str, Any] = {
    "acks": "all",
    "enable.idempotence": "true",
    "compression.type": "lz4",
    "linger.ms": "20",
    "batch.size": "262144",
}
_NONCE = "00112233445566778899aabbccddeeff"
_PAYLOADS = 20_000
_RECORDS = re.compile(r"records sent, ([\d.]+) records/sec")


@dataclass(frozen=True)
class Field:
    """Where both sides play."""

    bootstrap: str
    replication: int
    events: int
    warm_up: int
    folder: Path
    tools: Toolbox
    batch: int  # bytes of the load's batches, before compression


def main() -> None:
    options = _options()
    home = gameday_home()
    print(describe(), flush=True)
    with tempfile.TemporaryDirectory() as folder, _stack(home) as bootstrap:
        for replication in options.replication:
            field = Field(
                bootstrap,
                replication,
                options.events,
                options.events // 4,
                Path(folder),
                toolbox(home),
                options.batch,
            )
            _compare(field, options.rounds, options.ways)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=600_000, help="per turn; the first quarter warms up")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--replication", type=int, nargs="+", default=[3, 1])
    parser.add_argument("--ways", nargs="+", default=["bulk", "single"])
    parser.add_argument("--batch", type=int, default=256 * 1024, help="batch.size of the load, in bytes")
    return parser.parse_args()


@contextmanager
def _stack(home: Path) -> Iterator[str]:
    stack = Stack.open(home, say=lambda text: None)
    try:
        yield stack.description.roles["direct"]
    finally:
        stack.close()


def _compare(field: Field, rounds: int, ways: list[str]) -> None:
    replicas = f"{field.replication} replicas" if field.replication > 1 else "one broker, one replica"
    settings = " ".join(f"{k}={v}" for k, v in CLIENT.items())
    print(f"\n{replicas}, {PARTITIONS} partitions, {field.events:,} events a turn; {settings}")
    print(f"  the load: batch.size={field.batch}")
    perf: list[float] = []
    ours: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(rounds):
        rate, cpu = _perf_tool(field, f"bench.perf.{field.replication}.{number}")
        perf.append(rate)
        print(f"  perf tool      {rate:9,.0f}/s   {cpu:5.1f} µs CPU per record", flush=True)
        for way in ways:
            facts = _load(field, f"bench.{way}.{field.replication}.{number}", way)
            ours[way].append(facts["rate"])
            print(f"  load, {way:6}   {facts['rate']:9,.0f}/s   {_facts(facts)}", flush=True)
    for way in ways:
        ratios = [a / b for a, b in zip(ours[way], perf, strict=True)]
        each = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"  {way}: {statistics.median(ratios):.2f} × the perf tool (median of {each})")


def _facts(facts: Mapping[str, Any]) -> str:
    return (
        f"{facts['cpu_us_per_event']:5.1f} µs CPU per event, {facts['bytes_per_event']:.0f} B, "
        f"ledger {facts['ledger_bytes_per_event']:.1f} B, not acknowledged {facts['not_acked']}, "
        f"RSS {facts['rss_mb']:.0f} MB; {facts['way']}"
    )


def _new_topic(field: Field, name: str) -> None:
    admin = AdminClient({"bootstrap.servers": field.bootstrap})
    if field.replication == 1:
        one = min(admin.list_topics(timeout=10).brokers)
        topic = NewTopic(
            name, PARTITIONS, replica_assignment=[[one]] * PARTITIONS, config={"min.insync.replicas": "1"}
        )
    else:
        topic = NewTopic(name, PARTITIONS, field.replication, config={"retention.bytes": "200000000"})
    admin.create_topics([topic])[name].result(timeout=30)


def _drop_topic(field: Field, name: str) -> None:
    admin = AdminClient({"bootstrap.servers": field.bootstrap})
    admin.delete_topics([name])[name].result(timeout=30)


def _perf_tool(field: Field, topic: str) -> tuple[float, float]:
    """Records per second after the warm-up, and CPU of the whole process per record."""
    _new_topic(field, topic)
    client = [f"{name}={value}" for name, value in CLIENT.items()]
    command = [
        str(field.tools.java), "-cp", ":".join(map(str, field.tools.kafka_jars)), "-Xmx512m",
        "org.apache.kafka.tools.ProducerPerformance", "--topic", topic, "--num-records", str(field.events),
        "--warmup-records", str(field.warm_up), "--throughput", "-1", "--payload-file", str(_payloads(field)),
        "--bootstrap-server", field.bootstrap, "--command-property", *client,
    ]  # fmt: skip
    before = cpu_s(resource.RUSAGE_CHILDREN)
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout
    cpu = cpu_s(resource.RUSAGE_CHILDREN) - before
    _drop_topic(field, topic)
    return float(_RECORDS.findall(said)[-1]), 1e6 * cpu / field.events


def _assignment(field: Field, name: str, way: str) -> Assignment:
    recording = Recording.create(field.folder / name).folder
    client = {**CLIENT, "batch.size": field.batch, "way": way}
    order = LoadOrder(7, _NONCE, 5, anchor(), "a", name, field.bootstrap, client)
    return Assignment(steady(100_000, field.events / 100_000), order, recording, tables=False)


def _payloads(field: Field) -> Path:
    path = field.folder / "payloads"
    if not path.exists():
        plan = Plan(steady(100_000, _PAYLOADS / 100_000), 7)
        encoder = SlabEncoder(plan, Ids(_NONCE, 5), anchor().now_us())
        with path.open("wb") as out:
            for batch in batches(plan, encoder, anchor().now_us()):
                out.write(b"\n".join(batch.values.to_list()) + b"\n")
    return path


def _load(field: Field, topic: str, way: str) -> dict[str, Any]:
    _new_topic(field, topic)
    order = _assignment(field, topic, way).write()
    command = [sys.executable, "-m", "bench.flood", str(order), str(field.warm_up)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if said.returncode:
        raise SystemExit(f"the load failed:\n{said.stderr}")
    _drop_topic(field, topic)
    facts: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
    return facts


if __name__ == "__main__":
    main()
