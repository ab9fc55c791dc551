"""The same job in Bytewax: a stateful operator by partition, with recovery, at least once.

Its `notify_at` goes by the wall clock, and an operator that is keyed by ticket sees no time but
that of the ticket's own events. Keyed by partition it sees the time of them all, and keeps
deadlines in a heap; the price is that each epoch's snapshot holds all tickets of a partition.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import timedelta
from heapq import heapify, heappop, heappush
from pathlib import Path

import orjson
from bytewax import operators as op
from bytewax.connectors.kafka import KafkaSink, KafkaSinkMessage, KafkaSource, KafkaSourceMessage
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main
from rules import Said, State, body, expire, follow, moment, running

EPOCH = timedelta(seconds=1)
"""Between two snapshots; 10 s as it comes, and as much is done again after a crash."""

BROKERS = [os.environ["BROKER"]]
Fact = tuple[str, str, str, int]


class Partition(op.StatefulLogic[bytes, Fact, bytes]):
    """The tickets of a partition and their deadlines."""

    def __init__(self, snapshot: bytes | None) -> None:
        """Begin, or go on from a snapshot."""
        self.tickets: dict[str, State] = orjson.loads(snapshot) if snapshot else {}
        self.heap = [(end, name) for name, one in self.tickets.items() for end in running(one)]
        heapify(self.heap)

    def on_item(self, value: bytes) -> tuple[Iterable[Fact], bool]:
        """Apply an event, and let fall due what does."""
        event = orjson.loads(value)
        ticket, at = event["subject"], moment(event)
        said: Said
        self.tickets[ticket], said, deadlines = follow(self.tickets.get(ticket), event, at)
        for end in deadlines:
            heappush(self.heap, (end, ticket))
        while self.heap and self.heap[0][0] < at:
            due = heappop(self.heap)[1]
            said += expire(due, self.tickets[due], at)
        return said, self.RETAIN

    def snapshot(self) -> bytes:
        """Give all tickets."""
        return orjson.dumps(self.tickets)


def keyed(message: KafkaSourceMessage) -> tuple[str, bytes]:
    """Give partition and event."""
    return str(message.partition), message.value


def record(keyed_fact: tuple[str, Fact]) -> KafkaSinkMessage:
    """Write what is said."""
    fact = keyed_fact[1]
    return KafkaSinkMessage(fact[0].encode(), orjson.dumps(body(*fact)))


flow = Dataflow("sla")
source = op.input("tickets", flow, KafkaSource(BROKERS, [os.environ["IN_TOPIC"]]))
said = op.stateful("sla", op.map("keyed", source, keyed), Partition)
op.output("said", op.map("record", said, record), KafkaSink(BROKERS, os.environ["OUT_TOPIC"]))

if __name__ == "__main__":
    folder = Path(os.environ["STATE_DIR"])
    init_db_dir(folder, 1)
    cli_main(flow, epoch_interval=EPOCH, recovery_config=RecoveryConfig(folder))
