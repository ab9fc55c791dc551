"""Instants as text: RFC 3339 in, `Z` out. Exact to the millisecond, nothing is rounded."""

from __future__ import annotations

import re
from datetime import date

from streams.sla.misread import Misread
from streams.sla.zone import DAY, EPOCH

_RFC3339 = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?"
    r"(?:[Zz]|([+-])(\d{2}):(\d{2}))",
    re.ASCII,
)
_FIX = "write RFC 3339 with a zone, such as 2026-03-27T15:00:00Z or 2026-03-27T16:00:00.250+01:00"


def parse_instant(text: str) -> int:
    """Read an RFC 3339 instant as ms UTC; raise Misread for anything else, finer parts included."""
    parts = _RFC3339.fullmatch(text)
    if parts is None:
        raise Misread("not an instant", _FIX)
    year, month, day, hour, minute, second = (int(part) for part in parts.groups()[:6])
    fraction, sign, off_hour, off_minute = parts.groups()[6:]
    digits = (fraction or "").ljust(3, "0")
    if digits[3:].strip("0"):
        raise Misread("finer than a millisecond", "leave three decimals of the second at most")
    offset = (int(off_hour or 0) * 60 + int(off_minute or 0)) * 60
    fits = hour < 24 and minute < 60 and second < 60 and int(off_minute or 0) < 60
    try:
        days = date(year, month, day).toordinal() - EPOCH
    except ValueError:
        fits = False
    if not fits or offset >= DAY:
        raise Misread("no such date or time of day", _FIX)
    clock = hour * 3600 + minute * 60 + second
    seconds = days * DAY + clock + (offset if sign == "-" else -offset)
    return seconds * 1000 + int(digits[:3])


def format_instant(instant: int) -> str:
    """Write ms UTC as RFC 3339; milliseconds only where there are any."""
    seconds, ms = divmod(instant, 1000)
    days, second = divmod(seconds, DAY)
    try:
        day = date.fromordinal(days + EPOCH)
    except (ValueError, OverflowError):
        raise Misread("an instant outside the years 1 to 9999", "ask for less time") from None
    decimals = f".{ms:03}" if ms else ""
    return f"{day}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}{decimals}Z"
