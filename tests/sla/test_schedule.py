"""A schedule by example: hours, clock changes, holidays, exceptions, business days (R22-R25)."""

from __future__ import annotations

from datetime import date

import pytest

from streams.sla.holidays_ import Holidays
from streams.sla.hours import WeeklyHours, parse_window
from streams.sla.instant import format_instant, parse_instant
from streams.sla.misread import Misread
from streams.sla.rules import Rules, Special
from streams.sla.schedule import Schedule

HOUR = 3_600_000
OFFICE = WeeklyHours.of({"mon-fri": ["09:00-17:00"]})


def schedule(
    zone: str, hours: dict[str, list[str]], *exceptions: Special, off: Holidays | None = None
) -> Schedule:
    """Make a schedule of texts."""
    return Schedule("office", zone, WeeklyHours.of(hours), off, exceptions)


def special(
    first: str, last: str | None = None, *, hours: list[str] | None = None, closed: str = ""
) -> Special:
    """Make an exception of texts."""
    return Special(
        date.fromisoformat(first),
        date.fromisoformat(last or first),
        None if hours is None else tuple(parse_window(text) for text in hours),
        (parse_window(closed),) if closed else (),
    )


def open_between(asked: Schedule, start: str, end: str) -> list[str]:
    """Show the open windows of a span."""
    spans = asked.windows(parse_instant(start), parse_instant(end))
    return [f"{format_instant(opens)} {format_instant(closes)}" for opens, closes in spans]


def deadline(asked: Schedule, start: str, hours: float) -> str:
    """Ask for a deadline in texts."""
    return format_instant(asked.deadline(parse_instant(start), int(hours * HOUR)))


def test_a_deadline_at_the_end_of_a_window_is_that_end() -> None:
    """R25: the earliest instant that fits, not the next opening."""
    asked = schedule("UTC", {"mon-fri": ["09:00-17:00"]})
    assert deadline(asked, "2026-03-27T09:00:00Z", 8) == "2026-03-27T17:00:00Z"
    assert deadline(asked, "2026-03-27T16:59:00Z", 0.5) == "2026-03-30T09:29:00Z"


def test_no_active_time_is_due_at_once_also_while_closed() -> None:
    """R25: the earliest instant with nothing elapsed is the start itself."""
    asked = schedule("UTC", {"mon-fri": ["09:00-17:00"]})
    assert deadline(asked, "2026-03-28T12:00:00Z", 0) == "2026-03-28T12:00:00Z"


def test_a_window_over_midnight_belongs_to_the_day_on_which_it_opens() -> None:
    """R22."""
    asked = schedule("Europe/Paris", {"fri": ["22:00-06:00"]})
    week = ("2026-01-05T00:00:00Z", "2026-01-12T00:00:00Z")
    assert open_between(asked, *week) == ["2026-01-09T21:00:00Z 2026-01-10T05:00:00Z"]


def test_a_window_over_midnight_stays_open_into_a_holiday_and_none_opens_on_it() -> None:
    """R22, R23: a holiday closes the windows that open on its date."""
    off = Holidays(add=frozenset({date(2026, 1, 6)}))
    asked = schedule("UTC", {"mon-wed": ["22:00-06:00"]}, off=off)
    assert open_between(asked, "2026-01-05T00:00:00Z", "2026-01-09T00:00:00Z") == [
        "2026-01-05T22:00:00Z 2026-01-06T06:00:00Z",
        "2026-01-07T22:00:00Z 2026-01-08T06:00:00Z",
    ]


def test_windows_that_overlap_count_once() -> None:
    """R22: last night's window and this morning's are one."""
    asked = schedule("UTC", {"mon": ["22:00-09:00"], "tue": ["08:00-12:00"]})
    assert open_between(asked, "2026-01-05T00:00:00Z", "2026-01-07T00:00:00Z") == [
        "2026-01-05T22:00:00Z 2026-01-06T12:00:00Z"
    ]


def test_a_window_over_new_year_is_one_window() -> None:
    """R33: how windows are kept does not show."""
    asked = schedule("UTC", {"mon-sun": ["00:00-24:00"]}, off=Holidays(add=frozenset({date.min})))
    assert open_between(asked, "2025-06-01T00:00:00Z", "2027-06-01T00:00:00Z") == [
        "2025-06-01T00:00:00Z 2027-06-01T00:00:00Z"
    ]


def test_windows_before_and_after_new_year_are_apart() -> None:
    """R33: only the one over New Year is put together, and the year goes on."""
    asked = schedule("UTC", {"mon-sun": ["20:00-04:00"]})
    assert open_between(asked, "2025-12-30T12:00:00Z", "2026-01-02T12:00:00Z") == [
        "2025-12-30T20:00:00Z 2025-12-31T04:00:00Z",
        "2025-12-31T20:00:00Z 2026-01-01T04:00:00Z",
        "2026-01-01T20:00:00Z 2026-01-02T04:00:00Z",
    ]


