"""Watches what the worker publishes, as any consumer would: committed records only."""

from __future__ import annotations

from collections.abc import Callable

import orjson
from aiokafka import AIOKafkaConsumer

from streams.demo.scene import Scene
from streams.demo.telling import Told, read
from streams.wire.topics import SLA_EVENTS, SLA_STATUS


async def watch(bootstrap: str, scene: Scene, heard: Callable[[Told], None]) -> None:
    """Keep the scene as `sla-events` and `sla-status` say, until cancelled.

    `heard` is told of each new fact.
    """
    consumer = AIOKafkaConsumer(
        SLA_EVENTS,
        SLA_STATUS,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        fetch_max_wait_ms=100,
    )
    await consumer.start()
    try:
        while True:
            batches = await consumer.getmany(timeout_ms=200)
            for partition, records in batches.items():
                for record in records:
                    if partition.topic == SLA_STATUS:
                        status = None if record.value is None else orjson.loads(record.value)
                        scene.stand(record.key.decode(), status)
                        continue
                    told = read(record.value)
                    if scene.tell(told):
                        heard(told)
    finally:
        await consumer.stop()
