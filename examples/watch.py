"""Print SLA events as they are committed, from the beginning: `python examples/watch.py`."""

import asyncio
import json
from contextlib import suppress

from aiokafka import AIOKafkaConsumer


async def watch(broker: str = "127.0.0.1:9092") -> None:
    """Read `sla-events` as whoever escalates must read it: committed records only."""
    async with AIOKafkaConsumer(
        "sla-events",
        bootstrap_servers=broker,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
    ) as consumer:
        async for record in consumer:
            event = json.loads(record.value)
            data = event["data"]
            print(event["time"], event["type"], event["subject"], data["metric"], data["deadline"])


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(watch())
