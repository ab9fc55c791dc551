"""Targets that people sign: round ones, in the terms of the schedule that they are counted on.

On a schedule that never closes these are hours and whole days of 24 hours. On any other they are
hours up to a working day, and from there business days (R24): "24 h" of a nine-hour day is no
promise that a customer would read as it is meant. The longest is thirty days of either kind: what
takes longer is no support target that anyone would be held to.
"""

from __future__ import annotations

from collections.abc import Sequence

from streams.sla.clock import target_ms
from streams.sla.duration import UNITS, Active, BusinessDays, Duration
from streams.sla.schedule import Schedule, ScheduleHorizonError

HOUR = UNITS["h"]
MINUTES = (5, 10, 15, 30)
HOURS = (1, 2, 4, 8)
CALENDAR_HOURS = (12, 24, 48, 72, 96, 120, 168, 240, 336, 504, 720)
BUSINESS_DAYS = (1, 2, 3, 4, 5, 10, 15, 20, 30)


def ladder(schedule: Schedule) -> list[Duration]:
    """List the targets that may be proposed on a schedule, the shortest first."""
    short = [Active(minutes * UNITS["m"]) for minutes in MINUTES]
    short += [Active(hours * HOUR) for hours in HOURS]
    if schedule.rules.always:
        return [*short, *(Active(hours * HOUR) for hours in CALENDAR_HOURS)]
    day = working_day(schedule)
    within = [rung for rung in short if day is None or rung.ms < day]
    open_days = schedule.rules.capacity()[1]  # no longer than a year, or the checker refuses it
    return [*within, *(BusinessDays(days) for days in BUSINESS_DAYS if days <= open_days)]


def working_day(schedule: Schedule) -> int | None:
    """Give the open ms of an ordinary working day; None where none opens by the week."""
    open_ = sorted(
        sum(window.closes - window.opens for window in day)
        for day in schedule.rules.hours.days
        if day
    )
    return open_[len(open_) // 2] * 1000 if open_ else None


def active_ms(duration: Duration, schedule: Schedule, starts: Sequence[int]) -> list[int] | None:
    """Give a target in active ms for clocks that start then; None where one does not end (R24)."""
    if isinstance(duration, Active):
        return [duration.ms] * len(starts)
    try:
        return [target_ms(duration, schedule, start) for start in starts]
    except ScheduleHorizonError:
        return None
