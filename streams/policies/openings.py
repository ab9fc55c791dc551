"""The coming days of a schedule, in local time, for people to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from streams.sla.schedule import Schedule
from streams.sla.zone import local_of, parse_zone

_ORIGIN = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Opening:
    """A local date, the windows that open on it as local text, and how long they are in ms.

    `why` names what makes the day differ from its week: holiday or exception.
    """

    day: date
    windows: tuple[str, ...]
    ms: int
    why: str


def openings(schedule: Schedule, start: int, days: int) -> Iterator[Opening]:
    """Give `days` local dates from that of an instant on."""
    rules = schedule.rules
    first, _ = local_of(parse_zone(schedule.zone), start)
    for ordinal in range(first, first + days):
        day = date.fromordinal(ordinal)
        spans = rules.spans(ordinal)
        texts = tuple(_say(schedule.zone, day, *span) for span in spans)
        why = ""
        if any(special.first <= day <= special.last for special in rules.exceptions):
            why = "exception"
        elif day in rules.holidays.of(day.year):
            why = "holiday"
        yield Opening(day, texts, sum(closes - opens for opens, closes in spans), why)


def _say(zone: str, day: date, opens: int, closes: int) -> str:
    begin, end = _local(zone, opens), _local(zone, closes)
    if end.date() == day + timedelta(days=1) and end.time() == datetime.min.time():
        return f"{begin:%H:%M}-24:00"
    later = (end.date() - day).days
    return f"{begin:%H:%M}-{end:%H:%M}" + (f" (+{later}d)" if later else "")


def _local(zone: str, instant: int) -> datetime:
    return (_ORIGIN + timedelta(milliseconds=instant)).astimezone(parse_zone(zone))
