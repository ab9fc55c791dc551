"""Written times of an export → milliseconds UTC.

Decisions that bind this module:

- Inside, time is an integer of milliseconds UTC; text is read here, at the edge.
- A time without a zone is local to the mapping's zone. A local time that does not exist shifts
  forward, of an ambiguous one the first is meant (R22); both are counted, for nobody sees them.
- Names of months are English: strptime reads them in the C locale, which is what a Python program
  has unless it sets another, and we do not.
- A length of time, or a number where no format is one of numbers, is told as what it is.
- Exports repeat their times from row to row, so what was read lately is remembered.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import ClassVar
from zoneinfo import ZoneInfo

from streams.wire.instant import EARLIEST, EPOCH, LATEST, MILLISECOND

_REMEMBERED = 1 << 16
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_LENGTH = re.compile(
    r"-?\d+:\d\d(:\d\d)?|P(?=.*\d)[\dYMWDTHS.]+|(-?\d+(\.\d+)?\s*(d|h|m|s|min|hrs?|hours?|days?)\b\s*)+",
    re.IGNORECASE,
)
_YEARS = re.compile(r"%[YyGcx]")
_SECONDS_LOOK = 10**11
"""As milliseconds this is March 1973; what is less was meant as seconds."""


class Moments:
    """Reads the times of one export: formats tried in order, a zone for those without one.

    `doubtful` counts the different local times that exist twice or not at all.
    """

    WORDS: ClassVar[tuple[str, ...]] = ("iso8601", "epoch_s", "epoch_ms")

    def __init__(self, formats: tuple[str, ...], zone: str) -> None:
        """Take strptime formats or words of WORDS, and an IANA zone's name."""
        self._formats = formats
        self._zone = ZoneInfo(zone)
        self.doubtful = 0
        self.read = lru_cache(_REMEMBERED)(self._read)

    @classmethod
    def check(cls, form: str) -> None:
        """Refuse, by a ValueError in words, what can be no format of an instant."""
        if form in cls.WORDS:
            return
        if "%" not in form:
            words = ", ".join(cls.WORDS)
            message = f"{form!r} is no time format; use {words}, or one such as %d/%m/%Y %H:%M"
            raise ValueError(message)
        if not _YEARS.search(form):
            message = f"{form!r} has no year; a time needs one, as in %d/%m/%Y %H:%M"
            raise ValueError(message)

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
            if form == "epoch_ms" and instant < _SECONDS_LOOK:
                message = f"{text!r} would be of {1970 + instant // 31_556_952_000} as epoch_ms"
                raise ValueError(f"{message}; for seconds set time.formats: [epoch_s]")
            return instant
        raise ValueError(self._refusal(text))

    def _refusal(self, text: str) -> str:
        wanted = " or ".join(self._formats)
        if _LENGTH.fullmatch(text):
            return f"{text!r} is a length of time, not a time as {wanted}; name another column"
        if _NUMBER.fullmatch(text):
            return (
                f"{text!r} is a number, not a time as {wanted}; if it counts from 1970, add epoch_s"
                " or epoch_ms to time.formats"
            )
        return f"{text!r} is not a time as {wanted}"

    def _by(self, form: str, text: str) -> int:
        if form == "epoch_ms":
            return int(text)
        if form == "epoch_s":
            return round(float(text) * 1000)
        read = datetime.fromisoformat(text) if form == "iso8601" else datetime.strptime(text, form)  # noqa: DTZ007 - the zone is added below
        if read.tzinfo is None:
            read = read.replace(tzinfo=self._zone)
            self.doubtful += read.utcoffset() != read.replace(fold=1).utcoffset()
        return (read.astimezone(UTC) - EPOCH) // MILLISECOND
