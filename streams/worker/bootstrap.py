"""The composition root: the only place that knows every concrete part of the worker."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from aiokafka.errors import KafkaError
from prometheus_client import CollectorRegistry, ProcessCollector

from streams import work
from streams.desk.board import Board
from streams.desk.http import serve as serve_http
from streams.desk.interface import Held
from streams.desk.paces import Paces
from streams.policies import load_file
from streams.process.connection import Connection
from streams.sla.engine import Engine
from streams.sla.policy import PolicySet
from streams.sla.ticket import Ticket
from streams.sla.versions import Adoption
from streams.wire import row, topics
from streams.worker import ledger, preflight, versions
from streams.worker.clock import Clock, FastClock, wall
from streams.worker.collector import Collector
from streams.worker.credits import CreditLedger
from streams.worker.elsewhere import Elsewhere, Sources
from streams.worker.follower import Follower
from streams.worker.ledger import Ledger
from streams.worker.meter import Meter
from streams.worker.processor import Processor
from streams.worker.settings import OPEN_CLOCKS, Settings

log = logging.getLogger(__name__)

DAY = 86_400_000
CHANGELOG = {"max.message.bytes": topics.LARGE["max.message.bytes"]}


@dataclass(slots=True)
class Worker:
    """The parts of a running worker, as its HTTP side and its tests see them."""

    app: work.App
    engine: Engine
    file_version: str
    processor: Processor
    meter: Meter
    registry: CollectorRegistry
    elsewhere: Elsewhere
    clock_rate: float = 1.0
    collector: Collector = field(init=False)
    restored: asyncio.Event = field(init=False, default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Have itself measured."""
        self.collector = Collector(self)
        self.registry.register(self.collector)

    async def look(self) -> None:
        """Count the open clocks for the next collection of metrics; others may work meanwhile."""
        await self.catch_up()
        await self.collector.look()

    async def catch_up(self) -> None:
        """Have every ticket that was taken over on its board; others may work meanwhile."""
        for takeover in list(self._scratched("takeover")):
            for _ in takeover.portions():
                await asyncio.sleep(0)

    async def keep_caught_up(self) -> None:
        """Catch up after each takeover, until cancelled; what cannot be shown ends the process."""
        try:
            while True:
                await self.restored.wait()
                self.restored.clear()
                await self.catch_up()
        except Exception as error:  # noqa: BLE001 - half a board looks like a whole one
            work.die(f"the tickets taken over could not be shown: {error}", error)

    @property
    def policies(self) -> PolicySet:
        """The policies that new tickets get."""
        return self.engine.versions.current

    @property
    def partitions(self) -> int:
        """How many partitions there are, whoever holds them."""
        return self.app.work.partitions

    def held(self) -> list[Held]:
        """Give the boards of the partitions held, whole."""
        held = []
        for part in self.app.partitions:
            if "board" in part.scratch:
                part.scratch["takeover"].whole()
                held.append(Held(part.number, part.scratch["board"], here=True))
        return held

    def boards(self) -> Iterator[Board]:
        """Give the same without their numbers."""
        return (held.board for held in self.held())

    @property
    def grace(self) -> int:
        """The ms by which ticks hold facts back (R7)."""
        return self.processor.grace

    @property
    def paces(self) -> Paces:
        """How long the schedules of the boards' clocks have been open."""
        return self.processor.paces

    def ledgers(self) -> Iterator[Ledger]:
        """Give the ledgers of the partitions held."""
        yield from self._scratched("ledger")

    def credits(self) -> Iterator[CreditLedger]:
        """Give the credit ledgers of the partitions held."""
        yield from self._scratched("credits")

    def ticket(self, id_: str) -> Ticket | None:
        """Read a ticket of the partitions held; None where it is not here."""
        for part in self.app.partitions:
            ticket = part.read(self.processor.tickets, id_.encode())
            if isinstance(ticket, Ticket):
                return ticket
        return None

    def _scratched(self, name: str) -> Iterator[Any]:
        for part in self.app.partitions:
            if name in part.scratch:
                yield part.scratch[name]


def clock_of(settings: Settings) -> Clock:
    """Give the clock that the settings ask for."""
    if settings.clock_start is None:
        return wall
    origin = wall() if settings.clock_origin is None else settings.clock_origin
    return FastClock(settings.clock_start, origin, settings.clock_rate)


