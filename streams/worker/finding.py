"""Finding one row in a changelog of millions, without reading it all.

A ticket's row and its status are committed together, so the one is found by the time of the other.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.process.reader import reader

SLACK = 2_000
"""Milliseconds by which the records of one commit may be apart."""

PORTION = 500
"""Records that are looked at between two units of work."""


async def row_near(
    client: dict[str, Any], part: TopicPartition, key: bytes, stamp: int
) -> bytes | None:
    """Give the row of a key that was committed about a time (ms UTC), or the latest before it.

    None where there is no row. Where there is none about that time, all of the partition is read.
    """
    consumer = reader(client)
    try:
        await consumer.start()
        end = (await consumer.end_offsets([part]))[part]
        begin = (await consumer.offsets_for_times({part: max(0, stamp - SLACK)}))[part]
        near = end if begin is None else begin.offset
        return await _read(consumer, part, key, near, end, stamp + SLACK) or (
            await _read(consumer, part, key, 0, near, stamp + SLACK)
        )
    finally:
        await consumer.stop()


async def _read(
    consumer: AIOKafkaConsumer, part: TopicPartition, key: bytes, begin: int, end: int, late: int
) -> bytes | None:
    """Give a key's last row in a range of offsets; a later one than `late` (ms UTC) ends it."""
    found: bytes | None = None
    if begin >= end:
        return None
    consumer.assign([part])
    consumer.seek(part, begin)
    while await consumer.position(part) < end:
        fetched = await consumer.getmany(part, timeout_ms=200, max_records=PORTION)
        for record in fetched.get(part, []):
            if record.key == key:
                found = record.value
            if found is not None and record.timestamp > late:
                return found
        await asyncio.sleep(0)
    return found
