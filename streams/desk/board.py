"""The open clocks of a partition as they stand now: for triage, and for the gauges.

In columns, not in objects: a million tickets wait here, and a clock is some fifty bytes. A ticket
has as many places side by side as it has open clocks. Which places a ticket has is one number, and
so is what it is about: tickets of the same team, priority, tier and channel share it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from streams.desk.paces import STILL, Opened, Paces
from streams.desk.subjects import NOTHING, Subject, Subjects
from streams.sla.events import Attributes
from streams.wire.glance import OpenClock

Name = tuple[str, str, str]
"""Policy, kind and metric."""

Place = tuple[int, int, int, int, int, int, int, int]
"""A row of the columns: number of the name, pace, deadline, target, counted, seen, marks, and of
what the ticket is about."""

BREACHED, WARNED = 1, 2
"""Marks of a clock."""

NOBODY = -1
"""The name at a place that is free, and a deadline that is none."""

RUN = 64
"""More than the clocks that a ticket can have: ten metrics of two kinds."""

MORE = 1_024
"""Places by which the columns grow."""


class Standing(NamedTuple):
    """An open clock on the board. `deadline` in ms UTC, None while paused; amounts in active ms.

    `counted` is what had elapsed when its pace stood at `seen`.
    """

    name: Name
    pace: int
    deadline: int | None
    target: int
    counted: int
    seen: int
    breached: bool
    warned: bool

    def elapsed(self, opened: Opened) -> int:
        """Count the active ms up to now; none is taken back before the clock's last change."""
        return self.counted + max(0, opened[self.pace] - self.seen)

    def overdue(self, now: int, elapsed: int) -> bool:
        """Say whether it is past its deadline, or was when it was paused (R5, R15)."""
        if self.deadline is None:
            return self.breached and elapsed >= self.target
        return self.deadline < now


class Columns(NamedTuple):
    """A board's columns by place, as Place has them."""

    name: array[int]
    pace: array[int]
    deadline: array[int]
    target: array[int]
    counted: array[int]
    seen: array[int]
    marks: array[int]
    about: array[int]


Row = tuple[bytes, int, range]
"""A ticket: the key of its row, the number of its subject, its places."""


class Board:
    """Tickets with open clocks, by the key of their row."""

    def __init__(self, paces: Paces) -> None:
        self._paces = paces
        self._places: dict[bytes, int] = {}
        self._free: dict[int, list[int]] = {}
        self._end = 0
        self.names: list[Name] = []
        """By number."""
        self._known: dict[tuple[Name, str], tuple[int, int]] = {}
        """By name and version: the number of the name, and the pace."""
        self._name, self._pace = array("l"), array("l")
        self._deadline, self._target = array("q"), array("q")
        self._counted, self._seen = array("q"), array("q")
        self._marks = array("b")
        self._about = array("l")
        """The number of what the ticket is about."""
        self.subjects = Subjects()

    def __len__(self) -> int:
        """Count the tickets."""
        return len(self._places)

    def __contains__(self, key: bytes) -> bool:
        """Tell whether a ticket has an open clock here."""
        return key in self._places

    def __iter__(self) -> Iterator[bytes]:
        """Give each ticket's key, in no order."""
        return iter(list(self._places))

    def put(self, key: bytes, clocks: Sequence[OpenClock], attributes: Attributes) -> None:
        """Set a ticket's open clocks; none takes it off. Raises UnknownVersion."""
        known = [self._known_of(clock) for clock in clocks]
        run = self._places.get(key)
        if run is not None and run % RUN != len(clocks):
            self._leave(*divmod(self._places.pop(key), RUN))
            run = None
        if not clocks:
            return
        if run is None:
            run = self._places[key] = self._place(len(clocks)) * RUN + len(clocks)
        place = run // RUN
        about = self.subjects.change(self._about[place], attributes)
        for clock, (number, pace) in zip(clocks, known, strict=True):
            _, _, running, since, used, target, deadline, breached, warned = clock
            self._name[place] = number
            self._pace[place] = pace if running else STILL
            self._deadline[place] = NOBODY if deadline is None else deadline
            self._target[place] = target
            self._counted[place] = used
            self._seen[place] = self._paces.seen(pace, since) if running else 0
            self._about[place] = about
            self._marks[place] = breached * BREACHED + warned * WARNED
            place += 1

    def of(self, key: bytes) -> list[Standing]:
        """Give a ticket's open clocks."""
        first, count = divmod(self._places.get(key, 0), RUN)
        return [self._standing(place) for place in range(first, first + count)]

    def subject(self, key: bytes) -> Subject:
        """Give what a ticket on the board is about."""
        return self.subjects.by_number[self._about[self._places[key] // RUN]]

    def look(self, keys: Iterable[bytes]) -> Iterator[Row]:
        """Give of each ticket that is here its key, subject, and places in the columns."""
        places, about = self._places, self._about
        for key in keys:
            run = places.get(key)
            if run is not None:
                first = run // RUN
                yield key, about[first], range(first, first + run % RUN)

    @property
    def columns(self) -> Columns:
        """The columns themselves, to be read by place; they change with each `put`."""
        return Columns(
            *(self._name, self._pace, self._deadline, self._target),
            *(self._counted, self._seen, self._marks, self._about),
        )

    def portions(self, size: int) -> Iterator[list[Place]]:
        """Give every place, so many at a time, in no order; clocks may come and go in between."""
        columns = zip(*self.columns, strict=True)
        while portion := list(islice(columns, size)):
            yield portion

    def _standing(self, place: int) -> Standing:
        deadline = self._deadline[place]
        return Standing(
            self.names[self._name[place]],
            self._pace[place],
            None if deadline == NOBODY else deadline,
            self._target[place],
            self._counted[place],
            self._seen[place],
            bool(self._marks[place] & BREACHED),
            bool(self._marks[place] & WARNED),
        )

    def _known_of(self, clock: OpenClock) -> tuple[int, int]:
        """Give the number of a clock's name, and its pace while it runs."""
        held = clock[:2]
        known = self._known.get(held)
        if known is None:
            name, version = held
            policy, kind, _ = name
            pace = self._paces.of(version, kind, policy)
            if name not in self.names:
                self.names.append(name)
            known = self._known[held] = self.names.index(name), pace
        return known

    def _place(self, count: int) -> int:
        """Find places side by side: some that were left, or new ones at the end."""
        if free := self._free.get(count):
            return free.pop()
        first, self._end = self._end, self._end + count
        if self._end > len(self._name):
            self._name.extend([NOBODY] * MORE)
            self._about.extend([NOTHING] * MORE)
            self._marks.extend([0] * MORE)
            for column in (self._pace, self._deadline, self._target, self._counted, self._seen):
                column.extend([0] * MORE)
        return first

    def _leave(self, first: int, count: int) -> None:
        self.subjects.leave(self._about[first])
        for place in range(first, first + count):
            self._name[place] = NOBODY
            self._about[place] = NOTHING
        self._free.setdefault(count, []).append(first)
