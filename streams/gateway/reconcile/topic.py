"""What the topic has of the time that is compared."""

from __future__ import annotations

from typing import Any

from aiokafka.errors import KafkaError

from streams.gateway.publisher import Unavailable
from streams.process.reader import records
from streams.sla.events import Created, TicketEvent
from streams.wire.ticket_events import Rejected, decode


async def seen(client: dict[str, Any], topic: str, since: int) -> list[TicketEvent]:
    """Give all creations, and what else is not older than `since` (ms UTC). Raises Unavailable.

    All of the topic is read, once: when something happened says nothing of where it lies.
    """
    found: list[TicketEvent] = []
    try:
        async for record in records(client, topic):
            try:
                event = decode(record.value, record.key, record.headers)
            except Rejected:
                continue  # the worker has put it into the dead letters
            if event is not None and (event.time >= since or isinstance(event, Created)):
                found.append(event)
    except KafkaError as fault:
        message = f"the brokers cannot be read: {fault}"
        raise Unavailable(message) from None
    return found
