"""How far a schedule reaches, and what it keeps on the way (R23, R25)."""

from __future__ import annotations

from datetime import date

import pytest

from streams.sla.hours import WeeklyHours, parse_window
from streams.sla.instant import format_instant, parse_instant
from streams.sla.rules import Special
from streams.sla.schedule import Schedule, ScheduleHorizonError, _Year

HOUR = 3_600_000
OFFICE = WeeklyHours.of({"mon-fri": ["09:00-17:00"]})
OVER = "schedule 'x' does not get there: it has no weekly hours, and its exceptions are over"
BEYOND = "schedule 'x' does not get there: the deadline would lie beyond the year 9998"


def once(first: date, last: date, hours: str, zone: str = "UTC") -> Schedule:
    """Make a schedule that opens on these dates only."""
    special = Special(first, last, (parse_window(hours),))
    return Schedule("x", zone, WeeklyHours(), exceptions=(special,))


def refused(asked: Schedule, start: str, active: int) -> str:
    """Ask for a deadline that there is none of; give the reason."""
    with pytest.raises(ScheduleHorizonError) as told:
        asked.deadline(parse_instant(start), active)
    return str(told.value)


class Counting(Schedule):
    """A schedule that writes down which years it makes."""

    made: list[int]

    def _make(self, number: int) -> _Year:
        self.made.append(number)
        return super()._make(number)


def test_exceptions_alone_make_a_schedule_that_ends() -> None:
    """R25: a deadline beyond its last window says so at once."""
    asked = once(date(2026, 1, 5), date(2026, 1, 6), "09:00-10:00")
    start = "2026-01-01T00:00:00Z"
    assert asked.deadline(parse_instant(start), 2 * HOUR) == parse_instant("2026-01-06T10:00:00Z")
    assert refused(asked, start, 2 * HOUR + 1) == OVER
    assert refused(asked, "2031-01-01T00:00:00Z", 1) == OVER
    with pytest.raises(ScheduleHorizonError, match="exceptions are over"):
        asked.business_days(parse_instant("2026-02-01T00:00:00Z"), 1)


def test_the_last_window_of_exceptions_alone_may_end_in_the_next_year_of_utc() -> None:
    """R25: the last evening of the year in New York is the next year's first morning in UTC."""
    asked = once(date(2026, 12, 31), date(2026, 12, 31), "17:00-24:00", "America/New_York")
    start = "2026-06-01T00:00:00Z"
    assert asked.deadline(parse_instant(start), 7 * HOUR) == parse_instant("2027-01-01T05:00:00Z")
    assert refused(asked, start, 7 * HOUR + 1) == OVER


def test_a_deadline_may_lie_in_the_last_year_and_no_further() -> None:
    """R23: any year that a ticket can reach, and no traceback beyond."""
    asked = Schedule("x", "UTC", OFFICE)
    assert (
        format_instant(asked.deadline(parse_instant("9997-12-31T16:00:00Z"), 2 * HOUR))
        == "9998-01-01T10:00:00Z"
    )
    late = parse_instant("9998-12-31T12:00:00Z")
    assert asked.deadline(late, 5 * HOUR) == late + 5 * HOUR
    assert list(asked.windows(late, late + HOUR)) == [(late, late + HOUR)]
    assert refused(asked, "9998-12-31T12:00:00Z", 5 * HOUR + 1) == BEYOND
    with pytest.raises(ScheduleHorizonError, match="beyond the year 9998"):
        asked.business_days(late, 1)


def test_what_even_the_busiest_years_could_not_hold_is_refused_before_they_are_made() -> None:
    """R25: the bound is a year's capacity, for each year that is left."""
    asked = Counting("x", "UTC", OFFICE)
    asked.made = []
    start, most = "9990-06-01T00:00:00Z", 9 * (53 * 40 + 24)
    assert refused(asked, start, most * HOUR + 1) == (
        f"schedule 'x' does not get there: {most} open hours do not fit before the year 9999"
    )
    assert asked.made == [9990]
    assert refused(asked, start, most * HOUR) == BEYOND


def test_an_instant_that_no_year_holds_is_refused_and_the_one_beside_it_is_not() -> None:
    """R23: the years 2 to 9998 of UTC."""
    asked = Schedule("x", "UTC", OFFICE)
    first, after = parse_instant("0002-01-01T00:00:00Z"), parse_instant("9999-01-01T00:00:00Z")
    assert asked.elapsed(first, first + 24 * HOUR) == 8 * HOUR  # a Tuesday
    assert not asked.is_open(after - 1)
    for outside in (first - 1, after):
        with pytest.raises(ScheduleHorizonError) as told:
            asked.is_open(outside)
        assert str(told.value) == f"instant {outside} is outside the years 2 to 9998"
        with pytest.raises(ScheduleHorizonError, match="outside the years"):
            asked.business_days(outside, 1)


def test_years_are_made_when_a_ticket_reaches_them_and_what_they_hold_is_kept() -> None:
    """R25: windows are kept of 64 years, the sum of every year, so that memory stays bounded."""
    asked = Counting("x", "UTC", WeeklyHours.of({"mon": ["09:00-10:00"]}))
    asked.made = []
    start = parse_instant("2026-01-01T00:00:00Z")
    far = asked.deadline(start, 52 * 80 * HOUR)
    assert format_instant(far)[:4] == "2105"
    assert asked.made == list(range(2026, 2106))
    assert sorted(asked._years) == list(range(2042, 2106))
    assert asked.elapsed(start, far) == 52 * 80 * HOUR
    assert asked.made[80:] == [2026]
    assert len(asked._years) == 64
    assert asked.elapsed(start, far) == 52 * 80 * HOUR
    assert asked.made[81:] == []


def test_rules_of_a_year_are_resolved_a_few_dates_beyond_it() -> None:
    """R22: windows over New Year, in the zones that are furthest ahead of UTC and behind it."""
    evening = WeeklyHours.of({"mon-sun": ["23:00-22:00"]})
    for zone, closed_from in (("Pacific/Kiritimati", 8), ("Pacific/Pago_Pago", 9)):
        asked = Schedule("x", zone, evening)
        new_year = parse_instant("2026-01-01T00:00:00Z")
        shut = new_year + closed_from * HOUR
        spans = list(asked.windows(new_year, new_year + 24 * HOUR))
        assert spans == [(new_year, shut), (shut + HOUR, new_year + 24 * HOUR)]
        assert asked.elapsed(new_year - 24 * HOUR, new_year + 24 * HOUR) == 46 * HOUR
