"""A tick waits for what was in the log at its time (R4): every case, without a broker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from unittest.mock import patch

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError
from faust.types import TP

from streams.work.partition import Partition
from streams.work.table import Table
from streams.work.tick import LOOK_SECONDS, SHORTEST_SECONDS, Ticker
from tests.work.units import unit_of_work

EVENTS, NOTES = TP("events", 0), TP("notes", 0)


class Bench:
    """A partition of two source topics, its log, and a clock; `fired` are the ticks applied."""

    def __init__(self) -> None:
        """Begin with empty logs, at 1,000 ms."""
        self.now = 1_000
        self.ends = {EVENTS: 0, NOTES: 0}
        self.fired: list[int] = []
        self.while_asked: list[Any] = []
        self.work = unit_of_work(1_000)
        self.part = Partition(self.work, 0)
        self.part.positions = {EVENTS: 0, NOTES: 0}
        self.work.parts[0] = self.part
        self.ticker = Ticker(self.work, lambda: self.now)
        self.ticker.add(lambda _, now: self.fired.append(now), 1.0)
        self.seek(1)

    def seek(self, epoch: int) -> None:
        """Let the partition work, as after a rebalance."""
        self.work.open_for_work(self.work.membership, epoch)

    async def end_offsets(self, wanted: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Answer as a broker does; meanwhile happens what is to happen `while_asked`."""
        for happens in self.while_asked:
            happens()
        return {tp: self.ends[TP(tp.topic, tp.partition)] for tp in wanted}

    async def round(self) -> None:
        """Tick once."""
        consumer: Any = self
        await self.ticker._round(consumer)

    def apply(self, tp: TP, position: int) -> None:
        """Apply the records of a topic before a position, and what waited for them."""
        self.part.advance(tp, position, records=1)
        self.ticker.fire(self.part)


async def test_a_tick_waits_for_every_topic_of_its_partition() -> None:
    """R4: an event on one of them could be the answer that the other's deadline waits for."""
    bench = Bench()
    bench.ends = {EVENTS: 2, NOTES: 1}
    await bench.round()
    bench.apply(EVENTS, 2)
    assert bench.fired == []
    bench.apply(NOTES, 1)
    assert bench.fired == [1_000]


async def test_the_time_is_read_before_the_ends_are_asked_for() -> None:
    """R4: what is written while the broker answers may be older than a time read afterwards."""
    bench = Bench()
    bench.while_asked = [lambda: setattr(bench, "now", 5_000)]
    await bench.round()
    assert bench.fired == [1_000]


async def test_a_tick_that_waits_keeps_its_time_and_its_end_while_the_log_grows() -> None:
    """R4: under constant load it would wait for ever, were it asked anew."""
    bench = Bench()
    bench.ends[EVENTS] = 2
    await bench.round()
    bench.now, bench.ends[EVENTS] = 2_000, 9
    await bench.round()
    bench.apply(EVENTS, 2)
    assert bench.fired == [1_000]
    await bench.round()
    assert bench.fired == [1_000]
    bench.apply(EVENTS, 9)
    assert bench.fired == [1_000, 2_000]


async def test_what_was_asked_before_a_rebalance_is_forgotten() -> None:
    """R4: the partition may have been elsewhere meanwhile, and come back with another position."""
    bench = Bench()
    bench.ends[EVENTS] = 1
    await bench.round()
    bench.work.suspend()
    bench.seek(2)
    bench.apply(EVENTS, 1)
    assert bench.fired == []

    def rebalance() -> None:
        bench.work.suspend()
        bench.seek(3)

    bench.while_asked = [rebalance]
    await bench.round()
    assert bench.fired == []


async def test_nothing_fires_while_a_partition_is_being_moved() -> None:
    """R4: its events go elsewhere, and its timers with them."""
    bench = Bench()
    bench.work.suspend()
    await bench.round()
    assert bench.fired == []
    bench.seek(2)
    bench.while_asked = [bench.work.suspend]
    await bench.round()
    assert bench.fired == []


async def test_a_log_that_does_not_answer_fires_nothing_and_is_counted() -> None:
    """R4: who does not know how far the log reaches cannot say that time has passed."""
    bench = Bench()

    def fail() -> None:
        raise KafkaConnectionError("gone")

    bench.while_asked = [fail]
    await bench.round()
    assert (bench.fired, bench.work.stats.tick_ask_failures) == ([], 1)
    bench.while_asked = []
    await bench.round()
    assert bench.fired == [1_000]


