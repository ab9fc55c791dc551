"""Instants: RFC 3339 outside, integer ms inside."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.wire import instant


@given(st.integers(instant.EARLIEST, instant.LATEST - 1))
def test_what_is_written_reads_back(at: int) -> None:
    """Both ways, to the millisecond."""
    assert instant.parse(instant.show(at)) == at


@given(st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31)))  # noqa: DTZ001
def test_microseconds_are_cut_never_rounded(moment: datetime) -> None:
    """R5: a rounded instant could pass a deadline."""
    text = moment.replace(tzinfo=UTC).isoformat()
    assert instant.parse(text) == int(
        moment.replace(microsecond=0, tzinfo=UTC).timestamp()
    ) * 1000 + (moment.microsecond // 1000)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-03-27T15:00:00.000Z", 1774623600000),
        ("2026-03-27T16:00:00+01:00", 1774623600000),
        ("2026-03-27 16:00:00.0009+01:00", 1774623600000),
        ("2026-03-27t15:00:00z", 1774623600000),
    ],
)
def test_offsets_spaces_and_fractions_are_read(text: str, ms: int) -> None:
    """What RFC 3339 allows."""
    assert instant.parse(text) == ms


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-03-27",
        "2026-03-27T15:00:00",
        "1774623600000",
        "2026-02-30T00:00:00Z",
        "20260327T150000Z",
    ],
)
def test_what_names_no_instant_is_refused_with_the_fix(text: str) -> None:
    """Without an offset nobody knows when it was."""
    with pytest.raises(instant.NotAnInstant, match="write it like 2026"):
        instant.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "9999-12-31T23:59:59Z",
        "1969-12-31T23:59:59.999Z",
        "2200-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:00",
    ],
)
def test_instants_that_must_be_mistakes_are_out_of_range(text: str) -> None:
    """One of them would drag a ticket's whole time along."""
    with pytest.raises(instant.OutOfRange, match="1970 to 2199"):
        instant.parse(text)
