"""What lies on the topic of ticket events, read apart from the work: for reports, in no group."""

from __future__ import annotations

from typing import Any

from streams.history.reading import Reading
from streams.process.reader import partitions, records
from streams.sla.events import Absorbed, TicketEvent
from streams.wire.ticket_events import Rejected, decode
from streams.worker.preflight import PreflightError, reachable


async def past(client: dict[str, Any], topic: str, reading: Reading) -> list[TicketEvent]:
    """Read the committed ticket events up to the topic's end as of now.

    They come partition by partition, so a ticket's in the order of their arrival. What cannot be
    read is noted by partition and offset. Raises PreflightError where no broker answers, or there
    is no such topic.
    """
    await reachable(client)
    if not await partitions(client, topic):
        message = f"topic {topic}: is not there; name its prefix with --topic-prefix"
        raise PreflightError(message)
    events: list[TicketEvent] = []
    async for record in records(client, topic):
        reading.lines += 1
        try:
            event = decode(record.value, record.key, record.headers)
        except Rejected as fault:
            place = f"{topic}[{record.partition}]"
            reading.rejected.append((place, record.offset, f"{fault.reason}: {fault}"))
            continue
        # What merges leave is worked out anew, from all that is known of the merged ticket.
        if event is not None and not isinstance(event, Absorbed):
            events.append(event)
    return events
