"""What a case has left behind: the topics as a reader of committed data sees them, and the pages.

The judge works on this alone, so that it can be asked about contents that no worker ever wrote.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import ConsumerRecord

from streams.policies import load_file
from streams.sla.policy import PolicySet
from streams.sla.versions import Adoption
from streams.worker.versions import Shelf, read
from tests.worker.rig import Rig

SAMPLE = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
Samples = list[tuple[str, dict[str, str], float]]


class Record(NamedTuple):
    """One committed record."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


class Window(NamedTuple):
    """A time (ms UTC, both) in which no worker could see what some partitions held."""

    begin: int
    end: int


@dataclass(slots=True)
class Ground:
    """All that is judged.

    `acked`: by id of a ticket event, when the broker had surely taken it (ms UTC); one that is
    missing may have come at any time. `until`: the instant (ms UTC) that every partition has
    reached. `committed`: the group's offset by partition. `pages`: `/metrics` of the live workers.
    `adoptions`: those of the policies' topic, where there was more than one, of `versions` (R18).
    """

    policies: PolicySet
    source: Sequence[Record]
    facts: Sequence[Record]
    statuses: Sequence[Record]
    letters: Sequence[Record] = ()
    committed: Mapping[int, int] = field(default_factory=dict)
    pages: Sequence[str] = ()
    acked: Mapping[str, int] = field(default_factory=dict)
    until: int = 0
    outages: Sequence[Window] = ()
    adoptions: Sequence[Adoption] = ()
    versions: Mapping[str, PolicySet] = field(default_factory=dict)

    def said(self) -> list[dict[str, Any]]:
        """Give the SLA events in the order of the log."""
        return [orjson.loads(record.value or b"null") for record in self.facts]


def gather(
    rig: Rig,
    *,
    pages: Sequence[str] = (),
    acked: Mapping[str, int],
    until: int,
    outages: Sequence[Window] = (),
) -> Ground:
    """Read everything that a rig's workers have committed."""
    shelf = Shelf()
    asyncio.run(read({"bootstrap_servers": rig.broker}, rig.names.policies, shelf.put))
    return Ground(
        load_file(rig.policies),
        records(rig.read(rig.names.ticket_events)),
        records(rig.read(rig.names.sla_events)),
        records(rig.read(rig.names.sla_status)),
        records(rig.read(rig.names.dead_letters)),
        asyncio.run(committed(rig)),
        pages,
        acked,
        until,
        outages,
        shelf.adoptions if len(shelf.adoptions) > 1 else (),
        shelf.sets,
    )


def records(read: Iterable[ConsumerRecord]) -> list[Record]:
    """Take from a client's records what is judged."""
    return [Record(one.partition, one.offset, one.key, one.value, one.headers) for one in read]


async def committed(rig: Rig) -> dict[int, int]:
    """Ask the group for its offsets on the source topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=rig.broker)
    await admin.start()
    try:
        found = await admin.list_consumer_group_offsets(rig.app_id)
    finally:
        await admin.close()
    source = rig.names.ticket_events
    return {tp.partition: one.offset for tp, one in found.items() if tp.topic == source}


def samples(page: str) -> Samples:
    """Read a page of metrics: (name, labels, value) of each sample."""
    found: Samples = []
    for line in page.splitlines():
        if not line.startswith("#") and (match := SAMPLE.fullmatch(line)):
            name, labels, value = match.groups()
            found.append((name, dict(LABEL.findall(labels or "")), float(value)))
    return found