def test_an_opening_that_does_not_exist_shifts_to_the_end_of_the_gap() -> None:
    """R22: 02:30 on the night on which the clocks go from 02:00 to 03:00."""
    asked = schedule("Europe/Paris", {"sun": ["02:30-05:00"]})
    assert open_between(asked, "2026-03-28T00:00:00Z", "2026-03-30T00:00:00Z") == [
        "2026-03-29T01:00:00Z 2026-03-29T03:00:00Z"
    ]


def test_a_window_within_the_gap_does_not_open() -> None:
    """R22: nor is the day an open day."""
    asked = schedule("Europe/Paris", {"sun": ["02:10-02:50"]})
    assert open_between(asked, "2026-03-28T00:00:00Z", "2026-03-30T00:00:00Z") == []
    assert asked.rules.spans(date(2026, 3, 29).toordinal()) == []


def test_of_times_that_come_twice_openings_take_the_first_and_closings_the_second() -> None:
    """R22: 02:15 to 02:45 on the night on which the clocks go back is an hour and a half."""
    asked = schedule("Europe/Paris", {"sun": ["02:15-02:45"]})
    assert open_between(asked, "2026-10-24T00:00:00Z", "2026-10-26T00:00:00Z") == [
        "2026-10-25T00:15:00Z 2026-10-25T01:45:00Z"
    ]


def test_a_date_that_never_was_has_no_hours() -> None:
    """R22: Samoa went from 29 to 31 December 2011."""
    asked = schedule("Pacific/Apia", {"mon-sun": ["09:00-17:00"]})
    assert open_between(asked, "2011-12-29T12:00:00Z", "2012-01-01T00:00:00Z") == [
        "2011-12-29T19:00:00Z 2011-12-30T03:00:00Z",
        "2011-12-30T19:00:00Z 2011-12-31T03:00:00Z",
        "2011-12-31T19:00:00Z 2012-01-01T00:00:00Z",
    ]


def test_exceptions_win_over_hours_and_holidays() -> None:
    """R23: they replace the day's hours, also those of a holiday."""
    asked = schedule(
        "UTC",
        {"mon-fri": ["09:00-17:00"]},
        special("2026-05-01", hours=["10:00-12:00"]),
        special("2026-05-04", hours=[]),
        special("2026-05-09", hours=["08:00-09:00"]),
        off=Holidays("FR"),
    )
    assert open_between(asked, "2026-05-01T00:00:00Z", "2026-05-10T00:00:00Z") == [
        "2026-05-01T10:00:00Z 2026-05-01T12:00:00Z",
        "2026-05-05T09:00:00Z 2026-05-05T17:00:00Z",
        "2026-05-06T09:00:00Z 2026-05-06T17:00:00Z",
        "2026-05-07T09:00:00Z 2026-05-07T17:00:00Z",  # the 8th is a holiday
        "2026-05-09T08:00:00Z 2026-05-09T09:00:00Z",
    ]


def test_of_exceptions_for_a_day_the_later_ones_hours_hold() -> None:
    """R23: so that a day can be taken out of a closed fortnight."""
    asked = schedule(
        "UTC",
        {"mon-fri": ["09:00-17:00"]},
        special("2026-08-01", "2026-08-15", hours=[]),
        special("2026-08-05", hours=["09:00-10:00"]),
    )
    assert open_between(asked, "2026-08-01T00:00:00Z", "2026-08-16T00:00:00Z") == [
        "2026-08-05T09:00:00Z 2026-08-05T10:00:00Z"
    ]


def test_a_closed_part_of_a_day_is_cut_out_of_whatever_is_open_then() -> None:
    """R23: also out of last night's window; it may pass midnight itself."""
    asked = schedule(
        "UTC",
        {"mon-fri": ["20:00-04:00"]},
        special("2026-01-06", closed="01:00-02:00"),
        special("2026-01-07", closed="23:00-01:00"),
    )
    assert open_between(asked, "2026-01-05T12:00:00Z", "2026-01-08T12:00:00Z") == [
        "2026-01-05T20:00:00Z 2026-01-06T01:00:00Z",
        "2026-01-06T02:00:00Z 2026-01-06T04:00:00Z",
        "2026-01-06T20:00:00Z 2026-01-07T04:00:00Z",
        "2026-01-07T20:00:00Z 2026-01-07T23:00:00Z",
        "2026-01-08T01:00:00Z 2026-01-08T04:00:00Z",
    ]


