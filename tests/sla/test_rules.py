"""What a schedule says in local time, at the edges (R22, R23, R25)."""

from __future__ import annotations

from datetime import date

import pytest

from streams.sla.holidays_ import Holidays
from streams.sla.hours import WeeklyHours, parse_window
from streams.sla.misread import Misread
from streams.sla.rules import Rules, Special, without

HOUR = 3_600_000
NEVER = (
    "never opens: no day has hours, and no exception opens one; "
    "fix: give it hours, for example mon-fri: [09:00-17:00]"
)


def special(
    first: date, last: date | None = None, *, hours: str | None = None, closed: str = ""
) -> Special:
    """Make an exception of texts."""
    return Special(
        first,
        last or first,
        None if hours is None else (parse_window(hours),),
        (parse_window(closed),) if closed else (),
    )


def opened(rules: Rules, day: date) -> list[tuple[float, float]]:
    """Give the windows of a date, in hours after its midnight UTC."""
    midnight = (day.toordinal() - date(1970, 1, 1).toordinal()) * 24 * HOUR
    return [
        ((opens - midnight) / HOUR, (closes - midnight) / HOUR)
        for opens, closes in rules.spans(day.toordinal())
    ]


def test_rules_by_which_nothing_opens_are_refused_with_the_fix() -> None:
    """R25: also where an exception that is always closed runs to the last date there is."""
    shut = special(date(9999, 12, 30), date.max, hours="09:00-10:00", closed="08:00-11:00")
    for exceptions in ((), (shut,)):
        with pytest.raises(Misread) as refused:
            Rules("UTC", WeeklyHours(), Holidays(), exceptions)
        assert str(refused.value) == NEVER


def test_an_exception_opens_all_its_days_and_no_other() -> None:
    """R23: the first and the last are among them."""
    rules = Rules(
        "UTC",
        WeeklyHours(),
        exceptions=(special(date(2026, 1, 5), date(2026, 1, 7), hours="09:00-10:00"),),
    )
    said = [opened(rules, date(2026, 1, day)) for day in range(4, 9)]
    assert said == [[], [(9, 10)], [(9, 10)], [(9, 10)], []]


@pytest.mark.parametrize(
    ("closed_on", "closed", "opens_on", "left"),
    [
        # New Year's closure cuts the window that opened on the last day of the year before.
        (date(2027, 1, 1), "01:00-02:00", date(2026, 12, 31), [(22, 25), (26, 30)]),
        # One that passes midnight cuts the first window of the new year, if it lasts till then.
        (date(2026, 12, 31), "23:00-22:30", date(2027, 1, 1), [(22.5, 30)]),
        (date(2026, 12, 31), "23:00-22:00", date(2027, 1, 1), [(22, 30)]),
        (date(2026, 12, 31), "22:00-06:00", date(2026, 12, 31), []),
        (date(2026, 12, 31), "21:00-23:00", date(2026, 12, 31), [(23, 30)]),
    ],
)
def test_a_closure_cuts_the_windows_of_the_dates_beside_it_over_new_year_too(
    closed_on: date, closed: str, opens_on: date, left: list[tuple[float, float]]
) -> None:
    """R23: whichever date's window it is."""
    rules = Rules(
        "UTC",
        WeeklyHours.of({"mon-sun": ["22:00-06:00"]}),
        exceptions=(special(closed_on, closed=closed),),
    )
    assert opened(rules, opens_on) == left


def test_a_closure_of_exactly_the_hours_leaves_no_window() -> None:
    """R24: so the date is no open day."""
    assert without([(9, 17)], [(9, 17)]) == []
    assert without([(9, 17)], [(9, 12), (12, 17)]) == []
    assert without([(9, 17)], [(17, 18), (8, 9)]) == [(9, 17)]
    assert without([(9, 17), (18, 20)], [(16, 19)]) == [(9, 16), (19, 20)]


def test_the_capacity_counts_every_week_and_every_day_of_every_exception() -> None:
    """R25: 53 weeks, a day for clocks that go back, and what exceptions open; never over a year."""
    mondays = WeeklyHours.of({"mon": ["09:00-10:00"]})
    short = special(date(2026, 1, 1), date(2026, 1, 3), hours="08:00-10:00")
    shut = special(date(2026, 3, 1), closed="09:00-10:00")
    long = special(date(2026, 1, 1), date(2029, 12, 31), hours="00:00-12:00")
    assert Rules("UTC", mondays).capacity() == ((53 + 24) * HOUR, 53)
    with_short = Rules("UTC", mondays, exceptions=(short, shut, short))
    assert with_short.capacity() == ((53 + 24 + 2 * 3 * 2) * HOUR, 53 + 2 * 3)
    with_long = Rules("UTC", mondays, exceptions=(long,))
    assert with_long.capacity() == ((53 + 24 + 366 * 12) * HOUR, 366)
    assert Rules("UTC", mondays, exceptions=(long,) * 3).capacity() == (366 * 24 * HOUR, 366)


def test_the_last_year_of_exceptions_alone_is_one_after_them() -> None:
    """R25: for what passes New Year; weekly hours never end."""
    early = special(date(2026, 1, 1), date(2029, 1, 3), hours="08:00-10:00")
    late = special(date(2027, 1, 1), hours="08:00-10:00")
    shut = special(date(2040, 1, 1), hours=None, closed="08:00-10:00")
    assert Rules("UTC", WeeklyHours(), exceptions=(early, late, shut)).last_year == 2030
    assert Rules("UTC", WeeklyHours.of({"mon": ["09:00-10:00"]})).last_year is None


def test_what_can_touch_a_year_is_found_once() -> None:
    """R23: a schedule asks for the holidays of a year as often as there are days in it."""
    rules = Rules("UTC", WeeklyHours.of({"mon": ["09:00-10:00"]}), Holidays("FR"))
    assert rules._of(2026) is rules._of(2026)
    assert rules._of(2026) != rules._of(2027)


def test_rules_say_whether_they_are_ever_closed() -> None:
    """R24: only what never closes is calendar time; exceptions are not looked into."""
    day = frozenset({date(2026, 5, 25)})
    whole, short = (WeeklyHours.of({"mon-sun": [f"00:00-{end}"]}) for end in ("24:00", "23:59"))
    assert Rules("Europe/Paris", whole).always
    assert Rules("Europe/Paris", whole, Holidays(remove=day)).always
    assert not Rules("Europe/Paris", short).always
    assert not Rules("Europe/Paris", whole, Holidays("FR")).always
    assert not Rules("Europe/Paris", whole, Holidays(add=day)).always
    extra = special(date(2026, 5, 25), hours="00:00-24:00")
    assert not Rules("Europe/Paris", whole, exceptions=(extra,)).always
