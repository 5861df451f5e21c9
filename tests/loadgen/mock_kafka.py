"""A mock cluster of librdkafka in a process of its own, so that it outlives a load process that is killed.

Prints its bootstrap address, then lives until its standard input closes.
"""

from __future__ import annotations

import sys

from confluent_kafka import Producer


def main() -> None:
    host = Producer({"test.mock.num.brokers": 3, "log_level": 0})
    brokers = host.list_topics(timeout=10).brokers.values()
    print(",".join(f"{broker.host}:{broker.port}" for broker in brokers), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
