"""From the document's shape of a schedule to the schedule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from streams.policies.fault import Path
from streams.policies.marked import Marked
from streams.policies.model import HolidaysShape, ScheduleShape
from streams.sla.holidays_ import Holidays
from streams.sla.hours import DAYS, WeeklyHours, Window, join, parse_days
from streams.sla.misread import Misread
from streams.sla.rules import Special
from streams.sla.schedule import Schedule

_FAR = 2050
"""A country of which the holidays are not known until this year deserves a note."""


def build_schedule(
    marked: Marked, path: Path, name: str, shape: ScheduleShape | Literal["24x7"]
) -> Schedule | None:
    """Make a schedule; None, with the faults noted, where it cannot be."""
    if shape == "24x7":
        return Schedule.always(name)
    assert isinstance(shape, ScheduleShape)  # the literal is the other form
    before = len(marked.faults)
    if marked.value_at((*path, "time_zone")) is None:
        marked.add(path, "no time_zone: UTC is assumed", "say time_zone: UTC", severity="note")
    hours = _hours(marked, (*path, "hours"), shape)
    holidays = _holidays(marked, (*path, "holidays"), shape.holidays)
    exceptions = tuple(
        Special(said.first, said.last, _joined(said.hours), _joined(said.closed) or ())
        for said in shape.exceptions
    )
    if any(fault.severity == "error" for fault in marked.faults[before:]):
        return None
    try:
        return Schedule(name, shape.time_zone, hours, holidays, exceptions)
    except Misread as error:
        marked.add((*path, "hours"), error.what, error.fix)
        return None


def _hours(marked: Marked, path: Path, shape: ScheduleShape) -> WeeklyHours:
    days: list[tuple[Window, ...]] = [()] * len(DAYS)
    named: dict[int, str] = {}
    for names, windows in shape.hours.items():
        for day in parse_days(names):
            if day in named:
                what = f"{DAYS[day]} is named by '{named[day]}' too, so its hours are not clear"
                marked.add((*path, names), what, "name each day once", key=True)
            named[day] = names
            days[day] = join(windows)
    return WeeklyHours(tuple(days))


def _holidays(marked: Marked, path: Path, shape: HolidaysShape) -> Holidays:
    add, remove = frozenset(shape.add), frozenset(shape.remove)
    place = Holidays(shape.country, None, add)
    try:
        place = Holidays(shape.country, shape.subdivision, add)
    except Misread as error:
        marked.add((*path, "subdivision"), error.what, error.fix)
    for index, day in enumerate(shape.remove):
        if day in add:
            marked.add((*path, "remove", index), "added and removed", "leave one of the two out")
        elif day not in place.of(day.year):
            what = "not a holiday, so there is nothing to remove"
            marked.add((*path, "remove", index), what, "check the date", severity="note")
    known = place.covered()
    if known and known[1] < _FAR:
        what = f"the holidays package knows this country only until {known[1]}"
        marked.add((*path, "country"), what, "add later holidays by date", severity="note")
    return Holidays(place.country, place.subdivision, add, remove)


def _joined(windows: Iterable[Window] | None) -> tuple[Window, ...] | None:
    return None if windows is None else join(windows)
