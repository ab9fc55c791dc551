"""How times, shares and schedules are said."""

from __future__ import annotations

from collections.abc import Sequence
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


def say_days(names: Sequence[str]) -> str:
    """Name days of the week as short as the policies file reads them: `mon-thu,sat`."""
    runs: list[list[str]] = []
    for name in sorted(names, key=DAYS.index):
        if runs and DAYS.index(runs[-1][-1]) + 1 == DAYS.index(name):
            runs[-1].append(name)
        else:
            runs.append([name])
    return ",".join(run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def say_hours(schedule: Schedule) -> str:
    """Say the weekly hours of a schedule, days alike together."""
    rules = schedule.rules
    if rules.always:
        return "24 hours a day, 7 days a week"
    alike: dict[str, list[str]] = {}
    for name, windows in zip(DAYS, rules.hours.days, strict=True):
        if windows:
            alike.setdefault(", ".join(map(str, windows)), []).append(name)
    told = "; ".join(f"{say_days(names)} {windows}" for windows, names in alike.items())
    holidays = "" if rules.holidays.country is None else f", holidays of {rules.holidays.country}"
    return f"{told or 'named days alone'} ({schedule.zone}{holidays})"
