"""When a notice may be said: quiet hours, in local time.

Decisions that bind this module:

- Hours are those of schedules (R22): a window belongs to the date of its opening; on the night on
  which a local time comes twice, quiet begins with the first and ends with the second; a time that
  is skipped is the end of the gap. A holiday is quiet from midnight to midnight.
- `when: schedule_closed` goes by what a warning says of itself (R21): held until the first `until`
  after its time that is not quiet otherwise. An event that does not say so is not held by it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from streams.notify.route import Event, Match
from streams.process.config import Part
from streams.sla.holidays_ import Holidays
from streams.sla.hours import DAYS, WeeklyHours
from streams.sla.misread import Misread
from streams.sla.zone import DAY, instant_of, local_of, parse_zone
from streams.wire.instant import parse

AHEAD = 400
"""Dates that are looked at for an hour that is not quiet."""

_HOUR = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)


def said(fault: Misread) -> ValueError:
    """Say a text that cannot be read as a file's checks do."""
    return ValueError(f"is {fault.what}; {fault.fix}")


def _zone(name: str) -> str:
    try:
        parse_zone(name)
    except Misread as fault:
        raise said(fault) from None
    return name


def _hours(value: object) -> object:
    if isinstance(value, WeeklyHours):
        return value
    if not isinstance(value, Mapping) or not value:
        message = 'is not a block of days; write mon-fri: ["20:00-08:00"] below it'
        raise ValueError(message)
    windows = {
        str(days): [one] if isinstance(one, str) else one
        for days, one in value.items()
        if isinstance(one, str | list)
    }
    if len(windows) < len(value):
        message = 'has a day without windows; write mon-fri: ["20:00-08:00"]'
        raise ValueError(message)
    try:
        hours = WeeklyHours.of(
            {day: [str(window) for window in one] for day, one in windows.items()}
        )
    except Misread as fault:
        raise ValueError(f"cannot be read: {fault.what}; {fault.fix}") from None
    if _never_ends(hours):
        message = "is quiet at every hour of the week; leave an hour in which something is said"
        raise ValueError(message)
    return hours


def _never_ends(hours: WeeklyHours) -> bool:
    week = 7 * DAY
    spans = sorted(
        (day * DAY + window.opens + shift, day * DAY + window.closes + shift)
        for day, windows in enumerate(hours.days)
        for window in windows
        for shift in (-week, 0)
    )
    reached = 0
    for opens, closes in spans:
        if opens <= reached:
            reached = max(reached, closes)
    return reached >= week


def _second(value: object) -> object:
    found = _HOUR.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        message = 'is not a time of day; write "08:00", in quotes'
        raise ValueError(message)
    return int(found[1]) * 3600 + int(found[2]) * 60


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, Mapping) else value


Zone = Annotated[str, AfterValidator(_zone)]


class Quiet(Part):
    """Hours in which a notice is held, and what is said in spite of them (`except`, any of it)."""

    zone: Zone = "UTC"
    hours: Annotated[WeeklyHours, BeforeValidator(_hours)] = WeeklyHours()
    country: str | None = None
    holidays: frozenset[date] = frozenset()
    when: Literal["schedule_closed"] | None = None
    until_: Annotated[int, BeforeValidator(_second)] | None = Field(None, alias="until")
    except_: Annotated[tuple[Match, ...], BeforeValidator(_one_or_many)] = Field((), alias="except")

    @model_validator(mode="after")
    def _whole(self) -> Quiet:
        if (self.when is None) != (self.until_ is None):
            message = (
                'needs `when` and `until` together; write when: schedule_closed, until: "08:00"'
            )
            raise ValueError(message)
        if not (any(self.hours.days) or self.when or self.country or self.holidays):
            message = f'is never quiet; write hours: {{{DAYS[0]}-{DAYS[6]}: ["20:00-08:00"]}}'
            raise ValueError(message)
        try:
            self._days  # noqa: B018 - an unknown country speaks up here
        except Misread as fault:
            raise ValueError(f"country: {fault.what}; {fault.fix}") from None
        return self

    @cached_property
    def _tz(self) -> ZoneInfo:
        return parse_zone(self.zone)

    @cached_property
    def _days(self) -> Holidays:
        return Holidays(self.country, add=self.holidays)

    def until(self, event: Event, at: int) -> int | None:
        """Say until when a notice is held, both ms UTC; None to send it now."""
        if any(one.holds(event) for one in self.except_):
            return None
        start = max(at, self._opening(event))
        end = self._end(start)
        return end if end > at else None

    def _opening(self, event: Event) -> int:
        """Give the hour until which an event is held that came while its schedule was closed."""
        data: Mapping[str, Any] = event["data"]
        if self.until_ is None or data.get("schedule_open", True):
            return 0
        since = parse(event["time"])
        today, _ = local_of(self._tz, since)
        hours = (
            instant_of(self._tz, day, self.until_, closing=False)
            for day in range(today, today + AHEAD)
        )
        later = [hour for hour in hours if hour > since]
        return next((hour for hour in later if self._end(hour) == hour), later[0])

    def _end(self, at: int) -> int:
        """Give the first instant from `at` on that is not quiet."""
        for _ in range(2 * AHEAD):
            end = max(self._ends(at), default=at)
            if end == at:
                break
            at = end
        return at

    def _ends(self, at: int) -> list[int]:
        """Give the ends of all quiet spans that hold an instant."""
        today, _ = local_of(self._tz, at)
        ends = []
        for day in (today - 1, today):
            here = date.fromordinal(day)
            spans = [(one.opens, one.closes) for one in self.hours.days[here.weekday()]]
            if here in self._days.of(here.year):
                spans.append((0, DAY))
            for opens, closes in spans:
                end = instant_of(self._tz, day, closes, closing=True)
                if instant_of(self._tz, day, opens, closing=False) <= at < end:
                    ends.append(end)
        return ends
