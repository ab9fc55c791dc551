"""How times, shares and schedules are said."""

from __future__ import annotations

from math import ceil, floor

from streams.sla.hours import DAYS
from streams.sla.schedule import Schedule

MINUTE, HOUR = 60_000, 3_600_000


def say_time(ms: float) -> str:
    """Say an amount of time, rounded up to the minute, from 100 h on to the hour."""
    if ms < MINUTE:
        return f"{ceil(ms / 1000)} s"
    minutes = ceil((ms - 1) / MINUTE)  # what ended after closing needs one ms more
    hours, minutes = divmod(minutes, 60)
    if hours >= 100:
        return f"{hours + (minutes > 0):,} h"
    told = [f"{hours} h"] if hours else []
    return " ".join([*told, f"{minutes} m"] if minutes else told)


def cut(share: float) -> str:
    """Write a share in tenths of a percent, cut off: 99.96 % is not 100 %."""
    # A share that is exact in tenths may come out a little less as a float.
    return f"{floor(share * 1000 + 1e-9) / 10:.1f} %"


def say_hours(schedule: Schedule) -> str:
    """Say the weekly hours of a schedule, days alike together."""
    rules = schedule.rules
    if rules.always:
        return "24 hours a day, 7 days a week"
    told: list[str] = []
    day = 0
    while day < len(DAYS):
        last = day
        while last + 1 < len(DAYS) and rules.hours.days[last + 1] == rules.hours.days[day]:
            last += 1
        if rules.hours.days[day]:
            days = DAYS[day] if last == day else f"{DAYS[day]}-{DAYS[last]}"
            told.append(f"{days} {', '.join(map(str, rules.hours.days[day]))}")
        day = last + 1
    holidays = "" if rules.holidays.country is None else f", holidays of {rules.holidays.country}"
    return f"{'; '.join(told)} ({schedule.zone}{holidays})"
