"""Which sender an order asks for: the scheme of its address says so; one without a scheme is Kafka's."""

from __future__ import annotations

from loadgen.places import Assignment
from loadgen.senders import Sender
from loadgen.senders.kafka import open_kafka
from loadgen.senders.kafka_settings import settings
from loadgen.senders.sink import SCHEME, SinkSender


def open_sender(assignment: Assignment) -> Sender:
    order, load = assignment.order, assignment.load
    if order.bootstrap.startswith(SCHEME):
        return SinkSender(order.bootstrap, order.anchor.now_us)
    options = settings(order.bootstrap, load.tuned, order.client, dict(load.overrides))
    return open_kafka(order.topic, options, order.anchor.now_us)