def connection_of(settings: Settings) -> Connection:
    """Give the way to the brokers that the settings name."""
    return Connection(
        settings.broker,
        settings.ssl,
        settings.ssl_ca,
        settings.sasl_mechanism,
        settings.sasl_username,
        settings.sasl_password,
    )


def build(settings: Settings, engine: Engine, follower: Follower) -> Worker:
    """Put the worker together; nothing is connected yet."""
    clock = clock_of(settings)
    connection = connection_of(settings)
    app = work.App(
        settings.app_id,
        broker=[f"kafka://{server}" for server in connection.servers],
        broker_credentials=connection.credentials(),
        commit_interval=settings.commit_interval,
        session_timeout=settings.session_timeout,
        instance_id=settings.instance_id,
        replication=settings.replication,
        clock=clock,
        max_record_bytes=topics.LARGEST_RECORD,
        max_records_per_unit=250,
    )
    tickets = app.table(
        "tickets",
        encode=row.encode,
        decode=lambda packed: row.decode(packed, engine),
        config=CHANGELOG,
    )
    counted = app.table("ledger", encode=ledger.encode, decode=ledger.decode)
    registry = CollectorRegistry()
    meter = Meter(registry, engine.versions.current)
    names = topics.Names.prefixed(settings.topic_prefix)
    processor = Processor(
        engine,
        tickets,
        counted,
        meter,
        clock,
        names=names,
        grace=round(settings.grace * 1000),
        retention=None if settings.forget_after is None else round(settings.forget_after * DAY),
    )
    app.batches(names.ticket_events)(processor.handle)
    app.on_tick(settings.tick_interval, processor.upcoming)(processor.tick)
    app.on_acquired(follower.refresh)
    app.on_restored(processor.restore)
    app.before_commit(processor.publish_statuses)

    def told(adoption: Adoption, policies: PolicySet) -> None:
        meter.begin(policies)
        processor.adopted(adoption, app.partitions)

    follower.told.append(told)
    elsewhere = Elsewhere(
        connection.client(f"{settings.app_id}-desk"),
        Sources.of(settings.app_id, names),
        engine,
        processor.paces,
        held=lambda: {part.number for part in app.partitions},
        count=lambda: app.work.partitions,
        learn=follower.refresh,
    )
    parts = (app, engine, follower.own, processor, meter, registry, elsewhere)
    worker = Worker(*parts, clock_rate=settings.clock_rate)
    app.on_restored(lambda _: worker.restored.set())
    ProcessCollector(registry=registry)
    return worker


async def run(settings: Settings) -> None:
    """Run a worker until SIGTERM or SIGINT.

    Raises PoliciesError, PreflightError or work.Refused, in words, where it must not start.
    """
    policies = load_file(settings.policies)
    client = connection_of(settings).client(f"{settings.app_id}-start")
    names = topics.Names.prefixed(settings.topic_prefix)
    faults = await preflight.check(client, settings.app_id, names)
    if faults:
        raise preflight.PreflightError("\n".join(faults))
    # Objects come and go by the thousand between two commits, and hardly any is in a cycle: at the
    # usual thresholds the search for cycles takes a fifth of the time.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    since, clock = OPEN_CLOCKS[settings.open_clocks], clock_of(settings)
    try:
        shelf = await versions.agree(policies, since, clock, client, names.policies)
    except KafkaError as fault:
        message = f"topic {names.policies} could not be read or written: {fault!r}"
        raise preflight.PreflightError(message) from fault
    engine = Engine(policies, shelf.sets, shelf.adoptions)
    follower = Follower(policies.version, shelf, engine.versions, client, names.policies)
    worker = build(settings, engine, follower)
    async with AsyncExitStack() as stack:
        following = asyncio.create_task(follower.run())
        stack.callback(following.cancel)
        catching_up = asyncio.create_task(worker.keep_caught_up())
        stack.callback(catching_up.cancel)
        elsewhere = asyncio.create_task(worker.elsewhere.run())
        stack.callback(elsewhere.cancel)
        url = await stack.enter_async_context(
            serve_http(worker, settings.http_host, settings.http_port, settings.http_token)
        )
        log.info("worker %s, policies %s: %s", settings.app_id, policies.version, url)
        await worker.app.serve()
