"""What reads sla-status for the writer: a consumer group of its own, committed up to what is done.

Decisions: nothing is written before what is there has been read, for only the last row of a ticket
counts; when too much waits, reading waits. Whoever takes a partition over reads on from what was
done, so that after a crash a deadline is looked at again, and written if it is not there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from streams.notify.writer import Writer

log = logging.getLogger(__name__)

MOST = 10_000
COMMIT_SECONDS = 1.0
POLL_MS = 300
REST_SECONDS = 5.0


class Follower:
    """Where it reads, and as which group; `client` are the settings of an aiokafka client."""

    def __init__(self, client: dict[str, Any], topic: str, group: str) -> None:
        self._client, self._topic, self._group = client, topic, group

    async def run(self, writer: Writer) -> None:
        """Read and have it written until cancelled, whatever becomes of the brokers."""
        while True:
            try:
                await self._follow(writer)
            except (KafkaError, OSError) as fault:
                log.warning("sla-status cannot be read: %s; tried again", fault)
            writer.backlog.forget({item.part for item in writer.backlog.items()})
            await asyncio.sleep(REST_SECONDS)

    async def _follow(self, writer: Writer) -> None:
        consumer = AIOKafkaConsumer(
            **self._client,
            group_id=self._group,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        consumer.subscribe([self._topic], listener=_Listener(consumer, writer))
        tasks: list[asyncio.Task[None]] = []
        try:
            await consumer.start()
            committed = asyncio.get_running_loop().time()
            while True:
                read = await self._read(consumer, writer)
                if not read and not tasks and consumer.assignment():
                    tasks = [asyncio.create_task(writer.work(name)) for name in writer.desks]
                if asyncio.get_running_loop().time() - committed >= COMMIT_SECONDS:
                    await commit(consumer, writer, consumer.assignment())
                    committed = asyncio.get_running_loop().time()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await consumer.stop()

    @staticmethod
    async def _read(consumer: AIOKafkaConsumer, writer: Writer) -> int:
        parts = consumer.assignment()
        if len(writer.backlog) >= MOST:
            consumer.pause(*parts)
        elif paused := consumer.paused():
            consumer.resume(*paused)
        found = await consumer.getmany(timeout_ms=POLL_MS)
        for part, records in found.items():
            for record in records:
                ticket = (record.key or b"").decode("utf-8", "replace")
                writer.take(ticket, record.value, part, record.offset)
        return sum(map(len, found.values()))


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, consumer: AIOKafkaConsumer, writer: Writer) -> None:
        self._consumer, self._writer = consumer, writer

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Say how far it came, and let go."""
        await commit(self._consumer, self._writer, revoked)
        self._writer.backlog.forget(revoked)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Begin where the group came to."""


async def commit(
    consumer: AIOKafkaConsumer, writer: Writer, parts: Iterable[TopicPartition]
) -> None:
    """Commit up to what is done."""
    try:
        offsets = {
            part: writer.backlog.floor(part, await consumer.position(part)) for part in parts
        }
        if offsets:
            await consumer.commit(offsets)
    except (KafkaError, AssertionError) as fault:
        # Another has the partitions by now; it begins where this one came to.
        log.info("how far sla-status was written back could not be noted: %s", fault)
