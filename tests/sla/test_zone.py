"""Local times and the instants that they name (R22)."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from streams.sla.instant import format_instant, parse_instant
from streams.sla.misread import Misread
from streams.sla.zone import DAY, instant_of, local_of, parse_zone


@pytest.mark.parametrize(
    ("zone", "day", "time", "first", "second"),
    [
        ("UTC", "2026-03-29", (2, 30), "2026-03-29T02:30:00Z", "2026-03-29T02:30:00Z"),
        ("Europe/Paris", "2026-03-28", (24, 0), "2026-03-28T23:00:00Z", "2026-03-28T23:00:00Z"),
        ("Europe/Paris", "2026-03-27", (36, 0), "2026-03-28T11:00:00Z", "2026-03-28T11:00:00Z"),
        # Skipped: the end of the gap, east and west of Greenwich, and of a gap of half an hour.
        ("Europe/Paris", "2026-03-29", (2, 0), "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"),
        ("Europe/Paris", "2026-03-28", (26, 30), "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"),
        ("America/New_York", "2026-03-08", (2, 1), "2026-03-08T07:00:00Z", "2026-03-08T07:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-04", (2, 29), *["2026-10-03T15:30:00Z"] * 2),
        # Shown twice: the first and the second.
        ("Europe/Paris", "2026-10-25", (2, 0), "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"),
        ("America/New_York", "2026-11-01", (1, 59), "2026-11-01T05:59:00Z", "2026-11-01T06:59:00Z"),
    ],
)
def test_a_local_time_names_an_instant(
    zone: str, day: str, time: tuple[int, int], first: str, second: str
) -> None:
    """R22: openings take the first of two, closings the second, and of none the gap's end."""
    ordinal, seconds = date.fromisoformat(day).toordinal(), time[0] * 3600 + time[1] * 60
    named = [
        format_instant(instant_of(ZoneInfo(zone), ordinal, seconds, closing=closing))
        for closing in (False, True)
    ]
    assert named == [first, second]


@pytest.mark.parametrize(
    ("zone", "instant", "day", "time"),
    [
        ("Europe/Paris", "2026-03-29T00:59:59.999Z", "2026-03-29", "01:59:59.999"),
        ("Europe/Paris", "2026-03-29T01:00:00Z", "2026-03-29", "03:00:00"),
        ("Europe/Paris", "2026-12-31T23:00:00.250Z", "2027-01-01", "00:00:00.250"),
        ("America/New_York", "2026-11-01T05:59:59.999Z", "2026-11-01", "01:59:59.999"),
        ("America/New_York", "2026-11-01T06:00:00Z", "2026-11-01", "01:00:00"),
        ("America/New_York", "1969-12-31T23:00:00Z", "1969-12-31", "18:00:00"),
    ],
)
def test_an_instant_is_shown_as_a_local_time(zone: str, instant: str, day: str, time: str) -> None:
    """R22: by the offset of that very instant, to the millisecond."""
    ordinal, ms = local_of(ZoneInfo(zone), parse_instant(instant))
    assert ordinal == date.fromisoformat(day).toordinal()
    assert ms == parse_instant(f"1970-01-01T{time}Z")
    assert ms < DAY * 1000


def test_a_name_that_is_no_zone_is_refused_with_the_fix() -> None:
    """R22: an IANA zone."""
    with pytest.raises(Misread) as refused:
        parse_zone("Europe/Pariss")
    assert str(refused.value) == (
        "not a time zone of the IANA database; "
        "fix: write an IANA name such as Europe/Paris, America/New_York or UTC"
    )
