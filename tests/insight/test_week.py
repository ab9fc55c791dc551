"""The week by its hours, on counts that anyone can follow."""

from __future__ import annotations

import pytest

from streams.insight.week import Flow, Hour, week
from streams.sla.hours import WeeklyHours
from streams.sla.schedule import Schedule
from tests.scenario import instant

OFFICE = Schedule("office", "Europe/Paris", WeeklyHours.of({"mon-fri": ["09:00-17:00"]}))
MONDAY = instant("Mon", None, "00:00")
NEXT = instant("Mon", "1", "00:00")
MINUTE = 60_000


def flow(started: list[int], ended: list[int], **told: list[int]) -> Flow:
    """Make a flow of tickets that come as cycles start."""
    return Flow(
        tickets=told.get("tickets", started),
        messages=told.get("messages", []),
        started=started,
        ended=ended,
        kept=told.get("kept", []),
        broken=told.get("broken", []),
    )


def times(day: str, hour: str, count: int, weeks: str | None = None) -> list[int]:
    """Give so many instants in an hour."""
    first = instant(day, weeks, hour)
    return [first + MINUTE * number for number in range(count)]


def at(found: tuple[Hour, ...], day: int, hour: int) -> Hour:
    """Give an hour of the week."""
    return found[24 * day + hour]


def test_what_comes_is_done_and_waits_stands_in_its_hour() -> None:
    """R32: local hours; the queue is what is open at the end of the hour."""
    told = flow(
        times("Mon", "09:00", 8), times("Mon", "10:00", 3), messages=times("Tue", "11:30", 2)
    )
    hours = week("first_response", OFFICE, told, MONDAY, NEXT).hours
    nine, ten = at(hours, 0, 9), at(hours, 0, 10)
    assert (nine.tickets, nine.come, nine.done, nine.queue) == (8, 8, 0, 8)
    assert (ten.come, ten.done, ten.queue) == (0, 3, 5)
    assert at(hours, 1, 11).messages == 2
    assert at(hours, 6, 23).queue == 5
    assert at(hours, 0, 8).queue == 0


def test_the_queue_outruns_the_team_where_more_comes_than_is_done_while_time_counts() -> None:
    """R32: hours in a row are one stretch; at night nobody is outrun, nor by two more than one."""
    started = times("Mon", "09:00", 30) + times("Mon", "10:00", 20) + times("Sat", "10:00", 50)
    started += times("Wed", "10:00", 3)
    ended = times("Mon", "10:30", 2) + times("Tue", "09:00", 48) + times("Wed", "10:10", 1)
    told = flow(started, ended, kept=started[:30], broken=started[30:50])
    found = week("first_response", OFFICE, told, MONDAY, NEXT)
    (one,) = found.stretches()
    assert (one.day, one.first, one.last) == (0, 9, 10)
    assert (one.come, one.done, one.grows, one.queue) == (50, 2, 48, 48)
    assert (one.breach_rate, found.breach_rate) == (0.4, 0.4)


def test_amounts_are_means_over_the_weeks_that_passed() -> None:
    """R32: two Mondays of ten and none are five a Monday."""
    told = flow(times("Mon", "09:00", 10), [])
    hours = week("first_response", OFFICE, told, MONDAY, instant("Mon", "2", "00:00")).hours
    nine = at(hours, 0, 9)
    assert (nine.passed, nine.each(nine.come), nine.each(nine.queue)) == (2, 5.0, 10.0)


def test_an_hour_that_the_clocks_skip_did_not_pass() -> None:
    """R22: on Sunday at two the clocks go forward, so that hour came by once in two weeks."""
    until = instant("Mon", "2", "00:00")
    hours = week("first_response", OFFICE, flow([], []), MONDAY, until).hours
    assert (at(hours, 6, 2).passed, at(hours, 6, 3).passed) == (1, 2)
    assert sum(hour.passed for hour in hours) == 2 * 168 - 1


def test_hours_without_an_outcome_have_no_rate() -> None:
    """Nothing divided by nothing is not nothing."""
    empty = week("first_response", OFFICE, flow([], []), MONDAY, MONDAY)
    assert empty.breach_rate is None
    assert empty.hours[0].breach_rate is None
    assert empty.hours[0].each(5) == 0
    assert empty.stretches() == []


@pytest.mark.parametrize(("hour", "counts"), [("09:00", True), ("17:00", False)])
def test_an_hour_counts_where_its_schedule_is_open(hour: str, *, counts: bool) -> None:
    """What comes after closing waits for the morning, and that is no fault of the team's."""
    told = flow(times("Mon", hour, 50), [])
    assert bool(week("m", OFFICE, told, MONDAY, NEXT).stretches()) == counts
