"""Days put into days, weeks, months or years, so that a curve has neither too many points nor one.

Weeks begin on Mondays. The first and the last of them may lie partly outside of the history.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

from streams.insight.promise import Days
from streams.insight.verdict import FEW, cycles
from streams.sla.compliance import Tally

Unit = Literal["day", "week", "month", "year"]
UNITS: tuple[Unit, ...] = get_args(Unit)
LONGEST: tuple[tuple[Unit, int], ...] = (("day", 45), ("week", 500), ("month", 3_700))
"""Up to so many days of history each is used."""
LEAST = 2
"""Points of a curve."""


def unit_of(first: int, last: int) -> Unit:
    """Choose by the ordinals of the first and the last day of the history."""
    return next((unit for unit, days in LONGEST if last - first < days), "year")


def begins(unit: Unit, ordinal: int) -> int:
    """Give the first day, as its ordinal, of the day, week, month or year that a day is in."""
    day = date.fromordinal(ordinal)
    match unit:
        case "day":
            return ordinal
        case "week":
            return ordinal - day.weekday()
        case "month":
            return day.replace(day=1).toordinal()
        case "year":
            return day.replace(month=1, day=1).toordinal()


def fitting(unit: Unit, days: Days) -> Unit:
    """Coarsen the unit while most of what it gives is of few cycles, and two are left."""
    found = gathered(unit, days)
    while unit != UNITS[-1] and 2 * sum(cycles(one) < FEW for one in found.values()) > len(found):
        coarser = UNITS[UNITS.index(unit) + 1]
        found = gathered(coarser, days)
        if len(found) < LEAST:
            break
        unit = coarser
    return unit


def gathered(unit: Unit, days: Days) -> dict[int, Tally]:
    """Add days up by the first day of what they are in, in order; what is empty is left out."""
    found: dict[int, Tally] = {}
    for day in sorted(days):
        tally = found.setdefault(begins(unit, day), Tally())
        tally.met += days[day].met
        tally.breached += days[day].breached
    return found
