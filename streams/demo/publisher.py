"""Plays the log into `ticket-events`: each event when the demo's clock reaches its time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from aiokafka import AIOKafkaProducer

from streams.demo.clock import DemoClock
from streams.demo.sample import Record
from streams.wire.topics import TICKET_EVENTS

STOP_S = 3.0


class Publisher:
    """Sends the records in the order of their time, keyed by ticket, and waits for every answer.

    `published` are the records that the broker has acknowledged; `latest` is the longest delivery
    so far, in seconds of ours after the event's instant: it must stay below the worker's grace.
    """

    def __init__(self, bootstrap: str, records: Sequence[Record]) -> None:
        self._bootstrap = bootstrap
        self._records = records
        self._next = 0
        self._under_way: set[asyncio.Task[None]] = set()
        self._producer: AIOKafkaProducer | None = None
        self._fault: BaseException | None = None
        self.published: list[Record] = []
        self.latest = 0.0

    async def start(self) -> None:
        """Connect."""
        self._producer = AIOKafkaProducer(bootstrap_servers=self._bootstrap, acks="all")
        await self._producer.start()

    async def history(self, before: int) -> int:
        """Send at once what happened before an instant (ms UTC); answer how many events."""
        while self._next < len(self._records) and self._records[self._next].time < before:
            await self._send(None)
        await self._answers()
        return len(self.published)

    async def play(self, clock: DemoClock, until: int) -> None:
        """Send each event up to `until` (ms UTC) at its time; ends when the last is sent."""
        while self._next < len(self._records) and self._records[self._next].time <= until:
            wait = clock.wait_for(self._records[self._next].time)
            if wait > 0:
                await asyncio.sleep(wait)
            await self._send(clock)
        await asyncio.sleep(max(0.0, clock.wait_for(until)))

    async def finish(self, clock: DemoClock, until: int) -> int:
        """Send what is due, wait for the answers; give the instant (ms UTC) played up to."""
        reached = min(clock.now(), until)
        while self._next < len(self._records) and self._records[self._next].time <= reached:
            await self._send(clock)
        await self._answers()
        return reached

    async def stop(self) -> None:
        """Disconnect, without waiting for a broker that has gone."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        if self._producer is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._producer.stop(), STOP_S)

    async def _send(self, clock: DemoClock | None) -> None:
        assert self._producer is not None
        if self._fault:
            raise self._fault
        record = self._records[self._next]
        self._next += 1
        sent = await self._producer.send(
            TICKET_EVENTS, record.value, record.key, timestamp_ms=record.time
        )
        task = asyncio.create_task(self._answer(sent, record, clock))
        self._under_way.add(task)
        task.add_done_callback(self._answered)

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (fault := task.exception()):
            self._fault = self._fault or fault

    async def _answer(
        self, sent: asyncio.Future[object], record: Record, clock: DemoClock | None
    ) -> None:
        await sent
        self.published.append(record)
        if clock is not None:
            self.latest = max(self.latest, -clock.wait_for(record.time))

    async def _answers(self) -> None:
        await asyncio.gather(*self._under_way)
