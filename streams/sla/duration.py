"""Durations are typed (R24): active time, business days, or until the end of one of them.

`4h`, `90m`, `30s`, `1h30m`, `500ms` are active time, counted on the schedule while it is open.
`2bd` are business days: how much active time that is depends on the start, see
`Schedule.business_days`. `end of 2bd` lasts until the second following one closes, `end of 0bd`
until the present one does, see `Schedule.day_end`. `1d` and `1w` are refused, since they could mean
either.
Whole numbers only: `1.5h` is refused in favour of `1h30m`, so that every target is exact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from streams.sla.misread import Misread

UNITS = {"h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
"""Units of active time, in milliseconds, the longest first."""

_BUSINESS_DAYS = re.compile(r"(\d{1,9})\s*bd", re.ASCII | re.IGNORECASE)
_END_OF_DAY = re.compile(r"end\s+of\s+(\d{1,9})\s*bd", re.ASCII | re.IGNORECASE)
_ACTIVE = re.compile(
    r"(?=\d)(?:(\d{1,12})\s*h)?\s*(?:(\d{1,12})\s*m)?\s*(?:(\d{1,12})\s*s)?\s*(?:(\d{1,15})\s*ms)?",
    re.ASCII | re.IGNORECASE,
)
_FIX = "write s, m or h for active time (30s, 90m, 4h, 1h30m) or bd for business days (2bd)"
_END_FIX = "write end of 0bd for the end of the business day, end of 1bd for that of the next one"


@dataclass(frozen=True, slots=True)
class Active:
    """Active time in milliseconds: it passes only while the schedule is open."""

    ms: int

    def __str__(self) -> str:
        """Say it in the longest unit that divides it."""
        unit = next(unit for unit, length in UNITS.items() if self.ms % length == 0)
        return f"{self.ms // UNITS[unit]}{unit}"


@dataclass(frozen=True, slots=True)
class BusinessDays:
    """Business days (R24): until the same local time on the n-th following open day."""

    days: int

    def __str__(self) -> str:
        """Say it as the policies file does."""
        return f"{self.days}bd"


@dataclass(frozen=True, slots=True)
class EndOfDay:
    """Until the last closing (R24) of the n-th following open day, or (0) of the present one."""

    days: int

    def __str__(self) -> str:
        """Say it as the policies file does."""
        return f"end of {self.days}bd"


Offset = Active | BusinessDays
Duration = Offset | EndOfDay


def parse_duration(text: str) -> Duration:
    """Read `4h`, `1h30m`, `2bd` or `end of 2bd`; raise Misread for anything else, `0h` included."""
    words = text.strip()
    duration: Duration
    if days := _BUSINESS_DAYS.fullmatch(words):
        duration = BusinessDays(int(days[1]))
    elif end := _END_OF_DAY.fullmatch(words):
        duration = EndOfDay(int(end[1]))
    elif parts := _ACTIVE.fullmatch(words):
        amounts = zip(parts.groups(), UNITS.values(), strict=True)
        duration = Active(sum(int(amount) * unit for amount, unit in amounts if amount))
    else:
        raise Misread(*_explain(words))
    if duration in {Active(0), BusinessDays(0)}:
        raise Misread("no time at all", "write a duration longer than zero")
    return duration


def _explain(words: str) -> tuple[str, str]:
    if day := re.fullmatch(r"(\d+)\s*(d|days?|w|weeks?)", words, re.ASCII | re.IGNORECASE):
        days = int(day[1]) * (7 if day[2].lower().startswith("w") else 1)
        return (
            "a day of 24 hours and a business day are two different promises",
            f"write {days}bd for business days, or {days * 24}h for hours of active time",
        )
    if re.match(r"(end|close|eod|eob|cob)\b", words, re.ASCII | re.IGNORECASE):
        return "an end that is not that of a business day", _END_FIX
    if re.fullmatch(r"\d+", words, re.ASCII):
        return "a number without a unit", f"write a unit: {words}m, {words}h or {words}bd"
    if re.fullmatch(r"\d*[.,]\d+\s*[hms]", words, re.ASCII | re.IGNORECASE):
        return "fractions are not read", "write whole numbers, 1h30m in place of 1.5h"
    return "not a duration", _FIX
