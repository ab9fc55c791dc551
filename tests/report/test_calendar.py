"""Days put together: neither too many points nor one."""

from __future__ import annotations

from datetime import date

import pytest

from streams.report.calendar import Unit, begins, fitting, gathered, unit_of
from streams.sla.compliance import Tally


def day(text: str) -> int:
    """Give a date's ordinal."""
    return date.fromisoformat(text).toordinal()


@pytest.mark.parametrize(
    ("first", "last", "unit"),
    [
        ("2026-01-01", "2026-01-01", "day"),
        ("2026-01-01", "2026-02-14", "day"),
        ("2026-01-01", "2026-02-15", "week"),
        ("2026-01-01", "2027-05-15", "week"),
        ("2026-01-01", "2027-05-16", "month"),
        ("1990-01-01", "2026-01-01", "year"),
    ],
)
def test_a_longer_history_has_coarser_points(first: str, last: str, unit: Unit) -> None:
    """At most some seventy weeks, or some hundred and twenty months."""
    assert unit_of(day(first), day(last)) == unit


@pytest.mark.parametrize(
    ("unit", "begin"),
    [
        ("day", "2026-03-29"),
        ("week", "2026-03-23"),
        ("month", "2026-03-01"),
        ("year", "2026-01-01"),
    ],
)
def test_a_day_is_in_one_of_each(unit: Unit, begin: str) -> None:
    """Weeks begin on Mondays."""
    assert begins(unit, day("2026-03-29")) == day(begin)


def test_days_are_added_up_and_gaps_left_out() -> None:
    """In order."""
    days = {day("2026-03-31"): Tally(1, 2), day("2026-03-01"): Tally(4, 0)}
    days |= {day("2026-05-01"): Tally(0, 1), day("2026-03-02"): Tally(1, 1)}
    assert gathered("month", days) == {
        day("2026-03-01"): Tally(6, 3),
        day("2026-05-01"): Tally(0, 1),
    }


def test_few_cycles_a_day_are_shown_by_week_but_never_as_one_point() -> None:
    """R26: a rate of three is none."""
    first = day("2026-03-02")
    few = {first + at: Tally(2, 1) for at in range(14)}
    assert fitting("day", few) == "week"
    many = {at: Tally(20, 1) for at in few}
    assert fitting("day", many) == "day"
    assert fitting("day", {first: Tally(1, 0), first + 1: Tally(1, 0)}) == "day"
    assert fitting("week", {}) == "week"