def test_holidays_follow_the_country_and_the_subdivision_into_any_year() -> None:
    """R23: Epiphany is off in Bavaria, not in Berlin; observed days count."""
    epiphany = ("2026-01-06T00:00:00Z", "2026-01-07T00:00:00Z")
    bavaria = schedule("Europe/Berlin", {"mon-fri": ["09:00-17:00"]}, off=Holidays("DE", "BY"))
    berlin = schedule("Europe/Berlin", {"mon-fri": ["09:00-17:00"]}, off=Holidays("DE", "BE"))
    assert open_between(bavaria, *epiphany) == []
    assert len(open_between(berlin, *epiphany)) == 1
    american = schedule("UTC", {"mon-fri": ["09:00-17:00"]}, off=Holidays("US"))
    observed = ("2021-12-31T00:00:00Z", "2022-01-01T00:00:00Z")
    assert open_between(american, *observed) == []
    beyond = ("2400-01-03T00:00:00Z", "2400-01-08T00:00:00Z")
    assert len(open_between(bavaria, *beyond)) == 5


def test_a_schedule_that_never_opens_is_refused_with_the_reason() -> None:
    """R25."""
    with pytest.raises(Misread, match="never opens"):
        schedule("UTC", {})
    with pytest.raises(Misread, match="never opens"):
        schedule("UTC", {}, special("2026-01-01", hours=[]))
    with pytest.raises(Misread, match="never opens"):
        schedule(
            "UTC",
            {},
            special("2026-01-01", hours=["09:00-10:00"]),
            special("2026-01-01", closed="08:00-11:00"),
        )


def test_a_zone_that_does_not_exist_is_refused() -> None:
    """R22: an IANA zone."""
    for name in ("Europe/Pariss", "Europe", "../etc/passwd", "", "CEST+2"):
        with pytest.raises(Misread, match="not a time zone"):
            schedule(name, {"mon": ["09:00-17:00"]})


def test_around_the_clock_is_addition_and_has_no_horizon() -> None:
    """R24: `24h` on `24x7` is calendar time."""
    always = Schedule.always()
    assert (always.name, always.zone, Schedule.always("day and night").name) == (
        "24x7",
        "UTC",
        "day and night",
    )
    assert always.deadline(-(10**18), 10**17) == -9 * 10**17
    assert always.elapsed(0, 10**18) == 10**18
    assert always.is_open(10**18)
    assert list(always.windows(3, 7)) == [(3, 7)]
    assert list(always.windows(7, 7)) == []


def test_every_whole_day_of_the_week_is_around_the_clock_too() -> None:
    """R22: "00:00-24:00" is a whole day, in any zone, whatever its clocks do."""
    asked = schedule("Europe/Paris", {"mon-sun": ["00:00-24:00"]})
    assert asked.deadline(0, 10**17) == 10**17
    shut = schedule("Europe/Paris", {"mon-sun": ["00:00-24:00"]}, off=Holidays("FR"))
    assert shut.elapsed(0, 366 * 24 * HOUR) < 366 * 24 * HOUR


def test_an_end_before_the_start_and_a_negative_amount_are_refused() -> None:
    """R25: time does not run backwards."""
    asked = schedule("UTC", {"mon-fri": ["09:00-17:00"]})
    with pytest.raises(ValueError, match="before the start"):
        asked.elapsed(1, 0)
    with pytest.raises(ValueError, match="negative"):
        asked.deadline(0, -1)
    with pytest.raises(ValueError, match="start at 1"):
        asked.business_days(0, 0)


def test_two_business_days_end_at_the_same_local_time_on_the_second_open_day() -> None:
    """R24: Friday 16:00 in Paris, over the change of the clocks, is Tuesday 16:00 in Paris."""
    asked = schedule("Europe/Paris", {"mon-fri": ["09:00-17:00"]})
    start = parse_instant("2026-03-27T15:00:00Z")
    active = asked.business_days(start, 2)
    assert active == (1 + 8 + 7) * HOUR
    assert format_instant(asked.deadline(start, active)) == "2026-03-31T14:00:00Z"


def test_business_days_skip_holidays_and_count_the_days_that_exceptions_open() -> None:
    """R24: an open day is a local date on which a window opens."""
    asked = schedule(
        "UTC",
        {"mon-fri": ["09:00-17:00"]},
        special("2026-01-03", hours=["10:00-12:00"]),
        off=Holidays(add=frozenset({date(2026, 1, 2), date(2026, 1, 5)})),
    )
    start = parse_instant("2026-01-01T12:00:00Z")
    assert asked.business_days(start, 1) == (5 + 2) * HOUR  # Saturday 12:00
    assert asked.business_days(start, 2) == (5 + 2 + 3) * HOUR  # Tuesday 12:00


