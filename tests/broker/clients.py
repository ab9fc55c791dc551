"""A client's few words to a broker, in synchronous form."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic


def create(bootstrap: str, topic: str) -> None:
    """Create `topic` with one partition."""

    async def run() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(topic, 1, 1)])
        finally:
            await admin.close()

    asyncio.run(run())


def produce(bootstrap: str, topic: str, value: bytes, transactional_id: str | None = None) -> None:
    """Write one record; in a transaction where an id for one is given."""

    async def run() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=transactional_id)
        await producer.start()
        try:
            if transactional_id:
                async with producer.transaction():
                    await producer.send_and_wait(topic, value, partition=0)
            else:
                await producer.send_and_wait(topic, value, partition=0)
        finally:
            await producer.stop()

    asyncio.run(run())


def consume(bootstrap: str, topic: str) -> list[bytes]:
    """Read all committed records of partition 0."""

    async def run() -> list[bytes]:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
        )
        await consumer.start()
        try:
            partition = TopicPartition(topic, 0)
            consumer.assign([partition])
            end = (await consumer.end_offsets([partition]))[partition]
            values: list[bytes] = []
            while await consumer.position(partition) < end:
                got = await consumer.getmany(partition, timeout_ms=500)
                values += [record.value for records in got.values() for record in records]
            return values
        finally:
            await consumer.stop()

    return asyncio.run(run())
