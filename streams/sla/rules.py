"""What a schedule says in local time, resolved one local date at a time (R22, R23).

- A window belongs to the date of its opening. A holiday, or an exception with `hours`, speaks for
  the windows that open on its date; what passes midnight into it from the day before stays open.
- `closed` spans of an exception close what they cover, whichever date's window it is.
- Where exceptions name the same date, the later one's `hours` hold; `closed` spans add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from zoneinfo import ZoneInfo

from streams.sla.holidays_ import Holidays
from streams.sla.hours import WeeklyHours, Window
from streams.sla.misread import Misread
from streams.sla.zone import DAY, instant_of, parse_zone

Spans = list[tuple[int, int]]
"""Half-open spans of instants, in ms UTC."""

_YEAR_DAYS, _YEAR_WEEKS = 366, 53


@dataclass(frozen=True, slots=True)
class Special:
    """An exception: from `first` to `last` these hours (None: the usual), closed in those spans."""

    first: date
    last: date
    hours: tuple[Window, ...] | None = None
    closed: tuple[Window, ...] = ()


@dataclass(frozen=True)
class Rules:
    """Weekly hours in a zone, minus holidays, with exceptions. Equal where they say the same."""

    zone: str
    hours: WeeklyHours
    holidays: Holidays = Holidays()  # noqa: RUF009  # frozen
    exceptions: tuple[Special, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an unknown zone, and rules by which nothing ever opens (R25), as Misread."""
        self._tz  # noqa: B018  # an unknown zone speaks up here
        if any(self.hours.days) or any(
            self.spans(day)
            for special in self.exceptions
            if special.hours
            for day in range(special.first.toordinal(), special.last.toordinal() + 1)
        ):
            return
        what = "never opens: no day has hours, and no exception opens one"
        raise Misread(what, "give it hours, for example mon-fri: [09:00-17:00]")

    @property
    def always(self) -> bool:
        """Say whether no instant is ever closed."""
        days_off = self.holidays.country is not None or bool(self.holidays.add)
        return self.hours.always and not days_off and not self.exceptions

    @cached_property
    def last_year(self) -> int | None:
        """Name the last year that may have hours; None where there are some every week."""
        if any(self.hours.days):
            return None
        return max(special.last.year for special in self.exceptions if special.hours) + 1

    def spans(self, ordinal: int) -> Spans:
        """Give the windows that open on a local date (its ordinal), closures taken out.

        A window without length, such as one in a gap of the zone, is none.
        """
        day = date.fromordinal(ordinal)
        days_off, specials = self._of(day.year)
        hours, closures, off = self.hours.days[day.weekday()], Spans(), day in days_off
        for special in specials:
            if special.hours is not None and special.first <= day <= special.last:
                hours, off = special.hours, False
            if special.closed:
                closures += self._closures(special, ordinal)
        if off:
            return []
        spans = [span for window in hours if (span := self._span(ordinal, window))]
        return without(spans, closures)

    def capacity(self) -> tuple[int, int]:
        """Bound what a year can hold: open ms, and days on which a window opens."""
        days = sum(bool(windows) for windows in self.hours.days) * _YEAR_WEEKS
        seconds = self.hours.seconds * _YEAR_WEEKS + DAY  # a day for clocks that go back
        for special in self.exceptions:
            if special.hours:
                dates = min((special.last - special.first).days + 1, _YEAR_DAYS)
                days += dates
                seconds += dates * sum(window.closes - window.opens for window in special.hours)
        return min(seconds, _YEAR_DAYS * DAY) * 1000, min(days, _YEAR_DAYS)

    @cached_property
    def _tz(self) -> ZoneInfo:
        return parse_zone(self.zone)

    @cached_property
    def _years(self) -> dict[int, tuple[frozenset[date], tuple[Special, ...]]]:
        return {}

    def _of(self, year: int) -> tuple[frozenset[date], tuple[Special, ...]]:
        """Narrow holidays and exceptions to those that can touch a date of the year."""
        narrowed = self._years.get(year)
        if narrowed is None:
            specials = (s for s in self.exceptions if s.first.year - 1 <= year <= s.last.year + 1)
            narrowed = self._years[year] = self.holidays.of(year), tuple(specials)
        return narrowed

    def _span(self, ordinal: int, window: Window) -> tuple[int, int] | None:
        opens = instant_of(self._tz, ordinal, window.opens, closing=False)
        closes = instant_of(self._tz, ordinal, window.closes, closing=True)
        return (opens, closes) if opens < closes else None

    def _closures(self, special: Special, ordinal: int) -> Spans:
        """Give the closed spans that may touch a window that opens on the date."""
        first = max(special.first.toordinal(), ordinal - 1)
        last = min(special.last.toordinal(), ordinal + 1)
        return [
            span
            for day in range(first, last + 1)
            for window in special.closed
            if (span := self._span(day, window))
        ]


def without(spans: Spans, closures: Spans) -> Spans:
    """Take closures out of spans; what is left is in order."""
    for from_, to in closures:
        spans = [
            (begin, end)
            for opens, closes in spans
            for begin, end in ((opens, min(closes, from_)), (max(opens, to), closes))
            if begin < end
        ]
    return spans
