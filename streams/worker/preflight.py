"""The topics before the start: made as they must be, or what is wrong with them, in words.

A missing source topic leaves a worker ready and idle, another number of partitions sends rows where
nobody looks for them, and a compacted source forgets events. So a worker refuses to start on what
`check` finds, and `create` makes what is missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code

from streams.wire.topics import Names, Topic, of
from streams.worker.refusal import why

SPREAD_SECONDS = 10.0
"""A new topic is known to one broker at once and to the others moments later; they get so long."""
AGAIN_SECONDS = 0.1

NOT_COMPACTED = "a compacted topic forgets all but a key's last record"


class PreflightError(RuntimeError):
    """The brokers could not be asked, or refused; says what to do."""


async def create(
    client: dict[str, Any],
    app_id: str,
    *,
    partitions: int,
    names: Names | None = None,
    replication: int | None = None,
    settings: dict[str, str] | None = None,
) -> list[str]:
    """Make the topics that are missing; give their names.

    Without `replication` it is 3, with min.insync.replicas 2, where there are three brokers, else
    as many as there are. `settings` go over each topic's own.
    """
    async with _admin(client) as admin:
        known = set(await admin.list_topics())
        brokers = len((await admin.describe_cluster())["brokers"])
        copies = replication or min(3, brokers)
        safe = {"min.insync.replicas": "2"} if copies >= 3 else {}
        missing = [topic for topic in of(app_id, names) if topic.name not in known]
        new = [
            NewTopic(
                topic.name,
                topic.partitions or partitions,
                copies,
                topic_configs={**topic.settings, **safe, **(settings or {})},
            )
            for topic in missing
        ]
        if new:
            answer = await admin.create_topics(new)
            for name, code, *reason in answer.topic_errors:
                if code:
                    why = " ".join(map(str, reason)) or for_code(code).__name__
                    message = f"topic {name} could not be created: {why}"
                    raise PreflightError(message)
            # Whoever answers next may be any of the brokers: as many good answers as there are.
            for _ in range(brokers):
                await _counts(admin, [topic.name for topic in missing])
        return [topic.name for topic in missing]


async def check(client: dict[str, Any], app_id: str, names: Names | None = None) -> list[str]:
    """Give what is wrong with the topics, each with its fix; nothing where all is well."""
    async with _admin(client) as admin:
        known = set(await admin.list_topics())
        wanted = [topic for topic in of(app_id, names) if topic.name in known]
        counts = await _counts(admin, [topic.name for topic in wanted])
        configs = await _configs(admin, [topic.name for topic in wanted])
        faults: list[str] = []
        for topic in of(app_id, names):
            if topic.name not in counts:
                faults.append(
                    f"topic {topic.name} does not exist ({topic.purpose}); "
                    "create it with `sla topics create`"
                )
            else:
                faults += _faults(topic, names or Names(), counts, configs.get(topic.name, {}))
        return faults


async def reachable(client: dict[str, Any]) -> None:
    """Raise PreflightError, in words, where no broker answers."""
    async with _admin(client):
        pass


def _faults(
    topic: Topic, names: Names, counts: dict[str, int], config: dict[str, str]
) -> list[str]:
    faults = []
    source = counts.get(names.ticket_events)
    wanted = topic.partitions or source
    if wanted is not None and counts[topic.name] != wanted:
        than = (
            f"{names.ticket_events} has {source}"
            if topic.partitions is None
            else f"it needs {wanted}"
        )
        faults.append(
            f"topic {topic.name} has {counts[topic.name]} partitions, {than}; "
            "make it anew with that number"
        )
    cleanup = config.get("cleanup.policy", "delete")
    if topic.compacted and "compact" not in cleanup:
        faults.append(
            f"topic {topic.name}: cleanup.policy is {cleanup!r}, rows that do not change would be "
            "deleted; set it to compact"
        )
    if not topic.compacted and "compact" in cleanup:
        faults.append(
            f"topic {topic.name}: cleanup.policy is {cleanup!r}, {NOT_COMPACTED}; set it to delete"
        )
    needed = topic.config.get("max.message.bytes")
    if needed and int(config.get("max.message.bytes", needed)) < int(needed):
        faults.append(
            f"topic {topic.name}: max.message.bytes is {config['max.message.bytes']}, a record "
            f"too large for {names.ticket_events} must fit in here; set it to {needed} or more"
        )
    if topic.name == names.sla_events and config.get("message.timestamp.type") == "LogAppendTime":
        faults.append(
            f"topic {topic.name}: message.timestamp.type is LogAppendTime, which would date facts "
            "by their arrival; set it to CreateTime"
        )
    return faults


async def _counts(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, int]:
    """Give the number of partitions of topics that are there; asks again while some broker lags."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SPREAD_SECONDS
    while names:
        described: list[dict[str, Any]] = await admin.describe_topics(names)
        counts = {one["topic"]: len(one["partitions"]) for one in described if one["partitions"]}
        if len(counts) == len(names) or loop.time() > deadline:
            return counts
        await asyncio.sleep(AGAIN_SECONDS)
    return {}


async def _configs(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found: dict[str, dict[str, str]] = {}
    for answer in await admin.describe_configs(resources):
        for _code, _reason, _type, name, entries in answer.resources:
            found[name] = {entry[0]: entry[1] for entry in entries}
    return found


@asynccontextmanager
async def _admin(client: dict[str, Any]) -> AsyncIterator[AIOKafkaAdminClient]:
    """Give a connected client; what Kafka answers amiss becomes a PreflightError, in words."""
    admin = AIOKafkaAdminClient(**client)
    servers = ", ".join(client["bootstrap_servers"])
    try:
        try:
            await admin.start()
        except KafkaError as fault:
            raise PreflightError(await why(client)) from fault
        yield admin
    except KafkaError as fault:
        # The client asks one node, drawn at random, and does not ask another where that has gone.
        message = f"a broker of {servers} did not answer: {fault!r}; start again when all are up"
        raise PreflightError(message) from fault
    finally:
        await admin.close()
