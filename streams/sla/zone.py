"""From a local time to the instant it names (R22).

A local time is a date and a second of it; second 86,400 and beyond belong to the next date.
- It exists once: that instant.
- It does not exist (clocks went forward over it): the end of the gap. So a window that lies in a
  gap has no length, one that reaches into it loses what is skipped, and a skipped day has no hours.
- It exists twice (clocks went back): openings take the first, closings the second.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from streams.sla.misread import Misread

DAY = 86_400
"""Seconds of a local date as its clock names them; how many pass is another matter."""

EPOCH = date(1970, 1, 1).toordinal()
_ORIGIN = datetime(1970, 1, 1, tzinfo=UTC)


def parse_zone(name: str) -> ZoneInfo:
    """Find an IANA zone by its name; raise Misread where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        fix = "write an IANA name such as Europe/Paris, America/New_York or UTC"
        raise Misread("not a time zone of the IANA database", fix) from None


def instant_of(zone: ZoneInfo, ordinal: int, second: int, *, closing: bool) -> int:
    """Turn a local time into milliseconds UTC; the module says what becomes of odd ones."""
    days, second = divmod(second, DAY)
    ordinal += days
    local = datetime.fromordinal(ordinal) + timedelta(seconds=second)
    first = _offset(local.replace(tzinfo=zone))
    second_ = _offset(local.replace(tzinfo=zone, fold=1))
    named = (ordinal - EPOCH) * DAY + second
    if first < second_:
        return _end_of_gap(zone, named - second_, named - first) * 1000
    return (named - (second_ if closing else first)) * 1000


def local_of(zone: ZoneInfo, instant: int) -> tuple[int, int]:
    """Turn milliseconds UTC into the ordinal of the local date and its millisecond."""
    offset = _offset((_ORIGIN + timedelta(seconds=instant // 1000)).astimezone(zone))
    days, ms = divmod(instant + offset * 1000, DAY * 1000)
    return EPOCH + days, ms


def _offset(moment: datetime) -> int:
    offset = moment.utcoffset()
    assert offset is not None  # every moment here carries a ZoneInfo
    return offset.days * DAY + offset.seconds


def _end_of_gap(zone: ZoneInfo, before: int, after: int) -> int:
    """Find the second UTC in (before, after] at which the clocks go forward."""

    def offset_at(second: int) -> int:
        return _offset((_ORIGIN + timedelta(seconds=second)).astimezone(zone))

    seconds = range(before, after + 1)
    return seconds[bisect_left(seconds, offset_at(after), key=offset_at)]
