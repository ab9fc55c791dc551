"""How a backlog is drained, measured in the same way for everyone.

The log begins and ends, in each partition, with a ticket that is solved at once. The window is from
the first outcome in the topic to the last: no start-up is in it, but a JVM's warm-up and the flush
of the last outcomes are; `warm` is the second half of the events alone. The window is found by the
topic's ends, which are asked 20 times a second; CPU is looked at in the same moments. Nothing is
asked of groups, whose offsets each commits when it likes, and nobody reads the outcomes meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import ground
import job
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from contest import Team
from ground import Site, Stopped

from streams.history.replay import replay
from streams.policies import load
from streams.wire.instant import parse
from streams.wire.ticket_events import decode

OUTCOMES = ("sla.breached", "sla.fulfilled")
LOOK = 0.05
"""Seconds between two looks."""
QUIET = 2.5
"""Seconds without a new record until all is read and counted …"""
SILENT = 20.0
"""… and until what is not said then is held to be missing."""
PATIENCE = 120.0
"""Seconds that a start may take."""

Key = tuple[str, str, str, int]
Said = list[tuple[int, int, Key]]
"""Partition, offset, and the outcome: ticket, metric, type, instant."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen in a moment: the ends of the topic's partitions, and seconds of CPU."""

    at: float
    ends: list[int]
    own: float
    broker: float
    machine: float


@dataclass(frozen=True, slots=True)
class Backlog:
    """The events to be drained, and what must be said of them."""

    events: list[job.Event]
    wanted: Counter[Key]

    @classmethod
    def draw(cls, count: int) -> Backlog:
        """Draw about so many events; ask a replay what must be said."""
        events = job.events(count)
        told = [event for one in events if (event := decode(orjson.dumps(one), keyed=False))]
        done = replay(told, load(job.POLICIES), until=int(time.time() * 1000))
        facts = (fact for _, fact in done.facts if f"sla.{fact.type}" in OUTCOMES)
        keys = ((one.ticket, str(one.metric), f"sla.{one.type}", one.time) for one in facts)
        return cls(events, Counter(keys))

    def places(self) -> dict[tuple[str, int], tuple[int, int]]:
        """Give each event's partition and place in it, from 1 on, by ticket and instant."""
        seen, found = [0] * job.PARTITIONS, {}
        for one in self.events:
            part = job.partition(one["subject"])
            seen[part] += 1
            found[one["subject"], parse(one["time"])] = (part, seen[part])
        return found

    def judge(self, said: Said, until: list[int] | None) -> dict[str, float]:
        """Compare what was said with what must be.

        Where it was cut short, at instants by partition, only what an event says itself is asked
        for: when a breach is said that no event brings about is everyone's own affair.
        """
        told = Counter(key for *_, key in said)
        wanted = set(self.wanted)
        if until:
            ended = {key for key in wanted if key[2] == "sla.fulfilled"}
            wanted = {key for key in ended if key[3] < until[job.partition(key[0])]}
        extra = Counter({key: n for key, n in told.items() if key not in self.wanted})
        return {
            "missing": sum(key not in told for key in wanted),
            "wrong": extra.total(),
            "repeated": (told - self.wanted - extra).total(),
        }


def outcomes(site: Site) -> Said:
    """Read what was said."""
    facts = ((one, orjson.loads(one.value)) for one in site.read(site.names.sla_events))
    return [
        (
            one.partition,
            one.offset,
            (fact["subject"], fact["data"]["metric"], fact["type"], parse(fact["time"])),
        )
        for one, fact in facts
        if fact["type"] in OUTCOMES
    ]


class Progress:
    """How far somebody was, told by what was said.

    Who says that a clock was fulfilled has seen the event that did it, and all before it.
    """

    def __init__(self, backlog: Backlog, said: Said) -> None:
        """Find the events that were spoken of."""
        places, self._until = backlog.places(), [0] * job.PARTITIONS
        self._come: dict[int, list[tuple[int, int, int]]] = {}
        """By partition of the outcomes: offset, and the event's partition and place."""
        for where, offset, (ticket, _, type_, at) in sorted(said):
            if type_ == "sla.fulfilled" and (ticket, at) in places:
                part, place = places[ticket, at]
                self._until[part] = max(self._until[part], at)
                self._come.setdefault(where, []).append((offset, part, place))

    def until(self) -> list[int]:
        """Give the instant that was reached in each partition."""
        return self._until

    def events(self, looks: list[Look]) -> list[int]:
        """Give how many events were done at each look."""
        far, done, at = [0] * job.PARTITIONS, [], dict.fromkeys(self._come, 0)
        for look in looks:
            for where, some in self._come.items():
                while at[where] < len(some) and some[at[where]][0] < look.ends[where]:
                    _, part, place = some[at[where]]
                    far[part] = max(far[part], place)
                    at[where] += 1
            done.append(sum(far))
        return done


