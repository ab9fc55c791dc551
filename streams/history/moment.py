"""Written times of an export → milliseconds UTC.

Decisions that bind this module:

- Inside, time is an integer of milliseconds UTC; text is read here, at the edge.
- A time without a zone is local to the mapping's zone. A local time that does not exist shifts
  forward, of an ambiguous one the first is meant (R22).
- Exports repeat their times from row to row, so what was read lately is remembered.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import ClassVar
from zoneinfo import ZoneInfo

from streams.wire.instant import EARLIEST, EPOCH, LATEST, MILLISECOND

_REMEMBERED = 1 << 16


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
            if not EARLIEST <= instant < LATEST:
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
        return (aware.astimezone(UTC) - EPOCH) // MILLISECOND
