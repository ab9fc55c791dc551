"""Topics that are not as they must be, before the start and between two starts."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.wire.topics import LARGE
from tests.faults.cluster import members, until
from tests.faults.flow import policies
from tests.ticket_event import cloudevent
from tests.worker.rig import PARTITIONS, Rig

EXIT_REFUSED, EXIT_FATAL = 1, 70
FACTS = 8
"""Of a ticket that was never answered: a start, two warnings and a breach, for two metrics."""


def administer(broker: str, job: Callable[[AIOKafkaAdminClient], Awaitable[Any]]) -> None:
    """Do something to topics."""

    async def do() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=broker)
        await admin.start()
        try:
            await job(admin)
        finally:
            await admin.close()

    asyncio.run(do())


@pytest.fixture
def rig(broker: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Rig]:
    """Make an installation of its own."""
    name = request.node.originalname.removeprefix("test_")[:30].replace("_", "-")
    made = Rig(broker, name, tmp_path, policies(tmp_path), {})
    yield made
    made.close()


def ended(rig: Rig, code: int) -> str:
    """Start a worker that must end by itself; give what it said."""
    worker = rig.start(wait=False)
    assert worker.wait(60) == code, rig.log()
    return rig.log()


def work_and_stop(rig: Rig, tickets: int = 20) -> None:
    """Have some tickets opened and breached, and all of it committed."""
    now = datetime.now(UTC) - timedelta(hours=1)
    rig.publish(cloudevent(f"t{n}", 0, "created", now, status="new") for n in range(tickets))
    rig.start()
    rig.until(lambda: len(rig.facts()) >= FACTS * tickets, "at work")
    assert rig.stop() == 0


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("missing", "does not exist"),
        ("partitions", f"has {PARTITIONS + 1} partitions"),
        ("cleanup", "cleanup.policy is"),
    ],
)
def test_each_topic_that_is_not_as_it_must_be_is_refused_by_its_name(
    rig: Rig, state: str, told: str
) -> None:
    """Never ready and idle: exit status 1, each topic and its fix, no traceback."""
    wrong = {
        rig.names.ticket_events: False,
        rig.names.sla_events: False,
        rig.names.sla_status: True,
        f"{rig.app_id}-tickets-changelog": True,
        f"{rig.app_id}-ledger-changelog": True,
    }
    if state == "partitions":
        del wrong[rig.names.ticket_events]  # the others are held against it

    async def spoil(admin: AIOKafkaAdminClient) -> None:
        for name, compacted in wrong.items():
            policy = {"cleanup.policy": "delete" if compacted else "compact"}
            if state == "cleanup":
                await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, policy)])
                continue
            await delete(admin, name)
            if state == "partitions":
                answer = await admin.create_topics([NewTopic(name, PARTITIONS + 1, 1)])
                assert not answer.topic_errors[0][1], answer

    administer(rig.broker, spoil)
    said = ended(rig, EXIT_REFUSED)
    assert "Traceback" not in said
    for name in wrong:
        assert any(f"topic {name}" in line and told in line for line in said.splitlines()), said


def test_events_that_retention_took_before_they_were_applied_end_the_worker_in_words(
    rig: Rig,
) -> None:
    """R4, R8: what hangs on the missing events would be wrong, so nothing is said."""
    work_and_stop(rig)
    said = len(rig.facts())
    now = datetime.now(UTC)
    rig.publish(cloudevent(f"lost{n}", 0, "created", now, status="new") for n in range(200))
    cut = RecordsToDelete(before_offset=-1)
    parts = {TopicPartition(rig.names.ticket_events, p): cut for p in range(PARTITIONS)}
    administer(rig.broker, lambda admin: admin.delete_records(parts))
    words = ended(rig, EXIT_FATAL)
    assert "offsets are missing. Events were deleted by retention" in words
    assert len(rig.facts()) == said


@pytest.mark.parametrize(
    ("gone", "table"),
    [
        ("deleted", "tickets"),
        ("truncated", "ledger"),
        pytest.param("deleted", "ledger", marks=pytest.mark.long),
        pytest.param("truncated", "tickets", marks=pytest.mark.long),
    ],
)
def test_a_worker_whose_rows_are_gone_refuses_and_builds_them_again_when_told_to(
    rig: Rig, gone: str, table: str
) -> None:
    """R8: never ready and empty: the topic, what is missing, and the way back, which works."""
    work_and_stop(rig)
    said = Counter(fact["id"] for fact in rig.facts())
    changelogs = [f"{rig.app_id}-{name}-changelog" for name in ("tickets", "ledger")]
    (name,) = (topic for topic in changelogs if table in topic)
    if gone == "deleted":
        administer(rig.broker, lambda admin: delete(admin, name))
        assert f"topic {name} does not exist" in ended(rig, EXIT_REFUSED)
        rig.create()
    else:
        administer(rig.broker, lambda admin: truncate(admin, name))
    words = ended(rig, EXIT_FATAL)
    assert f"{name}[" in words
    assert "gives 0 rows, the last commit" in words
    assert Counter(fact["id"] for fact in rig.facts()) == said
    # What the words say.
    administer(rig.broker, lambda admin: delete(admin, *changelogs))
    rig.create()
    until(lambda: members(rig.broker, rig.app_id) == 0, "the session of the last one is over")
    reset(rig)
    rig.start()
    rig.until(lambda: len(rig.facts()) >= 2 * said.total(), "said again")
    assert Counter(fact["id"] for fact in rig.facts()) == Counter([*said, *said])
    assert rig.http("/tickets/t0")[0] == 200
    assert rig.stop() == 0
    rig.start()
    assert rig.stop() == 0


async def delete(admin: AIOKafkaAdminClient, *names: str) -> None:
    """Delete topics, and wait until they have gone."""
    await admin.delete_topics(list(names))
    while set(names) & set(await admin.list_topics()):  # noqa: ASYNC110 - nobody would tell us
        await asyncio.sleep(0.05)


async def truncate(admin: AIOKafkaAdminClient, name: str) -> None:
    """Delete all records, which Kafka does where the policy has a delete in it."""
    policy = {"cleanup.policy": "compact,delete", **LARGE}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, policy)])
    cut = RecordsToDelete(before_offset=-1)
    await admin.delete_records({TopicPartition(name, p): cut for p in range(PARTITIONS)})


def reset(rig: Rig) -> None:
    """Do what `kafka-consumer-groups --reset-offsets --to-earliest` does."""

    async def do() -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=rig.broker, group_id=rig.app_id, enable_auto_commit=False
        )
        await consumer.start()
        try:
            parts = [TopicPartition(rig.names.ticket_events, p) for p in range(PARTITIONS)]
            consumer.assign(parts)
            await consumer.commit(await consumer.beginning_offsets(parts))
        finally:
            await consumer.stop()

    asyncio.run(do())
