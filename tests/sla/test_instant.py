"""Instants as text, exact to the millisecond (R5)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.sla.instant import format_instant, parse_instant
from streams.sla.misread import Misread


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2024-01-15T11:00:00Z", "2024-01-15T11:00:00Z"),
        ("2024-01-15t11:00:00.5z", "2024-01-15T11:00:00.500Z"),
        ("2024-01-15 11:00:00.123000+05:45", "2024-01-15T05:15:00.123Z"),
        ("2024-01-15T11:00:00-03:30", "2024-01-15T14:30:00Z"),
        ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
    ],
)
def test_an_instant_is_read_with_its_zone_and_said_in_utc(text: str, said: str) -> None:
    """Milliseconds are said only where there are any."""
    assert format_instant(parse_instant(text)) == said


@pytest.mark.parametrize(
    "text",
    ["", "2024-01-15", "2024-01-15T11:00:00", "2024-01-15T11:00Z", "20240115T110000Z",
     "2024-02-30T11:00:00Z", "2024-01-15T24:00:00Z", "2024-01-15T11:60:00Z",
     "2024-01-15T11:00:60Z", "2024-01-15T11:00:00.0001Z", "2024-01-15T11:00:00+24:00",
     "2024-01-15T11:00:00+01:75", "0000-01-01T00:00:00Z", "now"],
)  # fmt: skip
def test_what_is_no_instant_is_refused_with_the_fix(text: str) -> None:
    """Nothing is guessed, and nothing is rounded."""
    with pytest.raises(Misread, match="fix: "):
        parse_instant(text)


def test_an_instant_beyond_the_calendar_cannot_be_said() -> None:
    """Where a deadline would be in the year 10000."""
    for instant in (10**18, -(10**18)):
        with pytest.raises(Misread, match="outside the years"):
            format_instant(instant)


@given(st.datetimes(timezones=st.just(UTC)))
def test_it_agrees_with_the_standard_library(moment: datetime) -> None:
    """An oracle that was not written here."""
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    instant = parse_instant(moment.isoformat(timespec="milliseconds"))
    assert datetime.fromisoformat(format_instant(instant)) == moment
