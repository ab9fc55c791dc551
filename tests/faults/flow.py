"""Ticket events in a steady flow, and what must have been said of them in the end."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from streams.history.replay import replay
from streams.policies import load_file
from streams.wire.sla_events import event as as_event
from streams.wire.ticket_events import decode
from streams.worker.clock import wall
from tests.faults.case import BOUND
from tests.faults.ground import Window, gather
from tests.faults.judge import Verdict, judge
from tests.ticket_event import cloudevent
from tests.worker.rig import Rig

POLICIES = """
version: 1
schedules: {always: 24x7}
policies:
  - name: quick
    schedule: always
    targets: {first_response: {default: 2s}, total_resolution: {default: 4s}}
    pause: {statuses: [pending]}
    warnings: [{at: 50%, notify: [assignee]}, {left: 1s, level: 2, notify: [lead]}]
"""
SETTLED = timedelta(seconds=5)
"""After the last event of a flow: by then everything under POLICIES has fallen due."""
STOP_S = 10.0
PATIENCE_S = 180.0
"""How long the flow's own producer waits for brokers that are away."""


def policies(folder: Path) -> Path:
    """Write the policies file."""
    path = folder / "policies.yaml"
    path.write_text(POLICIES)
    return path


def portion(number: int, dice: random.Random, now: datetime, size: int = 20) -> list[Any]:
    """Draw some tickets that are born now, half of them answered, some paused or solved."""
    events = []
    for ticket in (f"t{number}-{n}" for n in range(size)):
        events.append(cloudevent(ticket, 0, "created", now, status="new"))
        if dice.random() < 0.5:
            later = now + timedelta(milliseconds=1)
            events.append(cloudevent(ticket, 1, "message", later, author="agent"))
        if dice.random() < 0.3:
            later, status = now + timedelta(milliseconds=2), dice.choice(["pending", "solved"])
            events.append(cloudevent(ticket, 2, "changed", later, status=status))
    return events


class Flow:
    """Events sent in the background; `sent` are those that the brokers have acknowledged."""

    def __init__(self, rig: Rig, seed: int = 7, every: float = 0.1) -> None:
        """Begin with nothing sent; a portion is sent `every` so many seconds."""
        self.rig = rig
        self.sent: list[dict[str, Any]] = []
        #: When (ms UTC) the brokers had surely taken an event, by its id.
        self.acked: dict[str, int] = {}
        self._outages: list[Window] = []
        self._dice = random.Random(seed)
        self._every = every
        self._enough = threading.Event()
        self._portions = 0

    async def run(self) -> None:
        """Send until it is enough; wait for brokers that are away."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.rig.broker.split(","),
            enable_idempotence=True,
            request_timeout_ms=int(PATIENCE_S * 1000),
        )
        await producer.start()
        try:
            while not self._enough.is_set():
                events = portion(self._portions, self._dice, datetime.now(UTC))
                self._portions += 1
                sent = [
                    await producer.send(
                        self.rig.names.ticket_events,
                        json.dumps(event).encode(),
                        key=event["subject"].encode(),
                    )
                    for event in events
                ]
                await asyncio.gather(*sent)
                self.sent += events
                self.acked |= dict.fromkeys((event["id"] for event in events), wall())
                await asyncio.sleep(self._every)
        finally:
            async with asyncio.timeout(STOP_S):
                await producer.stop()

    @contextmanager
    def running(self) -> Iterator[Flow]:
        """Send as long as the block runs."""
        faults: list[BaseException] = []

        loop = asyncio.new_event_loop()
        sending = loop.create_task(self.run())

        def run() -> None:
            try:
                with suppress(asyncio.CancelledError, TimeoutError):
                    loop.run_until_complete(sending)
                loop.close()
            except BaseException as fault:  # noqa: BLE001 - told in the test's own thread
                faults.append(fault)

        feeder = threading.Thread(target=run)
        feeder.start()
        try:
            yield self
        except BaseException:
            # Brokers that did not come back are not waited for.
            loop.call_soon_threadsafe(sending.cancel)
            raise
        finally:
            self._enough.set()
            feeder.join()
        assert not faults, faults

    # -- what was said

    def wanted(self) -> dict[str, dict[str, Any]]:
        """Ask the replay what must be said of all that is in the source's log, by id."""
        log = self.rig.read(self.rig.names.ticket_events)
        there = {json.loads(record.value)["id"] for record in log}
        assert there >= {event["id"] for event in self.sent}, "the brokers lost what they had"
        known = [event for record in log if (event := decode(record.value, keyed=False))]
        until = max(event.time for event in known) + int(SETTLED.total_seconds() * 1000)
        done = replay(known, load_file(self.rig.policies), arrival=True, until=until)
        return {fact.id: as_event(fact, 0) for _, fact in done.facts}

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Note from when to when no worker could see what the brokers held."""
        begin = wall()
        yield
        self._outages.append(Window(begin, wall()))

    def judge(self, case: str, number: int = -1) -> Verdict:
        """Wait until all is said, stop the worker, and ask the judge."""
        wanted = self.wanted()
        self.rig.until(
            lambda: len({fact["id"] for fact in self.rig.facts()}) >= len(wanted),
            f"all {len(wanted)} said",
            number,
        )
        assert self.rig.stop(number) == 0, self.rig.log(number)
        ground = gather(self.rig, acked=self.acked, until=self._end(), outages=self._outages)
        return judge(ground, bound=BOUND, case=case)

    def _end(self) -> int:
        """Give when everything has fallen due, ms UTC."""
        last = max(datetime.fromisoformat(event["time"]) for event in self.sent)
        return round((last + SETTLED).timestamp() * 1000)
