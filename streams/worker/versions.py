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
from streams.wire.topics import POLICIES

log = logging.getLogger(__name__)


async def agree(current: PolicySet, client: dict[str, Any]) -> dict[str, PolicySet]:
    """Publish the current version where it is new, and give all versions, by version."""
    known = await _read(client)
    if current.version not in known:
        producer = AIOKafkaProducer(**client, acks="all", enable_idempotence=True)
        await producer.start()
        try:
            document = orjson.dumps(current.document)
            await producer.send_and_wait(POLICIES, document, current.version.encode(), partition=0)
        finally:
            await producer.stop()
        log.info("policies version %s is new; %d older are known", current.version, len(known))
    return {**known, current.version: current}


async def _read(client: dict[str, Any]) -> dict[str, PolicySet]:
    partition = TopicPartition(POLICIES, 0)
    consumer = AIOKafkaConsumer(**client, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        await consumer.seek_to_beginning(partition)
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
