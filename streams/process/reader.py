"""Reading a topic apart from the work: what is committed, from the beginning, in no group."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

COMMITTED = "read_committed"


def reader(client: dict[str, Any], isolation: str = COMMITTED) -> AIOKafkaConsumer:
    """Make a consumer that starts at the beginning of what it is assigned; it is not started yet.

    Never by `seek_to_beginning` after `assign`: aiokafka's own reset to the default, the end, races
    it, and a reader that loses sees nothing.
    """
    return AIOKafkaConsumer(
        **client,
        isolation_level=isolation,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )


async def records(
    client: dict[str, Any], topic: str, isolation: str = COMMITTED
) -> AsyncIterator[ConsumerRecord]:
    """Give every record up to the topic's end as of now, partition by partition."""
    parts = sorted(await partitions(client, topic))
    consumer = reader(client, isolation)
    try:
        await consumer.start()
        consumer.assign(parts)
        ends = await consumer.end_offsets(parts)
        for part in parts:
            while await consumer.position(part) < ends[part]:
                for record in (await consumer.getmany(part, timeout_ms=200)).get(part, []):
                    yield record
    finally:
        await consumer.stop()


async def partitions(client: dict[str, Any], topic: str) -> list[TopicPartition]:
    """Give a topic's partitions; none where there is no such topic."""
    admin = AIOKafkaAdminClient(**client)
    await admin.start()
    try:
        if topic not in await admin.list_topics():
            return []
        (described,) = await admin.describe_topics([topic])
        return [TopicPartition(topic, one["partition"]) for one in described["partitions"]]
    finally:
        await admin.close()
