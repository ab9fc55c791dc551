"""Written times → milliseconds UTC, and back.

Decisions that bind this module:

- Inside, time is an integer of milliseconds UTC; text is read and written here, at the edge.
- A time without a zone is local to the mapping's zone. A local time that does not exist shifts
  forward, of an ambiguous one the first is meant (R22).
- Exports repeat their times from row to row, so what was read lately is remembered.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import ClassVar
from zoneinfo import ZoneInfo

_REMEMBERED = 1 << 16
_YEAR_2200 = 7_258_118_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moments:
    """Reads the times of one export: formats tried in order, a zone for those without one."""

    WORDS: ClassVar[tuple[str, ...]] = ("iso8601", "epoch_s", "epoch_ms")

    def __init__(self, formats: tuple[str, ...], zone: str) -> None:
        """Take strptime formats or words of WORDS, and an IANA zone's name."""
        self._formats = formats
        self._zone = ZoneInfo(zone)
        self.read = lru_cache(_REMEMBERED)(self._read)

    def _read(self, text: str) -> int:
        """Answer milliseconds UTC; raises ValueError, in words, where no format fits."""
        for form in self._formats:
            try:
                instant = self._by(form, text)
            except (ValueError, OverflowError):
                continue
            if not 0 <= instant < _YEAR_2200:
                message = f"{text!r} is before 1970 or from 2200 on"
                raise ValueError(message)
            return instant
        wanted = " or ".join(self._formats)
        message = f"{text!r} is not a time as {wanted}"
        raise ValueError(message)

    def _by(self, form: str, text: str) -> int:
        if form == "epoch_ms":
            return int(text)
        if form == "epoch_s":
            return round(float(text) * 1000)
        read = datetime.fromisoformat(text) if form == "iso8601" else datetime.strptime(text, form)  # noqa: DTZ007 - the zone is added below
        aware = read if read.tzinfo else read.replace(tzinfo=self._zone)
        past = aware.astimezone(UTC) - _EPOCH
        return past.days * 86_400_000 + past.seconds * 1000 + past.microseconds // 1000


@lru_cache(_REMEMBERED)
def stamp(instant: int) -> str:
    """Write milliseconds UTC as RFC 3339 with milliseconds and Z."""
    seconds, millis = divmod(instant, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{millis:03d}Z"
