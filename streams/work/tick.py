"""Ticks: the statement to a partition that time has reached T and nothing older is unread.

Decisions: T is read from the clock first, then the ends of the logs are asked for, in one request
for all partitions. T is applied to a partition once it has applied everything before its end as
asked then. A pair (T, end) is kept until that is so, however long it takes: to ask anew each time
would starve a partition under constant load, and an old T is true as well. The end is the high
watermark, not the last stable offset: an event behind an open transaction is in the log, though
nobody may read it yet. Nothing fires in a partition that is being revoked or restored (fact 13).
A clock that was set back is followed: what is due by a lower T is due, what was said stays said,
and to wait until the clock comes to the old T again would hold up all that falls due before. A
process that is started then has never heard of the old T either. One that still waits in a
partition is dropped: it is not that late.
A handler takes only so much at once, and says so where more is due at T: it is called again with
the same T as soon as the others, the commits and the deliveries have had their turn.

Between two rounds it waits as long as the handlers' interval, or less: until the next thing is due
that they know of. What was fired is committed at once, not at the next interval of the commits.

Because it asks all the time, it is also who notices that the brokers are away, and says so: one
line when they no longer answer and one when they do again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streams.work.fatal import die

if TYPE_CHECKING:
    from streams.work.partition import Partition
    from streams.work.unit import UnitOfWork

log = logging.getLogger(__name__)

Tick = Callable[["Partition", int], bool | None]
Clock = Callable[[], int]
Due = Callable[["Partition"], int | None]

ASK_SECONDS = 5.0
#: Where no tick has a question, one is asked all the same: silence must be noticed in any state.
LOOK_SECONDS = 1.0
#: The shortest wait between two rounds: each asks a broker.
SHORTEST_SECONDS = 0.02
#: By so much a clock is set back before it is worth a line in the log; less is a correction.
SET_BACK_MS = 1_000


class Ticker:
    """Asks for the ends of the logs at an interval and fires what may be fired."""

    def __init__(self, work: UnitOfWork, clock: Clock) -> None:
        """Begin without handlers; without any, nothing is asked."""
        self.clock = clock
        self.interval = 1.0  #: seconds
        self.handlers: list[Tick] = []
        self.due: list[Due] = []  #: who knows when a partition's next thing is due
        self._work = work
        self._more = False  #: a handler had more to do than it takes at once
        self._answered = 0.0  #: when the brokers last answered, by the monotonic clock
        self._silent = False
        self._read = 0  #: what the clock showed last

    def add(self, handler: Tick, interval: float, due: Due | None = None) -> None:
        """Register a handler; the shortest interval (seconds) is that of all."""
        self.due += [] if due is None else [due]
        self.interval = interval if not self.handlers else min(interval, self.interval)
        self.handlers.append(handler)

    @property
    def silent_seconds(self) -> float:
        """For how long the brokers have not answered; 0 where the last question was answered."""
        return time.monotonic() - self._answered if self._silent else 0.0

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
                self._answered = time.monotonic()
                while True:
                    await self._round(consumer)
                    await asyncio.sleep(0 if self._more else self._pause())
            finally:
                with suppress(Exception):
                    await consumer.stop()
        except Exception as error:  # noqa: BLE001 - a worker without ticks looks healthy and is not
            die(f"the ticks failed: {error!r}", error)

    def _pause(self) -> float:
        """Give the seconds until the next round: until something is due, at most the interval."""
        parts = self._work.ready() if self.due else []
        known = [at for due in self.due for part in parts if (at := due(part)) is not None]
        if not known:
            return self.interval
        ahead = (min(known) + 1 - self.clock()) / 1000
        return min(self.interval, max(SHORTEST_SECONDS, ahead))

    async def _round(self, consumer: AIOKafkaConsumer) -> None:
        self._more = False
        parts = [part for part in self._work.ready() if part.asked is None]
        if parts:
            epochs = [part.epoch for part in parts]
            now = self._now()
            wanted = [TopicPartition(*tp) for part in parts for tp in part.positions]
            ends = await self._ends(consumer, wanted)
            if ends is None:
                return
            for part, epoch in zip(parts, epochs, strict=True):
                if part.ready and part.epoch == epoch:
                    mine = {tp: ends[TopicPartition(*tp)] for tp in part.positions}
                    part.asked = (now, mine)
                    part.log_ends.update(mine)
        elif self._work.tables and time.monotonic() - self._answered > LOOK_SECONDS:
            tables = self._work.tables.values()
            await self._ends(consumer, [TopicPartition(table.changelog, 0) for table in tables])
        for part in self._work.ready():
            self.fire(part)
            await asyncio.sleep(0)

    def _now(self) -> int:
        """Read the clock; tell where it was set back."""
        last, self._read = self._read, self.clock()
        if last - self._read >= SET_BACK_MS:
            seconds = (last - self._read) / 1000
            log.warning(
                "the clock was set back by %.0f s: ticks follow it, what was said stays said",
                seconds,
            )
        return self._read

    async def _ends(
        self, consumer: AIOKafkaConsumer, wanted: list[TopicPartition]
    ) -> dict[TopicPartition, int] | None:
        """Ask where logs end; None where no answer comes in time, which is told once."""
        try:
            async with asyncio.timeout(ASK_SECONDS):
                ends = cast("dict[TopicPartition, int]", await consumer.end_offsets(wanted))
        except (KafkaError, TimeoutError) as error:
            self._work.stats.tick_ask_failures += 1
            if not self._silent:
                self._silent = True
                log.warning("the brokers do not answer: no ticks until they do (%r)", error)
            return None
        now = time.monotonic()
        if self._silent:
            self._silent = False
            log.warning("the brokers answer again, after %.0f s", now - self._answered)
        self._answered = now
        return ends

    def fire(self, part: Partition) -> None:
        """Apply the tick that waits in the partition, if all that it waits for has been applied."""
        if part.asked is None or not part.ready:
            return
        now, ends = part.asked
        if not part.applied(ends):
            return
        part.asked = None
        if now - self.clock() >= SET_BACK_MS:
            return  # the clock was set back since: it is not that late
        more, said = False, part.waiting()
        for handler in self.handlers:
            with self._work.unit(part, f"the tick at {now}"):
                more |= bool(handler(part, now))
        if more:
            part.asked, self._more = (now, ends), True
        else:
            part.last_tick_ms = now
        self._work.stats.ticks += 1
        if part.waiting() > said and not more:
            self._work.hurry()
