"""Weekly hours in local time (R22): windows of a date, and the days of the week they are for.

A window is half-open and belongs to the date of its opening, also where it passes midnight:
"22:00-06:00" on a Friday is Friday's, and ends on Saturday. "00:00-24:00" is a whole day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from streams.sla.misread import Misread
from streams.sla.zone import DAY

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_TIME = r"(\d{1,2}):(\d{2})(?::(\d{2}))?"
_WINDOW = re.compile(rf"{_TIME}\s*[-\u2013]\s*{_TIME}", re.ASCII)
_WINDOW_FIX = 'write "09:00-17:00"; "22:00-06:00" passes midnight, "00:00-24:00" is a whole day'
_DAYS_FIX = "write mon, tue, wed, thu, fri, sat or sun, a range (mon-fri) or a list (mon,wed)"


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A span of local time on a date, in seconds after its midnight; may end on the next date."""

    opens: int
    closes: int

    def __str__(self) -> str:
        """Say it as the policies file does."""
        closes = self.closes if self.closes <= DAY else self.closes - DAY
        return f"{_say(self.opens)}-{_say(closes)}"


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """The windows of each day of the week, Monday first, in order."""

    days: tuple[tuple[Window, ...], ...] = ((),) * 7

    @classmethod
    def of(cls, hours: Mapping[str, Iterable[str]]) -> WeeklyHours:
        """Read `{"mon-thu": ["09:00-17:00"]}`; keys that name the same day add up."""
        days: list[set[Window]] = [set() for _ in DAYS]
        for names, windows in hours.items():
            for day in parse_days(names):
                days[day].update(parse_window(window) for window in windows)
        return cls(tuple(join(windows) for windows in days))

    @property
    def always(self) -> bool:
        """Say whether no instant of any week is closed."""
        return all(windows == (WHOLE_DAY,) for windows in self.days)

    @property
    def seconds(self) -> int:
        """Count the seconds that a week without a change of clocks is open, at the most."""
        return sum(window.closes - window.opens for day in self.days for window in day)


WHOLE_DAY = Window(0, DAY)
ALWAYS = WeeklyHours(((WHOLE_DAY,),) * 7)


def parse_window(text: str) -> Window:
    """Read "09:00-17:00" or "22:00-06:00"; raise Misread for anything else, no length included."""
    parts = _WINDOW.fullmatch(text.strip())
    if parts is None:
        raise Misread("not a window of hours", _WINDOW_FIX)
    opens, closes = _second(*parts.groups()[:3]), _second(*parts.groups()[3:])
    if opens == DAY:
        raise Misread("nothing opens at 24:00", "open the next day at 00:00")
    if opens == closes:
        raise Misread("a window without length", "write 00:00-24:00 for a whole day")
    return Window(opens, closes if closes > opens else closes + DAY)


def parse_days(text: str) -> tuple[int, ...]:
    """Read "mon", "mon-thu", "fri-mon" or "mon,wed"; raise Misread for anything else."""
    days: list[int] = []
    for part in text.split(","):
        ends = [_day(name) for name in re.split(r"[-\u2013]", part)]
        if len(ends) > 2:  # a range has two ends
            raise Misread("not a day or a range of days", _DAYS_FIX)
        days += ((ends[0] + step) % 7 for step in range((ends[-1] - ends[0]) % 7 + 1))
    return tuple(days)


def join(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Put windows of a date in order; those that touch or overlap become one."""
    joined: list[Window] = []
    for window in sorted(windows):
        if joined and window.opens <= joined[-1].closes:
            last = joined.pop()
            joined.append(Window(last.opens, max(last.closes, window.closes)))
        else:
            joined.append(window)
    return tuple(joined)


def _day(name: str) -> int:
    word = name.strip().lower()
    names = [word, word[:3]] if f"{word}day" in _LONG or word in _LONG else [word]
    for known in names:
        if known in DAYS:
            return DAYS.index(known)
    raise Misread(f"'{name.strip()}' is not a day of the week", _DAYS_FIX)


_LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _second(hour: str, minute: str, second: str | None) -> int:
    hours, minutes, seconds = int(hour), int(minute), int(second or 0)
    value = hours * 3600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or value > DAY:
        raise Misread("hours go from 00:00 to 24:00, minutes from 00 to 59", _WINDOW_FIX)
    return value


def _say(second: int) -> str:
    text = f"{second // 3600:02}:{second // 60 % 60:02}"
    return f"{text}:{second % 60:02}" if second % 60 else text
