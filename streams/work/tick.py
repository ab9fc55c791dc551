"""Ticks: the statement to a partition that time has reached T and nothing older is unread.

Decisions: T is read from the clock first, then the ends of the logs are asked for, in one request
for all partitions. T is applied to a partition once it has applied everything before its end as
asked then. A pair (T, end) is kept until that is so, however long it takes: to ask anew each time
would starve a partition under constant load, and an old T is true as well. The end is the high
watermark, not the last stable offset: an event behind an open transaction is in the log, though
nobody may read it yet. Nothing fires in a partition that is being revoked or restored (fact 13).
A handler takes only so much at once, and says so where more is due at T: it is called again with
the same T as soon as the others, the commits and the deliveries have had their turn.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streams.work.fatal import die

if TYPE_CHECKING:
    from streams.work.partition import Partition
    from streams.work.unit import UnitOfWork

log = logging.getLogger(__name__)

Tick = Callable[["Partition", int], bool | None]
Clock = Callable[[], int]

ASK_SECONDS = 5.0


class Ticker:
    """Asks for the ends of the logs at an interval and fires what may be fired."""

    def __init__(self, work: UnitOfWork, clock: Clock) -> None:
        """Begin without handlers; without any, nothing is asked."""
        self.clock = clock
        self.interval = 1.0  #: seconds
        self.handlers: list[Tick] = []
        self._work = work
        self._more = False

    def add(self, handler: Tick, interval: float) -> None:
        """Register a handler; the shortest interval (seconds) is that of all."""
        self.interval = interval if not self.handlers else min(interval, self.interval)
        self.handlers.append(handler)

    async def run(self) -> None:
        """Tick until cancelled; a slow round delays the next one, they do not pile up."""
        if not self.handlers:
            return
        try:
            consumer = AIOKafkaConsumer(
                **self._work.client_settings(f"{self._work.app_id}-ticks"),
                isolation_level="read_uncommitted",  # ends are high watermarks then
                enable_auto_commit=False,
            )
            try:
                await consumer.start()
                while True:
                    await self._round(consumer)
                    await asyncio.sleep(0 if self._more else self.interval)
            finally:
                with suppress(Exception):
                    await consumer.stop()
        except Exception as error:  # noqa: BLE001 - a worker without ticks looks healthy and is not
            die(f"the ticks failed: {error!r}", error)

    async def _round(self, consumer: AIOKafkaConsumer) -> None:
        stats = self._work.stats
        parts = [part for part in self._work.ready() if part.asked is None]
        if parts:
            epochs = [part.epoch for part in parts]
            now = self.clock()
            wanted = [TopicPartition(*tp) for part in parts for tp in part.positions]
            try:
                async with asyncio.timeout(ASK_SECONDS):
                    ends = await consumer.end_offsets(wanted)
            except (KafkaError, TimeoutError) as error:
                stats.tick_ask_failures += 1
                log.warning("no tick: the ends of the logs could not be asked for: %r", error)
                return
            for part, epoch in zip(parts, epochs, strict=True):
                if part.ready and part.epoch == epoch:
                    mine = {tp: ends[TopicPartition(*tp)] for tp in part.positions}
                    part.asked = (now, mine)
                    part.log_ends.update(mine)
        self._more = False
        for part in self._work.ready():
            self.fire(part)
            await asyncio.sleep(0)

    def fire(self, part: Partition) -> None:
        """Apply the tick that waits in the partition, if all that it waits for has been applied."""
        if part.asked is None or not part.ready:
            return
        now, ends = part.asked
        if not part.applied(ends):
            return
        part.asked = None
        if part.last_tick_ms is not None and now < part.last_tick_ms:
            return  # the clock was set back; time does not run backwards here
        part.last_tick_ms = now
        for handler in self.handlers:
            with self._work.unit(part, f"the tick at {now}"):
                if handler(part, now):
                    part.asked, self._more = (now, ends), True
        self._work.stats.ticks += 1
