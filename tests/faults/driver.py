"""Live tickets from a seed: what happens to them is drawn, when it is sent is now.

Decisions: what a seed decides is which tickets there are and what happens to them, in portions;
how many portions there are hangs on how long the case lasts. An event is dated when it is sent, so
that on any machine it comes before what it prevents, or shortly after: the judge knows which, since
the time by which the broker had surely taken an event is kept.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer

from streams.wire.instant import show
from streams.worker.clock import wall
from tests.ticket_event import ticket_event
from tests.worker.rig import Rig

HOUR = 3_600_000
LONGEST = 6_000
"""Milliseconds after its last event in which something may still fall due for a ticket."""
HAND_OVER = ("billing", "support", None)
PAUSE_SECONDS = 0.1

Event = dict[str, Any]
Raw = tuple[bytes | None, bytes | None, Iterable[tuple[str, bytes]]]


@dataclass(frozen=True, slots=True)
class Disorder:
    """How often an event is sent again, swapped with its neighbour, back-dated or future-dated.

    Chances between 0 and 1. A back-dated event is up to six hours late, a future-dated one up to
    three seconds early.
    """

    twice: float = 0.0
    swapped: float = 0.0
    late: float = 0.0
    early: float = 0.0


ORDERLY = Disorder()


@dataclass(slots=True)
class Load:
    """Tickets that live a few seconds, `births` of them begin in each portion.

    `acked` is by id of an event when the broker had surely taken it, `latest` an instant that no
    event is dated after; both ms UTC.
    """

    seed: int
    disorder: Disorder = ORDERLY
    births: int = 6
    name: str = "t"
    acked: dict[str, int] = field(default_factory=dict)
    sent: int = 0
    latest: int = 0
    _dice: random.Random = field(init=False)
    _alive: dict[str, int] = field(default_factory=dict)
    _born: int = 0

    def __post_init__(self) -> None:
        """Seed the draws."""
        self._dice = random.Random(self.seed)

    def portion(self, now: int) -> list[Event]:
        """Draw what happens next, dated `now` (ms UTC): some tickets begin, some go on, some end.

        Of one ticket at most two things happen in a portion, in the order of their time.
        """
        events = [self._begin(now) for _ in range(self.births)]
        for ticket in [one for one in self._alive if self._dice.random() < 0.3]:
            events.append(self._go_on(ticket, now))
            if ticket in self._alive and self._dice.random() < 0.2:
                events.append(self._go_on(ticket, now + 1))
        self.latest = max(self.latest, now + 3_000)
        return self._disordered(events, now)

    def _begin(self, now: int) -> Event:
        ticket = f"{self.name}{self.seed}-{self._born}"
        self._born += 1
        self._alive[ticket] = 0
        data: Event = {"status": "new", "priority": self._dice.choice(("urgent", "high", "low"))}
        if self._dice.random() < 0.3:
            data["team"] = self._dice.choice(HAND_OVER)
        return self._event(ticket, "created", now, data)

    def _go_on(self, ticket: str, now: int) -> Event:
        """Draw one thing that happens to a ticket; in the end it is solved, or left alone."""
        step = self._dice.random()
        if step < 0.35:
            author = "agent" if self._dice.random() < 0.6 else "customer"
            return self._event(ticket, "message", now, {"author": author})
        if step < 0.55:
            status = self._dice.choice(("open", "pending"))
            return self._event(ticket, "changed", now, {"status": status})
        if step < 0.65:
            return self._event(ticket, "changed", now, {"team": self._dice.choice(HAND_OVER)})
        if step < 0.75:
            priority = self._dice.choice(("urgent", "high", "low"))
            return self._event(ticket, "changed", now, {"priority": priority})
        event = self._event(ticket, "changed", now, {"status": "solved"})
        if self._dice.random() < 0.7:
            del self._alive[ticket]
        return event

    def _event(self, ticket: str, type_: str, at: int, data: Event) -> Event:
        number = self._alive[ticket]
        self._alive[ticket] += 1
        return ticket_event(ticket, number, type_, at, data)

    def _disordered(self, events: list[Event], now: int) -> list[Event]:
        drawn: list[Event] = []
        for one in events:
            chance = self._dice.random()
            if chance < self.disorder.late:
                one["time"] = show(now - self._dice.randrange(1, 6 * HOUR))
            elif chance < self.disorder.late + self.disorder.early:
                one["time"] = show(now + self._dice.randrange(1, 3_000))
            drawn.append(one)
            if self._dice.random() < self.disorder.twice:
                drawn.append(one)
        for place in range(1, len(drawn)):
            if self._dice.random() < self.disorder.swapped:
                drawn[place - 1], drawn[place] = drawn[place], drawn[place - 1]
        return drawn


class Driver:
    """A producer with a thread of its own, so that the load goes on while workers come and go."""

    def __init__(self, rig: Rig) -> None:
        """Send to a rig's ticket events."""
        self._rig = rig
        self._wrong: list[BaseException] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._producer: AIOKafkaProducer = self._call(self._connect())

    def close(self) -> None:
        """Stop the producer and its thread."""
        self._call(self._producer.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def send(self, events: list[Event], load: Load) -> None:
        """Send events in their order and wait until the broker has all; keep when that was."""
        self._call(self._send((one["subject"].encode(), orjson.dumps(one), ()) for one in events))
        acked = wall()
        for one in events:
            load.acked.setdefault(one["id"], acked)
        load.sent += len(events)

    def send_raw(self, records: Iterable[Raw]) -> None:
        """Send records (key, value, headers) in their order; nothing is known of when they came."""
        self._call(self._send(records))

    def portion(self, load: Load) -> None:
        """Draw and send the next portion."""
        self.send(load.portion(wall()), load)

    @contextmanager
    def flow(self, load: Load) -> Iterator[None]:
        """Send portions as long as the block runs; `check` raises what goes wrong meanwhile."""
        enough = threading.Event()

        def feed() -> None:
            try:
                while not enough.is_set():
                    self.portion(load)
                    enough.wait(PAUSE_SECONDS)
            except BaseException as error:  # noqa: BLE001 - it is raised where somebody hears it
                self._wrong.append(error)

        feeder = threading.Thread(target=feed)
        feeder.start()
        try:
            yield
        finally:
            enough.set()
            feeder.join()
        self.check()

    def check(self) -> None:
        """Raise what went wrong where nobody heard it."""
        if self._wrong:
            raise self._wrong[0]

    async def _connect(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._rig.broker,
            # A repetition by the client would be a record of its own, in another order.
            enable_idempotence=True,
            max_request_size=4 << 20,
            linger_ms=2,
        )
        await producer.start()
        return producer

    async def _send(self, records: Iterable[Raw]) -> None:
        topic = self._rig.names.ticket_events
        sent = [
            await self._producer.send(topic, value, key=key, headers=list(headers))
            for key, value, headers in records
        ]
        await asyncio.gather(*sent)

    def _call(self, doing: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(120)
