"""When time counts (R22-R25).

`Rules` are said in local time. They are turned into windows of UTC instants, one sorted list a year
(of UTC, cut at New Year) made when a ticket first reaches it, with the open time before each.
Both questions are then searches in one monotone function, the open time up to an instant:
`elapsed` is a difference of it, `deadline` its inverse. Neither touches a calendar.

- A deadline is the earliest instant that fits (R25): at a window's end, not at the next opening.
- Business days follow the local clock, or end with the last window (R24): `business_days_end`,
  `day_end`.
- Years 2 to 9998 can be reached; what cannot is a ScheduleHorizonError, with the reason. `24x7` is
  plain addition, and has no such bounds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date
from itertools import islice

from streams.sla.holidays_ import Holidays
from streams.sla.hours import ALWAYS, WeeklyHours
from streams.sla.rules import Rules, Spans, Special
from streams.sla.year import Year
from streams.sla.zone import DAY, EPOCH, instant_of, local_of, parse_zone

FIRST_YEAR, LAST_YEAR = 2, 9998
_NEW_YEARS = [
    (date(year, 1, 1).toordinal() - EPOCH) * DAY * 1000 for year in range(FIRST_YEAR, LAST_YEAR + 2)
]
"""The first instant of each year of UTC from FIRST_YEAR on, in ms."""

_KEPT = 64
"""Years whose windows are kept: one takes some 60 KB, and a few ms to make again."""

_REACH = 3
"""Local dates beyond a year of UTC whose windows may reach into it, zone and midnight included."""


class ScheduleHorizonError(ValueError):
    """An instant that no schedule, or not this one, can reach."""


class Schedule:
    """When time counts. Instants are integer ms since 1970 UTC, amounts are ms of open time."""

    __slots__ = ("_always", "_latest", "_totals", "_years", "_zone", "name", "rules", "zone")

    def __init__(
        self,
        name: str,
        zone: str,
        hours: WeeklyHours,
        holidays: Holidays | None = None,
        exceptions: tuple[Special, ...] = (),
    ) -> None:
        """Refuse an unknown zone and a schedule that never opens, each a Misread."""
        self.name = name
        self.zone = zone
        self.rules = Rules(zone, hours, holidays or Holidays(), exceptions)
        self._zone = parse_zone(zone)
        self._always = self.rules.always
        self._years: dict[int, Year] = {}
        self._totals: dict[int, int] = {}
        self._latest: Year | None = None

    @classmethod
    def always(cls, name: str = "24x7", zone: str = "UTC") -> Schedule:
        """Make the schedule that is never closed."""
        return cls(name, zone, ALWAYS)

    def __eq__(self, other: object) -> bool:
        """Equal schedules have the same name and say the same, whatever they have cached."""
        if not isinstance(other, Schedule):
            return NotImplemented
        return (self.name, self.rules) == (other.name, other.rules)

    def __hash__(self) -> int:
        """Agree with equality."""
        return hash((self.name, self.rules))

    def __repr__(self) -> str:
        """Name it, for a test that fails."""
        return f"Schedule({self.name!r}, {self.zone!r})"

    def elapsed(self, start: int, end: int) -> int:
        """Count the open ms in [start, end); ValueError where the end is before the start."""
        if end < start:
            message = f"the end ({end}) is before the start ({start})"
            raise ValueError(message)
        if self._always:
            return end - start
        year = self._latest  # most questions are about one year, and the same as the last one
        if year is not None and year.begin <= start and end < year.end:
            return year.open_until(end) - year.open_until(start)
        first, last = _year_of(start), _year_of(end)
        before = sum(self._total(number) for number in range(first, last))
        self._latest = self._year(last)
        return before + self._latest.open_until(end) - self._year(first).open_until(start)

    def deadline(self, start: int, active: int) -> int:
        """Find the earliest instant d >= start with elapsed(start, d) == active (R25).

        ScheduleHorizonError where there is none: the schedule does not open that much any more, or
        not before the year 9999. ValueError where `active` is negative.
        """
        if active < 0:
            message = f"active time ({active}) cannot be negative"
            raise ValueError(message)
        if active == 0 or self._always:
            return start + active
        number = _year_of(start)
        year = self._year(number)
        wanted = year.open_until(start) + active
        if wanted > year.total:
            self._must_fit(start, active)
            while wanted > (total := self._total(number)):
                wanted -= total
                number += 1
                self._must_go_on(number)
            year = self._year(number)
        return year.earliest(wanted)

    def is_open(self, instant: int) -> bool:
        """Say whether time counts at the instant; a window's end is closed."""
        return self._always or self._year(_year_of(instant)).is_open(instant)

    def windows(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Give the open windows in [start, end) in order, cut to it, none touching the next."""
        if start >= end:
            return
        if self._always:
            yield start, end
            return
        held: tuple[int, int] | None = None
        for number in range(_year_of(start), _year_of(end) + 1):
            for opens, closes in self._year(number).within(start, end):
                if held is not None and held[1] == opens:  # one window, over New Year
                    held = held[0], closes
                    continue
                if held is not None:
                    yield held
                held = opens, closes
        if held is not None:
            yield held

    def business_days(self, start: int, days: int) -> int:
        """Count the open ms from start to the same local time on the days-th following open day.

        See `business_days_end`.
        """
        return self.elapsed(start, self.business_days_end(start, days))

    def business_days_end(self, start: int, days: int) -> int:
        """Find the same local time on the days-th following open day (R24).

        An open day is a local date on which a window opens. The start's own date never counts.
        Where that time of day comes twice, the second is meant; where it is skipped, the end of the
        gap. Where no time is open until then (Saturday 08:00, and Monday opens at 09:00), the next
        open day is taken, and so on: a target is never nothing.
        """
        if days < 1:
            message = f"business days ({days}) start at 1"
            raise ValueError(message)
        _year_of(start)
        ordinal, ms = local_of(self._zone, start)
        second, ms = divmod(ms, 1000)
        dates = islice(self._open_dates(ordinal), days - 1, None)
        until = start
        while not self.elapsed(start, until):
            until = instant_of(self._zone, next(dates), second, closing=True) + ms
        return until

    def _open_dates(self, ordinal: int) -> Iterator[int]:
        """Give the local dates on which a window opens, in order, after a date (their ordinals)."""
        number = max(date.fromordinal(ordinal).year, FIRST_YEAR)
        while True:
            self._must_go_on(number)
            dates = self._year(number).dates
            yield from dates[bisect_right(dates, ordinal) :]
            number += 1

    def business_days_before(self, instant: int, days: int, start: int) -> int:
        """Find the same local time on the days-th open day before an instant (R24).

        No earlier than the start. Where that time of day comes twice, the first is meant; where it
        is skipped, the end of the gap.
        """
        first, _ = local_of(self._zone, start)
        ordinal, ms = local_of(self._zone, instant)
        while days:
            ordinal -= 1
            if ordinal < first:
                return start
            days -= bool(self.rules.spans(ordinal))
        second, ms = divmod(ms, 1000)
        return max(start, instant_of(self._zone, ordinal, second, closing=False) + ms)

    def day_end(self, start: int, days: int) -> int:
        """Find the last closing on the days-th following open day (R24), with 0 on the start's own.

        An open day is a local date on which a window opens; it ends with its last window, which may
        be on the next date. The start's own day is its date, or the day before while that has not
        ended and the date's own windows have not begun (03:00, and 22:00-06:00 is open). Where the
        own day has no time left (Friday 20:00, Saturday), 0 is the next open day: never nothing.
        """
        if days < 0:
            message = f"the end of a business day ({days}) is not before its start"
            raise ValueError(message)
        _year_of(start)
        ordinal = self._day_of(start)
        if days == 0 and (end := self._end_of(ordinal, start)) > start:
            return end
        return self._end_of(next(islice(self._open_dates(ordinal), max(days, 1) - 1, None)), start)

    def _day_of(self, instant: int) -> int:
        """Give the ordinal of the business day of an instant, open or not; it never goes back."""
        ordinal, _ = local_of(self._zone, instant)
        if instant_of(self._zone, ordinal + 1, 0, closing=False) <= instant:
            ordinal += 1  # clocks went back over midnight: the next date has been there already
        begun = min((opens for opens, _ in self.rules.spans(ordinal)), default=instant + 1)
        return ordinal - (instant < begun and instant < self._end_of(ordinal - 1, instant))

    def _end_of(self, ordinal: int, default: int) -> int:
        """Give the instant by which all windows have closed that opened on a date or before."""
        spans = self.rules.spans(ordinal - 1) + self.rules.spans(ordinal)
        return max((closes for _, closes in spans), default=default)

    def _year(self, number: int) -> Year:
        year = self._years.get(number)
        if year is None:
            year = self._make(number)
            if len(self._years) >= _KEPT:
                del self._years[next(iter(self._years))]
            self._years[number] = year
            self._totals[number] = year.total
        return year

    def _total(self, number: int) -> int:
        total = self._totals.get(number)
        return self._year(number).total if total is None else total

    def _make(self, number: int) -> Year:
        """Resolve the rules for a year of UTC: windows in order, merged, cut to the year."""
        begin, end = _NEW_YEARS[number - FIRST_YEAR], _NEW_YEARS[number - FIRST_YEAR + 1]
        first, last = date(number, 1, 1).toordinal(), date(number, 12, 31).toordinal()
        opened = {day: self.rules.spans(day) for day in range(first - _REACH, last + _REACH + 1)}
        windows: Spans = []
        for span in sorted(span for spans in opened.values() for span in spans):
            opens, closes = max(span[0], begin), min(span[1], end)
            if windows and opens <= windows[-1][1]:
                windows[-1] = windows[-1][0], max(closes, windows[-1][1])
            elif opens < closes:
                windows.append((opens, closes))
        return Year(begin, end, windows, [day for day in range(first, last + 1) if opened[day]])

    def _must_fit(self, start: int, active: int) -> None:
        """Refuse at once what even the busiest years could not hold, before making them all."""
        years = LAST_YEAR + 1 - _year_of(start)
        if active > years * self.rules.capacity()[0]:
            self._out_of_reach(f"{active // 3_600_000} open hours do not fit before the year 9999")

    def _must_go_on(self, year: int) -> None:
        """Stop a search that can find nothing any more."""
        last = self.rules.last_year
        if last is not None and year > last:
            weekly = any(self.rules.hours.days)
            why = "it is closed for good" if weekly else "it has no weekly hours"
            self._out_of_reach(f"{why}, and its exceptions are over")
        if year > LAST_YEAR:
            self._out_of_reach("the deadline would lie beyond the year 9998")

    def _out_of_reach(self, reason: str) -> None:
        message = f"schedule '{self.name}' does not get there: {reason}"
        raise ScheduleHorizonError(message)


def _year_of(instant: int) -> int:
    number = bisect_right(_NEW_YEARS, instant)
    if not 0 < number < len(_NEW_YEARS):
        message = f"instant {instant} is outside the years {FIRST_YEAR} to {LAST_YEAR}"
        raise ScheduleHorizonError(message)
    return number + FIRST_YEAR - 1
