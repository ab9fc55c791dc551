"""The tickets as the workers have them: read from their changelog, without a worker and a group.

Nothing is written, and nobody notices: what is read is what has been committed so far. The topic of
the policies is read last, so every version that a row may name is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aiokafka.errors import KafkaError

from streams.process.reader import partitions, records
from streams.sla.engine import Engine
from streams.sla.ticket import Ticket
from streams.wire import row
from streams.wire.topics import Names
from streams.worker.preflight import PreflightError
from streams.worker.versions import Shelf, read


@dataclass(frozen=True, slots=True)
class Rows:
    """What the workers of an application keep: rows in bytes by key, and versions."""

    packed: dict[bytes, bytes]
    shelf: Shelf

    def engine(self) -> Engine:
        """Give an engine that knows what the workers know. Raises PreflightError without any."""
        shelf = self.shelf
        if not shelf.sets:
            message = "no version of policies is on the topic: no worker has started here yet"
            raise PreflightError(message)
        first = shelf.adoptions[-1].version if shelf.adoptions else next(reversed(shelf.sets))
        return Engine(shelf.sets[first], shelf.sets, shelf.adoptions)

    def tickets(self, engine: Engine) -> Iterator[Ticket]:
        """Give the tickets; those that were let go are none. Raises UnreadableRow."""
        for packed in self.packed.values():
            ticket = row.decode(packed, engine)
            if isinstance(ticket, Ticket):
                yield ticket


async def rows(client: dict[str, Any], app_id: str, names: Names) -> Rows:
    """Read an application's rows and versions up to now. Raises PreflightError, in words."""
    changelog = f"{app_id}-tickets-changelog"
    for topic in (changelog, names.policies):
        if not await partitions(client, topic):
            message = f"topic {topic} does not exist; name the workers' --app-id and --topic-prefix"
            raise PreflightError(message)
    try:
        packed = await _latest(client, changelog)
        shelf = Shelf()
        await read(client, names.policies, shelf.put)
    except KafkaError as fault:
        message = f"the rows cannot be read: {fault}; check that the brokers run, and your rights"
        raise PreflightError(message) from fault
    return Rows(packed, shelf)


async def _latest(client: dict[str, Any], topic: str) -> dict[bytes, bytes]:
    """Give the last value of each key, as compaction would leave it."""
    found: dict[bytes, bytes] = {}
    async for record in records(client, topic):
        if record.value is None:
            found.pop(record.key, None)
        else:
            found[record.key] = record.value
    return found
