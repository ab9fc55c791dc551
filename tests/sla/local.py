"""Which minutes are open, looked up on the local clock one by one (R22-R24).

It shares no code with schedules. A window opens when the local clock first shows its opening, or
more, and closes when it last shows its closing, or, where it skips that, first shows more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = 24 * 60
DAYS = 35
"""How far is looked ahead, more than a ticket of these tests can reach."""

Span = tuple[int, int]
"""Minutes of a local day; the end of what passes midnight is more than a day."""


@dataclass(frozen=True)
class Hours:
    """A schedule in plain words: the spans of each day of the week, Monday first.

    `off` are whole days, `instead` other spans for a date (they win over `off`), `shut` what is
    closed whatever else is said.
    """

    name: str
    zone: str
    week: tuple[tuple[Span, ...], ...]
    off: frozenset[date] = frozenset()
    instead: tuple[tuple[date, tuple[Span, ...]], ...] = ()
    shut: tuple[tuple[date, Span], ...] = ()

    def opening(self, day: date) -> tuple[Span, ...]:
        """Give the spans that open on a date."""
        for other, spans in self.instead:
            if other == day:
                return spans
        return () if day in self.off else self.week[day.weekday()]


@lru_cache(maxsize=16)
def wall(zone: str, first: int) -> list[int]:
    """Read the local clock at each minute from `first` on, as minutes since a far date."""
    local, tz = [], ZoneInfo(zone)
    for minute in range(first, first + DAYS * DAY):
        at = datetime.fromtimestamp(minute * 60, UTC).astimezone(tz)
        local.append(at.toordinal() * DAY + at.hour * 60 + at.minute)
    return local


@lru_cache(maxsize=64)
def open_minutes(hours: Hours, first: int) -> bytes:
    """Say of each minute from `first` on whether it is open, 1 or 0."""
    local = wall(hours.zone, first)
    opened = bytearray(len(local))
    days = [date.fromordinal(day) for day in range(local[0] // DAY - 1, local[-1] // DAY + 1)]
    spans = [(day, span) for day in days for span in hours.opening(day)]
    for value, told in ((1, spans), (0, hours.shut)):
        for minute in (minute for day, span in told for minute in _within(local, day, span)):
            opened[minute] = value
    return bytes(opened)


@lru_cache(maxsize=64)
def open_list(hours: Hours, first: int) -> list[int]:
    """List the open minutes, counted from `first`."""
    return [minute for minute, opened in enumerate(open_minutes(hours, first)) if opened]


def business_minutes(hours: Hours, first: int, since: int, days: int) -> int:
    """Count the open minutes from `since` to the same local time on the days-th open day."""
    local, opened = wall(hours.zone, first), open_minutes(hours, first)
    day, time = divmod(local[since - first], DAY)
    while True:
        day += 1
        on = date.fromordinal(day)
        works = any(_within(local, on, span) for span in hours.opening(on))
        days -= works
        until = _last(local, day * DAY + time)
        if works and days <= 0 and (count := sum(opened[since - first : until])):
            return count


def _within(local: list[int], day: date, span: Span) -> range:
    opens, closes = (day.toordinal() * DAY + edge for edge in span)
    return range(_first(local, opens), _last(local, closes))


def _first(local: list[int], time: int) -> int:
    near = _near(local, time)
    return next((minute for minute in near if local[minute] >= time), near.stop)


def _last(local: list[int], time: int) -> int:
    same = [minute for minute in _near(local, time) if local[minute] == time]
    return same[-1] if same else _first(local, time)


def _near(local: list[int], time: int) -> range:
    """Leave out what is more than a day away, for the sake of speed alone."""
    guess = time - local[0]
    return range(max(0, guess - DAY), min(len(local), max(0, guess + DAY)))
