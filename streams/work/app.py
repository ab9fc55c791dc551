"""The Faust app whose unit of work is the commit.

Decisions: what Faust does well stays Faust's: settings, services, membership, assignment, sensors,
timers, tasks. Its agents, tables and producer are not used, because their work would be outside of
the transaction (facts 1, 2); an app that has any is refused.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar, cast

import faust
from aiokafka import ConsumerRecord
from faust.app.base import BootStrategy as FaustBootStrategy
from faust.assignor.partition_assignor import PartitionAssignor
from faust.transport.drivers import aiokafka as driver

from streams.work import farewell, pins, topics
from streams.work.assignor import StaticAssignor
from streams.work.consumer import Transport
from streams.work.errors import Refused
from streams.work.fatal import die
from streams.work.partition import Partition
from streams.work.readiness import Readiness, State
from streams.work.recovery import TableManager
from streams.work.stats import PartitionStats, Stats
from streams.work.table import Table
from streams.work.tick import Clock, Due, Tick, Ticker
from streams.work.unit import Acquired, Hook, Stopping, UnitOfWork

log = logging.getLogger(__name__)

V = TypeVar("V")
Handler = Callable[[Partition, Sequence[ConsumerRecord]], None]
H = TypeVar("H", bound=Handler)
T = TypeVar("T", bound=Tick)
P = TypeVar("P", bound=Hook)
A = TypeVar("A", bound=Acquired)
S = TypeVar("S", bound=Stopping)

EXIT_REFUSED = 1
HEARTBEAT_SECONDS = 1.0


def wall_clock() -> int:
    """Return the time of the machine in milliseconds UTC."""
    return time.time_ns() // 1_000_000


def _same(value: Any) -> Any:
    return value


class BootStrategy(FaustBootStrategy):
    """Starts everything of Faust's but its producer, which nothing here sends through (fact 2)."""

    enable_kafka_producer = False


