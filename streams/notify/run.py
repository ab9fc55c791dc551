"""The notifier put together: file, channels, journal, address; until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from prometheus_client import CollectorRegistry, ProcessCollector

from streams import work
from streams.notify import row
from streams.notify.channel import Channel
from streams.notify.channels.known import make
from streams.notify.delivery import Delivery
from streams.notify.desks.desk import Desk
from streams.notify.desks.known import make as make_desk
from streams.notify.event import detected, read
from streams.notify.file import File, open_file
from streams.notify.follower import Follower
from streams.notify.http import web_app
from streams.notify.message import Message
from streams.notify.metrics import Metrics
from streams.notify.notifier import Notifier
from streams.notify.rehearsal import rehearse
from streams.notify.route import Event
from streams.notify.writer import Writer
from streams.process.connection import Connection
from streams.process.listening import listening
from streams.process.problem import BadFile, Problem
from streams.process.reader import records
from streams.process.secret import NoSecret
from streams.wire import topics
from streams.wire.ticket_events import Rejected

log = logging.getLogger(__name__)

TICK_SECONDS = 0.2
CHANGELOG = {"max.message.bytes": topics.LARGE["max.message.bytes"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the notifier needs to know; `since` in ms: how far back the first start looks."""

    connection: Connection
    config: Path
    app_id: str = "sla-notify"
    topic_prefix: str = ""
    http_host: str = "127.0.0.1"
    http_port: int = 6068
    since: int = 0
    session_timeout: float = 10.0
    instance_id: str | None = None
    replication: int = -1


def wall() -> int:
    """Give the time, ms UTC."""
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def channels(path: Path, file: File) -> AsyncIterator[dict[str, Channel]]:
    """Make the channels, with their secrets; all that is wrong at once. Raises BadFile."""
    async with aiohttp.ClientSession(trust_env=True) as session:
        made: dict[str, Channel] = {}
        problems: list[Problem] = []
        for name, told in file.channels.items():
            try:
                made[name] = make(name, told, session, file.desks)
            except NoSecret as fault:
                problems.append(Problem.told(f"channels.{name}", fault, "set it"))
        if problems:
            raise BadFile(str(path), problems)
        yield made


async def run(given: Settings) -> None:
    """Run until SIGTERM or SIGINT. Raises BadFile, work.Refused or CannotListen, in words."""
    file = open_file(given.config)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    metrics = Metrics(registry)
    async with channels(given.config, file) as made, writing(given, file, metrics):
        delivery = Delivery(file, made, metrics, wall)
        app = build(given, file, delivery, metrics)
        where = listening(web_app(registry, app.readiness), given.http_host, given.http_port)
        async with where as url:
            log.info("notifier %s: %s", given.app_id, url)
            await app.serve()


@asynccontextmanager
async def writing(given: Settings, file: File, metrics: Metrics) -> AsyncIterator[None]:
    """Write deadlines into the desks meanwhile. Raises BadFile."""
    async with desks(given.config, file) as made:
        if not file.write_back:
            yield
            return
        client = given.connection.client(f"{given.app_id}-write-back")
        status = topics.Names.prefixed(given.topic_prefix).sla_status
        follower = Follower(client, status, f"{given.app_id}-write-back")
        writer = Writer(file.write_back, made, metrics, wall, file.zone)
        task = asyncio.create_task(follower.run(writer))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@asynccontextmanager
async def desks(path: Path, file: File) -> AsyncIterator[dict[str, Desk]]:
    """Make the desks that deadlines are written to, with their secrets. Raises BadFile."""
    async with aiohttp.ClientSession(trust_env=True) as session:
        made: dict[str, Desk] = {}
        for name in sorted({rule.desk for rule in file.write_back}):
            try:
                made[name] = make_desk(name, file.desks[name], session)
            except NoSecret as fault:
                problem = Problem.told(f"desks.{name}", fault, "set it")
                raise BadFile(str(path), [problem]) from None
        yield made


def build(given: Settings, file: File, delivery: Delivery, metrics: Metrics) -> work.App:
    """Put the app together; nothing is connected yet."""
    app = work.App(
        given.app_id,
        broker=[f"kafka://{server}" for server in given.connection.servers],
        broker_credentials=given.connection.credentials(),
        session_timeout=given.session_timeout,
        instance_id=given.instance_id,
        replication=given.replication,
        clock=wall,
        max_record_bytes=topics.LARGEST_RECORD,
        max_records_per_unit=250,
    )
    journal = app.table("notices", encode=row.encode, decode=row.decode, config=CHANGELOG)
    begun = app.table("begun", encode=lambda at: str(at).encode(), decode=int)
    names = topics.Names.prefixed(given.topic_prefix)
    parts = (file, journal, begun, delivery, metrics, wall)
    notifier = Notifier(*parts, names=names, backlog=given.since)
    app.batches(names.sla_events)(notifier.handle)
    app.on_tick(TICK_SECONDS, notifier.upcoming)(notifier.tick)
    app.on_restored(notifier.restore)
    app.on_revoked(notifier.revoked)
    app.before_commit(notifier.before_commit)
    app.on_committed(notifier.committed)

    def open_notices() -> float:
        boxes = [part.scratch["box"] for part in app.partitions if "box" in part.scratch]
        return float(sum(len(box.open) for box in boxes))

    metrics.open.set_function(open_notices)

    @app.on_stopping
    async def land() -> None:
        """Let what is under way arrive, and its answers be written."""
        delivery.close()
        # Two things on two sides are waited for, and nobody is woken by both.
        while not delivery.idle or any(map(notifier.waiting, app.partitions)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    return app


async def said(given: Settings, since: int) -> AsyncIterator[tuple[int, str, str, Message]]:
    """Give what the file would have said of all that was detected since (ms UTC).

    Instant, route, channel, message. Nothing is sent, and nothing written.
    """
    file = open_file(given.config)
    delivery = Delivery(file, {}, Metrics(CollectorRegistry()), wall)
    names = topics.Names.prefixed(given.topic_prefix)
    client = given.connection.client(f"{given.app_id}-rehearsal")
    events = [
        event
        async for record in records(client, names.sla_events)
        for event in _read(record.value)
        if detected(event) >= since
    ]
    for at, attempt in rehearse(file, events):
        yield at, attempt.row.route, attempt.row.channel, delivery.message(attempt, at)


def _read(value: bytes | None) -> Iterator[Event]:
    try:
        event = read(value)
    except Rejected:
        return
    if event is not None:
        yield event
