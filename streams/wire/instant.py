"""Instants: RFC 3339 text outside, integer milliseconds UTC inside.

Digits beyond the millisecond are cut off, never rounded: a rounded instant could pass a deadline
(R5). Instants before 1970 or from 2200 on are mistakes (a seconds field read as milliseconds, a
placeholder of the year 9999), and one of them would drag a ticket's whole time along.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAIVE_EPOCH = EPOCH.replace(tzinfo=None)
MILLISECOND = timedelta(milliseconds=1)
EARLIEST = 0
LATEST = (datetime(2200, 1, 1, tzinfo=UTC) - EPOCH) // MILLISECOND
DATE_LENGTH = 10
DAY = 86_400_000
CLOCK = [f"{hour:02}:{minute:02}:" for hour in range(24) for minute in range(60)]
"""The minutes of a day as text: an event has six instants to be written."""
SECOND = [f"{second:02}." for second in range(60)]
REST = [f"{ms:03}Z" for ms in range(1000)]
DAYS_KEPT = 4_096
"""Days of which the text is remembered."""


class Days(dict[int, str]):
    """The text of each day since 1970, up to the hour."""

    def __missing__(self, day: int) -> str:
        if len(self) >= DAYS_KEPT:
            self.clear()
        text = self[day] = (NAIVE_EPOCH + timedelta(days=day)).date().isoformat() + "T"
        return text


DAY_TEXT = Days()


class NotAnInstant(ValueError):
    """A text that is no RFC 3339 instant with an offset."""


class OutOfRange(ValueError):
    """An instant before 1970 or from 2200 on."""


def parse(text: str) -> int:
    """Read an RFC 3339 instant, give ms UTC. Raises NotAnInstant or OutOfRange."""
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or text[DATE_LENGTH] not in "Tt ":
        message = f"{text!r} is not an RFC 3339 instant; write it like 2026-03-27T15:00:00.000Z"
        raise NotAnInstant(message)
    try:
        since = moment - EPOCH
        instant = since.days * DAY + since.seconds * 1000 + since.microseconds // 1000
    except OverflowError:
        instant = -1
    if not EARLIEST <= instant < LATEST:
        message = f"{text!r} is outside of 1970 to 2199; send when it happened, in UTC"
        raise OutOfRange(message)
    return instant


def show(instant: int) -> str:
    """Write ms UTC as RFC 3339 with milliseconds and `Z`."""
    day, ms = DAY_TEXT[instant // DAY], instant % DAY
    # By tables: to format the numbers takes three times as long.
    return f"{day}{CLOCK[ms // 60_000]}{SECOND[ms // 1_000 % 60]}{REST[ms % 1_000]}"