async def test_brokers_that_go_and_come_back_are_told_of_once_each(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """However long they are away and whatever the partitions wait for: two lines."""
    bench = Bench()

    def fail() -> None:
        raise KafkaConnectionError("gone")

    bench.ends[EVENTS] = 1
    await bench.round()
    assert bench.part.asked is not None, "no question is left for the ticks to ask"
    bench.work.tables["rows"] = Table(
        bench.work,
        "rows",
        partitions=0,
        changelog="rows-changelog",
        config={},
        encode=bytes,
        decode=bytes,
    )
    bench.ends[TP("rows-changelog", 0)] = 0
    bench.ticker._answered -= 2 * LOOK_SECONDS
    bench.while_asked = [fail]
    assert bench.ticker.silent_seconds == 0
    for _ in range(3):
        await bench.round()
    assert bench.ticker.silent_seconds >= 2 * LOOK_SECONDS
    bench.while_asked = []
    for _ in range(3):
        bench.ticker._answered -= 2 * LOOK_SECONDS
        await bench.round()
    assert bench.ticker.silent_seconds == 0
    told = [record.getMessage() for record in caplog.records]
    assert [line.split(":")[0].split(",")[0] for line in told] == [
        "the brokers do not answer",
        "the brokers answer again",
    ]


async def test_a_clock_that_was_set_back_is_followed_and_told_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """R4: what is due by the time that it is now must not wait for the time that it never was."""
    bench = Bench()
    for now in (7_201_000, 1_100, 1_200, 1_150, 1_300):
        bench.now = now
        await bench.round()
        assert bench.part.last_tick_ms == now
    assert bench.fired == [7_201_000, 1_100, 1_200, 1_150, 1_300]
    (told,) = [record.getMessage() for record in caplog.records]
    assert told.startswith("the clock was set back by 7200 s: ticks follow it")


async def test_a_tick_that_waits_is_dropped_where_the_clock_is_set_back_meanwhile() -> None:
    """R4: a backlog must not end in the breaches of a time that it is not."""
    bench = Bench()
    bench.now, bench.ends[EVENTS] = 7_200_000, 5
    await bench.round()
    bench.now = 2_000
    bench.apply(EVENTS, 5)
    assert bench.fired == []
    await bench.round()
    assert bench.fired == [2_000]


async def test_a_handler_that_has_more_to_do_is_called_again_with_the_same_time() -> None:
    """R4: what was in the log at that time is applied; no new question is needed for the rest."""
    bench = Bench()
    left, asked = [3], []

    def burst(_: Partition, now: int) -> bool:
        asked.append(now)
        left[0] -= 1
        return left[0] > 0

    bench.ticker.handlers = [burst]
    for _ in range(3):
        await bench.round()
        bench.now += 100
        assert bench.part.last_tick_ms == (None if left[0] else 1_000)
    assert asked == [1_000, 1_000, 1_000]
    await bench.round()
    assert asked[3:] == [1_300]


async def test_who_has_more_to_do_waits_like_the_others_after_a_rebalance() -> None:
    """Fact 13: nothing fires in a partition that is being revoked or restored."""
    bench = Bench()
    asked: list[int] = []

    def endless(_: Partition, now: int) -> bool:
        asked.append(now)
        return True

    bench.ticker.handlers = [endless]
    await bench.round()
    bench.part.suspend()
    await bench.round()
    assert asked == [1_000]


async def test_the_next_round_comes_when_something_is_due() -> None:
    """Not before it may fire (R5), not more often than brokers bear, at the interval at last."""
    bench = Bench()
    due: list[int | None] = [None]
    bench.ticker.add(lambda _, now: None, 0.5, lambda _: due[0])
    waits = {
        None: 0.5,
        1_299: 0.3,
        1_499: 0.5,
        9_000: 0.5,
        1_001: SHORTEST_SECONDS,
        0: SHORTEST_SECONDS,
    }
    for at, wait in waits.items():
        due[0] = at
        assert bench.ticker._pause() == pytest.approx(wait)
    bench.part.suspend()
    assert bench.ticker._pause() == 0.5


async def test_what_a_tick_has_said_is_committed_at_once() -> None:
    """Nobody waits for the interval where a deadline has passed; but where nothing was said."""
    bench = Bench()

    def speak(part: Partition, now: int) -> None:
        if now > 1_000:
            part.emit("out", b"k", b"v")

    async def waited() -> bool:
        """Whether a commit would wait for its interval, an hour, to be over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                await bench.work.wait(3600)
                return False
        return True

    bench.ticker.handlers = [speak]
    with patch("streams.work.unit.LEAST", 0):
        await bench.round()
        assert await waited()
        bench.now += 1
        await bench.round()
        assert not await waited()
        assert await waited()


async def test_between_two_commits_passes_a_share_of_the_interval_though_all_hurry() -> None:
    """Else there would be nothing but commits while many deadlines pass."""
    bench = Bench()
    bench.work.hurry()
    with patch("streams.work.unit.LEAST", 1 / 36_000):
        began = time.monotonic()
        await bench.work.wait(3600)
        assert time.monotonic() - began >= 0.1
