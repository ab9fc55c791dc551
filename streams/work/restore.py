"""Rows from the changelog into memory.

Decisions: a consumer of its own, without a group, reading committed data, assigned by hand; gone
when the restore is done. A partition's restore ends when the *position* has reached the end, never
by the offset of a record: a changelog written in transactions ends in markers that are no records
(fact 5). The end is the last stable offset, asked for after the fence, when nobody else can write.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer, TopicPartition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.work.partition import Partition
    from streams.work.unit import UnitOfWork

log = logging.getLogger(__name__)

FETCH_BYTES = 4 << 20
RECORDS_AT_ONCE = 10_000  # how long the loop may be kept from other work


async def restore(work: UnitOfWork, parts: Sequence[Partition]) -> None:
    """Fill the tables of new partitions; they hold rows at rest afterwards."""
    targets = {
        TopicPartition(table.changelog, part.number): part.tables[name].rest
        for name, table in work.tables.items()
        for part in parts
    }
    if not targets:
        return
    began = time.perf_counter()
    consumer = AIOKafkaConsumer(
        **work.client_settings(f"{work.app_id}-restore"),
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=FETCH_BYTES,
        fetch_max_wait_ms=50,
        check_crcs=False,
    )
    try:
        await consumer.start()
        count = await _read(work, consumer, targets)
    finally:
        work.stats.recovery_remaining = 0
        await consumer.stop()
    seconds = time.perf_counter() - began
    work.stats.restored_rows += count
    work.stats.restore_seconds += seconds
    log.info("restored %d changelog records of %d partitions in %.2f s", count, len(parts), seconds)


async def _read(
    work: UnitOfWork, consumer: AIOKafkaConsumer, targets: dict[TopicPartition, dict[bytes, bytes]]
) -> int:
    consumer.assign(list(targets))
    # With read_committed the end is the last stable offset.
    ends: dict[TopicPartition, int] = await consumer.end_offsets(list(targets))
    begins: dict[TopicPartition, int] = await consumer.beginning_offsets(list(targets))
    for tp, begin in begins.items():
        consumer.seek(tp, begin)
    left = {tp: ends[tp] - begins[tp] for tp in targets if begins[tp] < ends[tp]}
    count = 0
    while left:
        work.stats.recovery_remaining = sum(left.values())
        fetched = await consumer.getmany(timeout_ms=100, max_records=RECORDS_AT_ONCE)
        for tp, records in fetched.items():
            _take(targets[tp], records)
            count += len(records)
        for tp in list(left):
            left[tp] = ends[tp] - await consumer.position(tp)
            if left[tp] <= 0:
                del left[tp]
                consumer.pause(tp)
    return count


def _take(rest: dict[bytes, bytes], records: Sequence[object]) -> None:
    for record in records:
        key, value = record.key, record.value  # type: ignore[attr-defined]  # aiokafka is untyped
        if value is None:
            rest.pop(key, None)
        else:
            rest[key] = value