class App(faust.App):
    """A Faust app with tables, batches and ticks that are committed together.

    commit_interval, session_timeout, transaction_timeout, connect_timeout and stop_timeout are
    seconds; the last is what the last commit may take (see `farewell`). `instance_id` makes the
    membership static: a restart within the session timeout takes its partitions back without a
    rebalance of the others. `hold_transaction` is an aid for tests: it keeps each transaction open
    that many seconds before its commit. Further keywords are Faust settings, such as
    `broker_credentials`.
    """

    BootStrategy = BootStrategy

    def __init__(  # noqa: PLR0913 - settings, each with a default, by keyword
        self,
        id: str,  # noqa: A002 - Faust's name
        *,
        broker: str | list[str],
        commit_interval: float = 0.1,
        session_timeout: float = 10.0,
        transaction_timeout: float = 30.0,
        connect_timeout: float = 20.0,
        stop_timeout: float = 10.0,
        instance_id: str | None = None,
        clock: Clock = wall_clock,
        replication: int = -1,
        max_record_bytes: int = 1_000_000,
        max_records_per_unit: int = 500,
        max_uncommitted: int = 50_000,
        hold_transaction: float = 0.0,
        **settings: Any,
    ) -> None:
        """Check the pinned versions and describe the app; nothing is connected yet."""
        pins.check()
        self.work = UnitOfWork(
            id,
            client_settings=self._client_settings,
            max_record_bytes=max_record_bytes,
            transaction_timeout=transaction_timeout,
            hold_transaction=hold_transaction,
        )
        self.ticker = Ticker(self.work, clock)
        self.handlers: dict[str, Handler] = {}
        self.replication = replication
        self.connect_timeout = connect_timeout
        self.stop_timeout = stop_timeout
        self.max_uncommitted = max_uncommitted
        self._state = Readiness(ready=False, state="starting", reason="not started")
        self._stop_asked: asyncio.Event | None = None
        super().__init__(
            id,
            broker=broker,
            **{
                "broker_commit_interval": commit_interval,
                "broker_session_timeout": session_timeout,
                # By a heartbeat the others learn that somebody comes or goes.
                "broker_heartbeat_interval": min(session_timeout / 5, HEARTBEAT_SECONDS),
                "broker_max_poll_records": max_records_per_unit,
                "consumer_group_instance_id": instance_id,
                "consumer_max_fetch_size": max(1 << 20, max_record_bytes + (64 << 10)),
                "store": "memory://",
                "stream_wait_empty": False,
                "table_standby_replicas": 0,
                "topic_disable_leader": True,
                "topic_allow_declare": False,
                "web_enabled": False,
                "TableManager": TableManager,
                "PartitionAssignor": StaticAssignor if instance_id else PartitionAssignor,
                **settings,
            },
        )
        self.task(self.ticker.run)

    # -- what the program registers

    def table(
        self,
        name: str,
        *,
        partitions: int = 0,
        encode: Callable[[V], bytes] = _same,
        decode: Callable[[bytes], V] = _same,
        config: dict[str, str] | None = None,
    ) -> Table[V]:
        """Declare a table; its changelog is `<app id>-<name>-changelog`.

        `partitions` 0 means as many as the source has; any other number is checked against it.
        `config` adds to the settings of the changelog topic when that is created.
        """
        if name in self.work.tables:
            raise ValueError(f"table {name} is declared twice")
        table = Table(
            self.work,
            name,
            partitions=partitions,
            changelog=f"{self.work.app_id}-{name}-changelog",
            config=config or {},
            encode=encode,
            decode=decode,
        )
        self.work.tables[name] = table
        return table

    def batches(self, topic: str) -> Callable[[H], H]:
        """Register the handler of a source topic: called with a partition and its next records."""
        if topic in self.handlers:
            raise ValueError(f"topic {topic} has a handler already")

        def register(handler: H) -> H:
            _plain(handler)
            self.handlers[topic] = handler
            return handler

        return register

    def on_tick(self, interval: float = 0.1, due: Due | None = None) -> Callable[[T], T]:
        """Register a handler of ticks: called with each ready partition and the time it reached.

        `interval` is seconds; the shortest one registered is that of all handlers. `due` tells of a
        partition when its next thing is due (ms UTC), None where nothing is: ticks come as soon as
        it is, and not only at the interval.
        """

        def register(handler: T) -> T:
            _plain(handler)
            self.ticker.add(handler, interval, due)
            return handler

        return register

    def on_acquired(self, hook: A) -> A:
        """Register a coroutine that is awaited when partitions are acquired, before `on_restored`.

        It runs after the former owners were fenced: what it reads is not older than any row.
        """
        self.work.on_acquired.append(_coroutine(hook))
        return hook

    def on_restored(self, hook: P) -> P:
        """Register a call for each acquired partition, after its rows and before its records."""
        self.work.on_restored.append(_plain(hook))
        return hook

    def on_revoked(self, hook: P) -> P:
        """Register a call for each partition that goes; what it emits goes nowhere."""
        self.work.on_revoked.append(_plain(hook))
        return hook

    def before_commit(self, hook: P) -> P:
        """Register a call for each partition about to be committed; it may still write and emit."""
        self.work.before_commit.append(_plain(hook))
        return hook

    def on_committed(self, hook: P) -> P:
        """Register a call for each partition whose transaction has ended well; it writes nothing.

        What `before_commit` saw before that transaction is in the log; what came since may not be.
        """
        self.work.on_committed.append(_plain(hook))
        return hook

    def on_stopping(self, hook: S) -> S:
        """Register a coroutine that is awaited when the app is asked to stop, for `stop_timeout`/2.

        Units, ticks and commits go on meanwhile, so that what is under way can end well.
        """
        self.work.on_stopping.append(_coroutine(hook))
        return hook

    # -- what the program reads

    @property
    def clock(self) -> Clock:
        """The clock that ticks read, in milliseconds UTC."""
        return self.ticker.clock

    @property
    def partitions(self) -> list[Partition]:
        """The partitions held, ready or not, by number."""
        return [self.work.parts[number] for number in sorted(self.work.parts)]

    @property
    def stats(self) -> Stats:
        """Counters since the start."""
        return self.work.stats

    def partition_stats(self) -> list[PartitionStats]:
        """Return the numbers of each partition held."""
        return [part.stats() for part in self.partitions]

    def readiness(self) -> Readiness:
        """Return (ready, state, reason); nobody is ready while the brokers do not answer."""
        silent = self.ticker.silent_seconds
        if self._state.ready and silent:
            reason = f"the brokers have not answered for {silent:.0f} s"
            return Readiness(False, self._state.state, reason)  # noqa: FBT003 - it is a tuple
        return self._state

    def enter(self, state: State, reason: str = "") -> None:
        """Note what the worker is doing; stopping is final."""
        if self._state.state != "stopping":
            self._state = Readiness(state == "running", state, reason)

    # -- Faust's seams

    def _new_transport(self) -> Transport:
        """Use the transport that delivers batches (fact 1)."""
        return Transport(self.conf.broker_consumer, self)

    async def on_first_start(self) -> None:
        """Make no directories, nothing is kept on disk; name the topics to subscribe to.

        Not earlier: the conductor binds itself to the loop that runs when it first hears of one.
        """
        for topic in self.handlers:
            self.topics.add(self.topic(topic, key_type=bytes, value_type=bytes))

    def _client_settings(self, client_id: str) -> dict[str, Any]:
        """Return what every client of ours needs: servers and credentials as Faust has them."""
        return {
            "bootstrap_servers": driver.server_list(self.conf.broker, 9092),
            "client_id": client_id,
            **driver.credentials_to_aiokafka_auth(
                self.conf.broker_credentials, self.conf.ssl_context
            ),
        }

    # -- running

    def run(self) -> int:
        """Run until SIGTERM or SIGINT; return the exit code (0, or 1 with words on stderr)."""
        try:
            asyncio.run(self.serve())
        except Refused as refusal:
            sys.stderr.write(f"{refusal}\n")
            return EXIT_REFUSED
        return 0

    async def serve(self) -> None:
        """Run until SIGTERM, SIGINT or `stop_serving`; raise Refused where it must not start."""
        self._refuse_foreign_work()
        self._stop_asked = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop_serving)
        if await self._prepare(self._stop_asked):
            self.enter("assigning", "joining the group")
            starting = asyncio.create_task(self.start())
            await self._until_asked_to_stop(starting)
            await self._end(starting)
        else:
            farewell.watch(lambda: True, self.stop_timeout)

    def stop_serving(self) -> None:
        """Ask `serve` to commit and return."""
        if self._stop_asked is not None:
            self._stop_asked.set()

    async def _prepare(self, stop_asked: asyncio.Event) -> bool:
        """Check the topics; return whether that was done before somebody asked to stop."""
        preparing = asyncio.create_task(
            topics.prepare(
                self.work,
                self.handlers,
                replication=self.replication,
                connect_timeout=self.connect_timeout,
            )
        )
        asked = asyncio.create_task(stop_asked.wait())
        await asyncio.wait({preparing, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if stop_asked.is_set():
            preparing.cancel()
            return False
        self.work.partitions = await preparing
        return True

    async def _until_asked_to_stop(self, starting: asyncio.Task[None]) -> None:
        assert self._stop_asked is not None
        asked = asyncio.create_task(self._stop_asked.wait())
        # mode's events are asyncio events in all but type.
        crashed = asyncio.create_task(cast("asyncio.Event", self._crashed).wait())
        watched: set[asyncio.Task[Any]] = {asked, crashed, starting}
        while not asked.done():
            done, _ = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
            if crashed in done:
                die(f"a service of Faust's crashed: {self.crash_reason!r}", self.crash_reason)
            if starting in done:
                watched.discard(starting)
                if error := starting.exception():
                    die(f"the start failed: {error!r}", error)
        crashed.cancel()

    async def _end(self, starting: asyncio.Task[None]) -> None:
        """Stop, first what must be safe, then in good order as far as the time goes."""
        self.enter("stopping", "asked to stop")
        farewell.watch(lambda: self.work.settled, self.stop_timeout)
        with suppress(TimeoutError):
            async with asyncio.timeout(self.stop_timeout / 2):
                await asyncio.gather(*(hook() for hook in self.work.on_stopping))
        await self.work.release_all()
        await self.stop()
        starting.cancel()
        with suppress(BaseException):
            await starting

    def _refuse_foreign_work(self) -> None:
        if self.agents:
            raise Refused(
                f"Faust agents ({', '.join(self.agents)}) cannot run in this app: their output is"
                " not part of the commit. Use App.batches"
            )


def _coroutine(function: Any) -> Any:
    if not inspect.iscoroutinefunction(function):
        raise TypeError(f"{function.__qualname__} must be a coroutine function: it is awaited")
    return function


def _plain(function: Any) -> Any:
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError(
            f"{function.__qualname__} must be a plain function: a unit of work is not interrupted"
        )
    return function
