"""Publish a ticket and, a moment later, an agent's reply: `python examples/publish.py [ticket]`."""

import asyncio
import json
import sys
import uuid
from datetime import UTC, datetime

from aiokafka import AIOKafkaProducer


async def publish(ticket: str, broker: str = "127.0.0.1:9092") -> None:
    """Send two ticket events, keyed by the ticket's id."""
    async with AIOKafkaProducer(bootstrap_servers=broker, acks="all") as producer:
        for type_, data in (
            (
                "ticket.created",
                {"status": "new", "priority": "urgent", "tier": "premium", "channel": "email"},
            ),
            ("ticket.message", {"author": "agent", "public": True}),
        ):
            event = {
                "specversion": "1.0",
                "id": str(uuid.uuid4()),
                "source": "/examples",
                "type": type_,
                "subject": ticket,
                "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "data": data,
            }
            await producer.send_and_wait(
                "ticket-events", json.dumps(event).encode(), ticket.encode()
            )
            await asyncio.sleep(0.5)


if __name__ == "__main__":
    asyncio.run(publish(sys.argv[1] if len(sys.argv) > 1 else "4711"))
