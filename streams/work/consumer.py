"""Faust's consumer, delivering batches to units instead of records to streams.

Faust hands each record to a task of its own, through queues that are cleared in rebalances, and
counts acknowledgements to know what to commit. Here a fetch is applied at once, partition by
partition, and the position is the partition's own (fact 6). What stays Faust's: the consumer in its
thread, the membership of the group, the assignment, the rhythm of the commits.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, cast

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode import Service

from streams.work.delivery import Batch, Delivery, Start
from streams.work.errors import LogGap
from streams.work.fatal import die

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faust.types.transports import TPorTopicSet

    from streams.work.app import App

log = logging.getLogger(__name__)

#: How long a fetch may wait for records; also how old the position of an idle partition may be.
POLL_SECONDS = 0.05
FETCH_WAIT_MS = 250


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread that owns the group consumer; everything here runs on its loop."""

    #: Where the consumer stood after the last delivery, by partition; set anew by each seek.
    _stood: dict[TP, int]
    _epoch: int = 0

    def __post_init__(self) -> None:
        """Begin without positions."""
        super().__post_init__()
        self._stood = {}

    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        """Set what Faust ties to its own exactly-once mode or does not offer (facts 10, 6).

        Reading committed data only; Faust's assignor although there are no Faust tables, because it
        keeps equal partitions of several topics together and moves few; no silent reset of an
        offset that has gone; a short wait in the broker, because a seek takes effect only when the
        fetch under way has returned.
        """
        consumer = super()._create_worker_consumer(transport)
        self._assignor = self.app.assignor
        consumer._isolation_level = "read_committed"
        consumer._partition_assignment_strategy = [self._assignor]
        consumer._auto_offset_reset = "none"
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer

    async def _fetch_records(
        self,
        consumer: AIOKafkaConsumer,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109 - Faust's signature
        max_records: int | None = None,
    ) -> Any:
        """Fetch and stamp in one step of this loop, so that no seek comes between (fact 6)."""
        if not active_partitions:  # aiokafka would take an empty set for "all"
            return Delivery(-1)
        try:
            records = await super()._fetch_records(
                consumer, active_partitions, timeout=timeout, max_records=max_records
            )
        except NoOffsetForPartitionError:
            return Delivery(-1)  # newly assigned, not yet sought: the seek follows
        return self._stamp(consumer, records)

    def _stamp(self, consumer: AIOKafkaConsumer, records: Mapping[TP, list[Any]]) -> Delivery:
        delivery = Delivery(self._epoch)
        assignment = consumer._subscription.subscription.assignment
        for tp in assignment.tps if assignment is not None else ():
            key, state = TP(tp.topic, tp.partition), assignment.state_value(tp)
            stood = self._stood.get(key)
            if stood is None or not state.has_valid_position:
                continue
            self._stood[key] = state.position
            if state.highwater is not None:
                delivery.highwaters[key] = state.highwater
            if fetched := records.get(tp):
                delivery.batches.append(Batch(key, stood, state.position, fetched))
            else:
                delivery.idle[key] = state.position
        return delivery

    async def seek_all(self, positions: Mapping[TP, int]) -> int:
        """Seek every partition, begin a new epoch and return its number."""

        async def seek() -> int:
            consumer = self._ensure_consumer()
            for tp, position in positions.items():
                consumer.seek(tp, position)
            self._stood = dict(positions)
            self._epoch += 1
            return self._epoch

        return cast("int", await self.call_thread(seek))

    async def committed(self, tps: list[TP]) -> dict[TP, tuple[Start | None, int, int]]:
        """Return (what was committed, beginning, end) of each partition; None before a commit."""

        async def ask() -> dict[TP, tuple[Start | None, int, int]]:
            consumer = self._ensure_consumer()
            begins = await consumer.beginning_offsets(tps)
            ends = await consumer.end_offsets(tps)
            known = await consumer._coordinator.fetch_committed_offsets(tps)
            starts = {
                TP(*tp): Start(one.offset, one.metadata)
                for tp, one in known.items()
                if one.offset >= 0
            }
            return {tp: (starts.get(tp), begins[tp], ends[tp]) for tp in tps}

        return cast("dict[TP, tuple[Start | None, int, int]]", await self.call_thread(ask))