def test_business_days_go_on_over_new_year_which_may_be_an_open_day() -> None:
    """R24: from 30 December on, every date of both years is one."""
    asked = schedule("Europe/Paris", {"mon-sun": ["09:00-17:00"]})
    start = parse_instant("2025-12-30T12:00:00Z")
    ends = [format_instant(asked.business_days_end(start, days)) for days in (1, 2, 3)]
    assert ends == ["2025-12-31T12:00:00Z", "2026-01-01T12:00:00Z", "2026-01-02T12:00:00Z"]


def test_business_days_that_would_be_no_time_go_on_to_the_next_open_day() -> None:
    """R24: from Saturday 08:00, Monday 08:00 is before its opening, so Tuesday 08:00 it is."""
    asked = schedule("UTC", {"mon-fri": ["09:00-17:00"]})
    assert asked.business_days(parse_instant("2026-01-03T08:00:00Z"), 1) == 8 * HOUR


def test_business_days_around_the_clock_follow_the_local_clock() -> None:
    """R24: the same local time, so 47 hours where the clocks go forward."""
    paris = Schedule.always("always", "Europe/Paris")
    start = parse_instant("2026-03-28T12:00:00.250Z")
    assert paris.business_days(start, 2) == 47 * HOUR
    assert paris.business_days(start + 36 * HOUR, 2) == 48 * HOUR  # right after the change
    assert Schedule.always().business_days(start, 2) == 48 * HOUR


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-10-24T00:30:00.250Z", "2026-10-25T01:30:00.250Z"),  # 02:30 comes twice
        ("2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z"),  # 02:30 is skipped
    ],
)
def test_business_days_that_end_in_a_change_of_clocks_end_late(start: str, end: str) -> None:
    """R24: at the second of two, and where there is none at the end of the gap."""
    paris = Schedule.always("always", "Europe/Paris")
    assert format_instant(paris.business_days_end(parse_instant(start), 1)) == end


def test_schedules_are_equal_when_they_say_the_same() -> None:
    """R17: whether a policy's schedule changed is a question of what it says."""
    one, two = (schedule("UTC", {"mon-fri": ["09:00-17:00"]}) for _ in range(2))
    one.elapsed(0, 10**12)
    assert one == two
    assert hash(one) == hash(two)
    other = schedule("UTC", {"mon": ["09:00-17:00"]})
    assert one != other
    assert hash(one) != hash(other)
    assert one != "office"
    assert repr(one) == "Schedule('office', 'UTC')"


def test_a_year_holds_no_more_than_its_capacity() -> None:
    """R25: the bound by which an unreachable deadline is refused early holds for every year."""
    ranged = special("2026-01-01", "2027-12-31", hours=["00:00-12:00"])
    shut = special("2026-03-01", closed="09:00-10:00")
    for rules in (
        Rules("Europe/Paris", WeeklyHours.of({"sat,sun": ["00:00-24:00"]})),
        Rules("Antarctica/Troll", WeeklyHours.of({"sun": ["01:00-04:00"]})),
        Rules("UTC", WeeklyHours.of({"mon": ["09:00-10:00"]}), Holidays(), (ranged, shut)),
    ):
        ms, days = rules.capacity()
        for year in range(2024, 2030):
            ordinals = range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())
            spans = [rules.spans(ordinal) for ordinal in ordinals]
            assert sum(c - o for day in spans for o, c in day) <= ms
            assert sum(bool(day) for day in spans) <= days


def test_a_deadline_may_take_all_that_is_left_of_a_year_to_the_millisecond() -> None:
    """R25: the earliest instant is the end of the year's last window, not the next year's first."""
    evenings = Schedule("evenings", "UTC", WeeklyHours.of({"mon-sun": ["12:00-24:00"]}))
    start = 1_703_980_800_000  # 2023-12-31T00:00:00Z
    end_of_2025 = 1_767_225_600_000
    active = evenings.elapsed(start, end_of_2025)
    assert evenings.deadline(start, active) == end_of_2025
    assert evenings.deadline(start, active + 1) == end_of_2025 + 12 * 3_600_000 + 1


def test_a_window_is_open_at_its_opening_and_closed_at_its_end() -> None:
    """R22: windows are half-open."""
    noon = Schedule("noon", "UTC", WeeklyHours.of({"mon-sun": ["12:00-13:00"]}))
    opens = 12 * 3_600_000
    instants = (opens - 1, opens, opens + 3_599_999, opens + 3_600_000)
    assert [noon.is_open(at) for at in instants] == [False, True, True, False]


def test_windows_that_touch_are_one() -> None:
    """R22: a window to midnight and the next day's from midnight are one, as to whoever looks."""
    both = Schedule("both", "UTC", WeeklyHours.of({"mon": ["20:00-24:00"], "tue": ["00:00-04:00"]}))
    monday = 4 * 86_400_000
    assert list(both.windows(monday, monday + 2 * 86_400_000)) == [
        (monday + 20 * 3_600_000, monday + 28 * 3_600_000)
    ]
