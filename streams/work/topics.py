"""What must be true of the topics before a worker starts, and the changelogs it makes itself.

A missing source topic leaves Faust ready and idle for ever (fact 14); a changelog with another
number of partitions would give rows to the wrong owner. Both are refused at the start.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from streams.work.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.work.table import Table
    from streams.work.unit import UnitOfWork

log = logging.getLogger(__name__)

#: Small segments, because only closed ones are compacted and a restore reads all of them.
CHANGELOG_CONFIG = {
    "cleanup.policy": "compact",
    "segment.bytes": str(64 << 20),
    "min.cleanable.dirty.ratio": "0.2",
}


async def prepare(
    work: UnitOfWork, sources: Iterable[str], *, replication: int, connect_timeout: float
) -> int:
    """Check the source topics, make missing changelogs, return the number of partitions.

    Raises Refused with the topic, what is wrong with it and what to do.
    """
    admin = AIOKafkaAdminClient(**work.client_settings(f"{work.app_id}-start"))
    try:
        await _connect(admin, connect_timeout)
        names = sorted(sources)
        wanted = {table.changelog: table for table in work.tables.values()}
        counts = await _counts(admin, [*names, *wanted])
        partitions = _check_sources(names, counts)
        for changelog, table in wanted.items():
            _check_declared(table, partitions)
            if changelog not in counts:
                await _create(admin, table, partitions, replication)
            elif counts[changelog] != partitions:
                raise Refused(
                    f"topic {changelog} has {counts[changelog]} partitions, {names[0]} has"
                    f" {partitions}: a row lives where its events come from. Make the changelog"
                    " anew with the same number, or start under a new application id"
                )
    except KafkaError as error:
        # The client asks one node, drawn at random, and does not ask another where that has gone.
        raise Refused(f"a broker did not answer: {error!r}. Start again when all are up") from error
    else:
        return partitions
    finally:
        await admin.close()


async def _connect(admin: AIOKafkaAdminClient, seconds: float) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            await admin.start()
        except KafkaError as error:
            if asyncio.get_running_loop().time() >= deadline:
                raise Refused(
                    f"no broker answered within {seconds:.0f} s: {error}. Check the broker's"
                    " address, its credentials, and that it runs"
                ) from error
            log.warning("no broker yet: %s", error)
            await asyncio.sleep(0.5)
        else:
            return


async def _counts(admin: AIOKafkaAdminClient, topics: list[str]) -> dict[str, int]:
    """Return the number of partitions of each topic that exists."""
    known = set(await admin.list_topics())  # asking for a missing one by name might create it
    there = [topic for topic in topics if topic in known]
    if not there:
        return {}
    described: list[dict[str, Any]] = await admin.describe_topics(there)
    return {one["topic"]: len(one["partitions"]) for one in described}


def _check_sources(names: list[str], counts: dict[str, int]) -> int:
    if not names:
        raise Refused("the worker has no source topic: register a handler with App.batches")
    if missing := [name for name in names if name not in counts]:
        raise Refused(
            f"topic {', '.join(missing)} does not exist: create it, or check its name and the"
            " rights of this user (a topic that may not be described looks missing)"
        )
    if len({counts[name] for name in names}) > 1:
        listing = ", ".join(f"{name}: {counts[name]}" for name in names)
        raise Refused(
            f"the source topics differ in their number of partitions ({listing}): make them equal"
        )
    return counts[names[0]]


def _check_declared(table: Table[Any], partitions: int) -> None:
    if table.partitions not in (0, partitions):
        raise Refused(
            f"table {table.name} is declared with {table.partitions} partitions, the source has"
            f" {partitions}: declare {partitions}"
        )


async def _create(
    admin: AIOKafkaAdminClient, table: Table[Any], partitions: int, replication: int
) -> None:
    new = NewTopic(
        table.changelog,
        partitions,
        replication,
        # -1 means the broker's default, which aiokafka takes only beside an (empty) assignment.
        replica_assignments={} if replication == -1 else None,
        topic_configs=CHANGELOG_CONFIG | table.config,
    )
    response = await admin.create_topics([new])
    for topic, code, *reason in response.topic_errors:
        if code not in (0, TopicAlreadyExistsError.errno):
            raise Refused(
                f"topic {topic} could not be created: {for_code(code).__name__}"
                f" {' '.join(map(str, reason))}. Create it by hand (compacted, {partitions}"
                " partitions) or give this user the right to"
            )
    log.info("created topic %s with %d partitions", table.changelog, partitions)