class Consumer(driver.Consumer):
    """The consumer as Faust sees it, on the main loop."""

    app: App
    _thread: ConsumerThread
    _membership: int = 0

    def _new_consumer_thread(self) -> ConsumerThread:
        """Use the thread above."""
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    # -- assignment

    async def acquire(self) -> None:
        """Own what is assigned now: partition numbers come from the source topics (fact 4)."""
        self._membership = await self.app.work.acquire(self.assignment(), self._start_positions)

    async def _start_positions(self, tps: list[TP]) -> dict[TP, Start]:
        """Return where to go on: the committed offset, or the beginning where there is none.

        Read after the fence, so nobody moves it any more (fact 4). Raises LogGap where the log does
        not reach back, or not as far, as the commit says (fact 6).
        """
        if not tps:
            return {}
        found = await self._thread.committed(tps)
        return {
            tp: _checked(self.app.conf.id, tp, start, begin, end) if start else Start(begin, "")
            for tp, (start, begin, end) in found.items()
        }

    async def perform_seek(self) -> None:
        """Seek to the applied positions, not to the committed ones; then open for work (fact 6).

        Faust calls this after each acquisition, before the flow resumes.
        """
        work = self.app.work
        positions = {tp: at for part in work.parts.values() for tp, at in part.positions.items()}
        epoch = await self._thread.seek_all(positions)
        work.open_for_work(self._membership, epoch)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Stop the work and commit it, so that whoever comes next has nothing to repeat (fact 6).

        A process that slept through its session finds itself fenced here (fact 3).
        """
        self.app.work.suspend()
        self.app.work.stats.rebalances += 1
        await self.app.work.commit()
        await super().on_partitions_revoked(revoked)

    # -- commits

    @Service.task
    async def _commit_handler(self) -> None:
        """Commit at the interval or when asked to, without Faust's alarm when one takes longer."""
        while not self.should_stop:
            await self.app.work.wait(self.commit_interval)
            await self.commit()

    async def force_commit(
        self,
        topics: TPorTopicSet | None = None,  # noqa: ARG002 - Faust's signature
        start_new_transaction: bool = True,  # noqa: ARG002, FBT001, FBT002 - Faust's signature
    ) -> bool:
        """Commit the units of work: every commit path of Faust's ends here (fact 10)."""
        state = self.app.sensors.on_commit_initiated(self)
        await self.app.work.commit()
        self.app.sensors.on_commit_completed(self, state)
        return True

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Do nothing: Faust judges by acknowledgements, which do not exist here (fact 10)."""

    async def on_stop(self) -> None:
        """Commit, close the producers under the lock, then leave the group (fact 9)."""
        await self.app.work.release_all()
        await super().on_stop()

    # -- records

    async def _drain_messages(self, fetcher: Any) -> None:
        """Apply each fetch as one unit per partition, not as a task pair per record (fact 1)."""
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                fetched: Any = (await self._wait_next_records(POLL_SECONDS))[0]
                if isinstance(fetched, Delivery):  # not so while the flow is stopped
                    await self._apply(fetched)
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                die("the consumer was stopped by its library")
        except asyncio.CancelledError:
            raise
        except OffsetOutOfRangeError as error:
            die(f"the log was cut off before it was read: {error!r}. {CUT_OFF_ADVICE}", error)
        except BaseException as error:  # noqa: BLE001 - Faust would stop the flow and stay "ready"
            die(f"the delivery failed: {error!r}", error)

    async def _apply(self, delivery: Delivery) -> None:
        work = self.app.work
        for batch in delivery.batches:
            part = work.parts.get(batch.tp.partition)
            if part is None or part.epoch != delivery.epoch:
                continue  # a seek follows, or has followed
            todo = part.pending(batch)
            if todo is not None:
                with work.unit(part, f"a batch of {batch.tp.topic} at {todo.records[0].offset}"):
                    self.app.handlers[batch.tp.topic](part, todo.records)
                work.stats.records += len(todo.records)
            part.advance(batch.tp, batch.end, len(todo.records) if todo else 0)
            self.app.ticker.fire(part)
            await asyncio.sleep(0)  # commits, ticks and signals get their turn between units
            if part.uncommitted >= self.app.max_uncommitted:
                await work.commit()
        for tp, position in delivery.idle.items():
            part = work.parts.get(tp.partition)
            if part is not None and part.epoch == delivery.epoch:
                part.advance(tp, position)
                self.app.ticker.fire(part)
        for tp, end in delivery.highwaters.items():
            part = work.parts.get(tp.partition)
            if part is not None:
                part.log_ends[tp] = end


class Transport(driver.Transport):
    """Faust's transport with the consumer above."""

    Consumer = Consumer


CUT_OFF_ADVICE = (
    "Events were deleted by retention before they were applied, so timers and counts that hang on"
    " them would be wrong. Give the topic a longer retention; to go on without those events, stop"
    " all workers and reset the group's offsets to the earliest ones"
    " (kafka-consumer-groups --reset-offsets --to-earliest)"
)


def _checked(group: str, tp: TP, start: Start, begin: int, end: int) -> Start:
    where, offset = f"{tp.topic}[{tp.partition}]", start.position
    if offset < begin:
        raise LogGap(
            f"{where}: group {group} has applied it up to {offset}, but the log begins at {begin}:"
            f" {begin - offset} offsets are missing. {CUT_OFF_ADVICE}"
        )
    if offset > end:
        raise LogGap(
            f"{where}: group {group} has applied it up to {offset}, but the log ends at {end}: the"
            " topic was deleted and made again, or its last records were lost. Its changelogs speak"
            " of another log; start under a new application id, or reset the group's offsets if the"
            " rows may be kept"
        )
    return start
