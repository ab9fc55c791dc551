"""What a history expects of a topic, against what was seen there: what is missing. Pure.

Decisions:

- What is there under its own id is there (R7). All else is known by what it tells of its ticket:
  one hook may tell in one event what a history tells in several, so it is facts that are compared.
- Each fact that was seen stands for at most one that is expected, no further away than the
  tolerance, in the order of time: then as many are found as can be, in whatever order they came.
- A ticket is created once: any creation of it is the one. By creating it its author spoke, so it
  stands for a message too.
- What is told of but in part is missing as a whole: to be told again harms nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from streams.gateway.source import DESK
from streams.sla.events import Changed, Created, Deleted, Merged, Messaged, TicketEvent
from streams.sla.policy import word
from streams.wire.outgoing import TicketEvent as Outgoing

Fact = tuple[Any, ...]
Times = dict[tuple[str, Fact], list[tuple[int, int]]]
"""By ticket and fact: time (ms UTC) and place of each that tells it."""

CREATION: Fact = ("created",)


class Expected(NamedTuple):
    """An event that the topic should have: as it goes out, and as a worker reads it."""

    out: Outgoing
    read: TicketEvent


def missing(
    expected: Iterable[Expected], seen: Iterable[TicketEvent], tolerance: int
) -> list[Outgoing]:
    """Give what is not there, by ticket and time; `tolerance` in ms."""
    there = list(seen)
    known = {(one.ticket, one.key) for one in there}
    unique = {(one.read.ticket, one.read.key): one for one in expected}
    left = sorted(
        (one for name, one in unique.items() if name not in known and _facts(one.read)),
        key=lambda one: (one.read.ticket, one.read.time, one.read.key),
    )
    ours = {(one.read.ticket, one.read.key) for one in unique.values()}
    others = [one for one in there if (one.ticket, one.key) not in ours]
    absent = _unmatched(_wanted(left), _told(others), tolerance)
    created = {one.ticket for one in there if isinstance(one, Created)}
    return [
        one.out
        for place, one in enumerate(left)
        if place in absent or (isinstance(one.read, Created) and one.read.ticket not in created)
    ]


def _facts(event: TicketEvent) -> list[Fact]:
    match event:
        case Created():
            return [CREATION]
        case Messaged():
            return [("message", event.author, event.public)]
        case Changed():
            return [
                ("changed", name, _value(value))
                for name, value in event.attributes.items()
                if name != DESK
            ]
        case Merged():
            return [("merged", event.into)]
        case Deleted():
            return [("deleted",)]
    return []


def _value(value: object) -> object:
    """Give what a value means: a word however it is written, a list in any order."""
    if value is None or value == "":
        return None
    if isinstance(value, tuple):
        return tuple(sorted(word(str(one)) for one in value))
    return word(str(value))


def _wanted(expected: Sequence[Expected]) -> Times:
    times: Times = defaultdict(list)
    for place, (_, event) in enumerate(expected):
        for fact in _facts(event):
            if fact != CREATION:
                times[event.ticket, fact].append((event.time, place))
    return times


def _told(seen: Iterable[TicketEvent]) -> Times:
    times: Times = defaultdict(list)
    for place, event in enumerate(seen):
        for fact in _facts(event):
            if fact == CREATION and isinstance(event, Created):
                fact = ("message", event.author, event.public)  # noqa: PLW2901
            times[event.ticket, fact].append((event.time, place))
    return times


def _unmatched(wanted: Times, told: Times, tolerance: int) -> set[int]:
    """Give the places of those of whom a fact is not told."""
    absent: set[int] = set()
    for name, times in wanted.items():
        free = sorted(told.get(name, ()))
        at = 0
        for time, place in sorted(times):
            while at < len(free) and free[at][0] < time - tolerance:
                at += 1
            if at < len(free) and free[at][0] <= time + tolerance:
                at += 1
            else:
                absent.add(place)
    return absent
