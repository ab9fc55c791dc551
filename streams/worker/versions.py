"""Policy sets by version, on a compacted topic (R18).

A ticket keeps the version that it started under, so a worker must know every version that a row may
name, also after the file has changed. Each worker reads the topic before it takes up partitions and
publishes its own version where it is new; the same content has the same version, so two workers
that do this at once agree.
"""

from __future__ import annotations

import logging
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams.policies import load_document
from streams.sla.policy import PolicySet

log = logging.getLogger(__name__)


async def agree(current: PolicySet, client: dict[str, Any], topic: str) -> dict[str, PolicySet]:
    """Publish the current version where it is new, and give all versions, by version."""
    known = await _read(client, topic)
    if current.version not in known:
        producer = AIOKafkaProducer(**client, acks="all", enable_idempotence=True)
        await producer.start()
        try:
            document = orjson.dumps(current.document)
            await producer.send_and_wait(topic, document, current.version.encode(), partition=0)
        finally:
            await producer.stop()
        log.info("policies version %s is new; %d older are known", current.version, len(known))
    return {**known, current.version: current}


async def _read(client: dict[str, Any], topic: str) -> dict[str, PolicySet]:
    partition = TopicPartition(topic, 0)
    # Not seek_to_beginning after assign: aiokafka's own reset to the default, the end, races it.
    consumer = AIOKafkaConsumer(**client, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        known: dict[str, PolicySet] = {}
        while await consumer.position(partition) < end:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    if record.value is not None:
                        policies = load_document(orjson.loads(record.value))
                        known[policies.version] = policies
        return known
    finally:
        await consumer.stop()