def drain(
    site: Site, team: Team, backlog: Backlog, broker: int | None, cap: float
) -> dict[str, float]:
    """Wait until a backlog is done, or `cap` seconds from the first record on; give figures."""
    looks, said, cut = asyncio.run(_Watch(site, team, backlog, broker).over(cap))
    # What brought about the first outcome was done before it was seen.
    begin, end = looks[_seen(looks, said, min) - 1], looks[_seen(looks, said, max)]
    progress = Progress(backlog, said)
    came = progress.events(looks)
    done = came[-1] if cut else len(backlog.events)
    half = next(number for number, count in enumerate(came) if count >= done / 2)
    middle, left = looks[half], done - came[half]
    if middle.at >= end.at:  # All in one look: there is no half.
        middle, left = begin, done
    took = end.at - begin.at
    others = end.machine - begin.machine - (end.own + end.broker - begin.own - begin.broker)
    return {
        "events_a_second": done / took,
        "cpu_us_an_event": (end.own - begin.own) / done * 1e6,
        "warm_events_a_second": left / (end.at - middle.at),
        "warm_cpu_us_an_event": (end.own - middle.own) / left * 1e6,
        "broker_cpu_us_an_event": (end.broker - begin.broker) / done * 1e6,
        "others_cores": others / took,
        "rss_mb": sum(one.rss("VmHWM") for one in team) / 1e6,
        "events": done,
        "seconds": took,
        "start_seconds": begin.at - min(one.started for one in team),
        **backlog.judge(said, progress.until() if cut else None),
    }


def _seen(looks: list[Look], said: Said, which: Callable[[Iterable[int]], int]) -> int:
    """Find the number of the look that saw the first, or the last, outcome of all."""
    moments = []
    for part in {part for part, *_ in said}:
        offset = which(at for where, at, _ in said if where == part)
        moments.append(next(n for n, look in enumerate(looks) if look.ends[part] > offset))
    return which(moments)


class _Watch:
    """Looks at processes and at the topic of outcomes until all is said."""

    def __init__(self, site: Site, team: Team, backlog: Backlog, broker: int | None) -> None:
        self._site, self._team, self._backlog, self._broker = site, team, backlog, broker
        self._parts = [TopicPartition(site.names.sla_events, n) for n in range(site.partitions)]
        self._looks: list[Look] = []

    async def over(self, cap: float) -> tuple[list[Look], Said, bool]:
        """Give all looks, what was said, and whether the time was over before it was all."""
        every, held = (
            AIOKafkaConsumer(bootstrap_servers=self._site.broker, isolation_level=level)
            for level in ("read_uncommitted", "read_committed")
        )
        await every.start()
        await held.start()
        try:
            began, counted = await self._first(every), 0.0
            while True:
                now = await self._look(every)
                if now - began > cap:
                    ends = self._looks[-1].ends
                    seen = [one for one in await self._said() if one[1] < ends[one[0]]]
                    return self._looks, seen, True
                quiet = now - self._moved()
                if min(quiet, now - counted) > QUIET and await self._all_committed(held):
                    said = await self._said()
                    told = {key for *_, key in said}
                    if told >= self._backlog.wanted.keys() or quiet > SILENT:
                        return self._looks, said, False
                    counted = now
        finally:
            await every.stop()
            await held.stop()

    async def _first(self, consumer: AIOKafkaConsumer) -> float:
        """Wait for the first record of all."""
        while (now := await self._look(consumer)) and not any(self._looks[-1].ends):
            if now - self._team[0].started > PATIENCE:
                raise Stopped(f"it says nothing: {self._team[0].log.read_text()[-3000:]}")
        return now

    async def _look(self, consumer: AIOKafkaConsumer) -> float:
        await asyncio.sleep(LOOK)
        for one in self._team:
            one.must_live()
        ends = await consumer.end_offsets(self._parts)
        own = sum(one.cpu() for one in self._team)
        broker = ground.cpu(self._broker) if self._broker else 0.0
        where = [ends[part] for part in self._parts]
        self._looks.append(Look(time.time(), where, own, broker, ground.busy()))
        return self._looks[-1].at

    def _moved(self) -> float:
        """Give the moment at which the ends were first seen where they are."""
        last = self._looks[-1]
        for look in reversed(self._looks):
            if look.ends != last.ends:
                break
            last = look
        return last.at

    async def _all_committed(self, consumer: AIOKafkaConsumer) -> bool:
        ends = await consumer.end_offsets(self._parts)
        return [ends[part] for part in self._parts] == self._looks[-1].ends

    async def _said(self) -> Said:
        return await asyncio.to_thread(outcomes, self._site)
