"""The job that is measured: tickets with two clocks each, and what must be said of them.

Made from a seed, in the past, in the order of their times. One ticket in five is never solved.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from itertools import count as numbers
from typing import Any

import orjson
from aiokafka.partitioner import murmur2

from streams.wire.instant import show

MINUTE = 60_000
HOUR = 60 * MINUTE
BEGIN = 1_767_225_600_000
"""2026-01-01: brokers refuse timestamps from the future."""

POLICIES = """
version: 1
policies:
  - name: promise
    schedule: 24x7
    targets:
      first_response: {low: 24h, normal: 8h, high: 4h, urgent: 1h}
      total_resolution: {low: 96h, normal: 48h, high: 24h, urgent: 8h}
    pause: {statuses: [pending], metrics: [first_response, total_resolution]}
"""
PARTITIONS = 4
MARK = "Z"
"""How tickets begin that mark both ends of the log in each partition: each is solved at once."""

Event = dict[str, Any]


def events(count: int, seed: int = 7) -> list[Event]:
    """Draw about so many ticket events, five a ticket, in the order of their times."""
    dice = random.Random(seed)
    drawn: list[tuple[int, Event]] = []
    for number in range(count // 5):
        drawn += _ticket(dice, f"T{number:07d}")
    drawn += _marks("A", BEGIN - MINUTE)
    # Whoever tells time by events must see it go on in every partition, past the last deadline.
    drawn += _marks("Z", BEGIN + 40 * 24 * HOUR)
    drawn.sort(key=lambda entry: entry[0])
    return [event for _, event in drawn]


@cache
def partition(ticket: str, partitions: int = PARTITIONS) -> int:
    """Say where a ticket's records are, as Kafka's own clients do."""
    return int(murmur2(ticket.encode()) & 0x7FFFFFFF) % partitions


def _marks(name: str, at: int) -> Iterator[tuple[int, Event]]:
    for wanted in range(PARTITIONS):
        tickets = (f"{MARK}{name}{number}" for number in numbers())
        ticket = next(one for one in tickets if partition(one) == wanted)
        yield at, event(ticket, 0, "created", at, status="open", priority="low", channel="email")
        yield at + 1, event(ticket, 1, "changed", at + 1, status="solved")


def _ticket(dice: random.Random, name: str) -> Iterator[tuple[int, Event]]:
    at, paused = BEGIN + dice.randrange(20 * 24 * HOUR), False
    (priority,) = dice.choices(("low", "normal", "high", "urgent"), (30, 40, 20, 10))
    about = {"priority": priority, "channel": dice.choice(["email", "chat", "phone"])}
    yield at, event(name, 0, "created", at, status="open", **about)
    steps = dice.choices(range(7), (4, 10, 18, 24, 20, 14, 10))[0]
    for step in range(1, steps + 1):
        at += 1 + int(dice.expovariate(1 / (5 * HOUR)))
        (kind,) = dice.choices(["agent", "customer", "status"], (40, 30, 30))
        if kind == "status":
            paused = not paused
            status = "pending" if paused else "open"
            yield at, event(name, step, "changed", at, status=status)
        else:
            yield at, event(name, step, "message", at, author=kind)
    if dice.random() < 0.8:
        at += 1 + int(dice.expovariate(1 / (9 * HOUR)))
        yield at, event(name, steps + 1, "changed", at, status="solved")


def event(ticket: str, number: int, type_: str, at: int, **data: Any) -> Event:
    """Write a ticket event; `at` in ms UTC."""
    return {
        "specversion": "1.0",
        "id": f"{ticket}-{number}",
        "source": "/bench",
        "type": f"ticket.{type_}",
        "subject": ticket,
        "time": show(at),
        "data": data,
    }


def records(some: list[Event]) -> Iterator[tuple[bytes, bytes]]:
    """Give key and value of each event's record."""
    return ((one["subject"].encode(), orjson.dumps(one)) for one in some)
