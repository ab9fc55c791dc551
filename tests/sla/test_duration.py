"""Durations are typed (R24)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.sla.duration import Active, BusinessDays, Duration, EndOfDay, parse_duration
from streams.sla.misread import Misread


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("4h", Active(14_400_000)),
        ("90m", Active(5_400_000)),
        ("30s", Active(30_000)),
        ("250ms", Active(250)),
        ("1h30m", Active(5_400_000)),
        ("1h 30m", Active(5_400_000)),
        ("2 H", Active(7_200_000)),
        ("2bd", BusinessDays(2)),
        ("10 BD", BusinessDays(10)),
        ("end of 2bd", EndOfDay(2)),
        ("End  of 0 BD", EndOfDay(0)),
    ],
)
def test_a_duration_says_which_time_it_counts(text: str, duration: Duration) -> None:
    """R24: active time, business days or the end of one, never merely days."""
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1d", "24h for hours"),
        ("2 weeks", "14bd for business days"),
        ("24", "a number without a unit"),
        ("1.5h", "fractions"),
        ("0h", "longer than zero"),
        ("0bd", "longer than zero"),
        ("end of day", "end of 0bd for the end of the business day"),
        ("EOD", "end of 1bd for that of the next one"),
        ("end of 2d", "an end that is not that of a business day"),
        ("close of business", "an end that is not that of a business day"),
        ("end of -1bd", "an end that is not that of a business day"),
        ("endof 1bd", "not a duration"),
        ("", "not a duration"),
        ("h", "not a duration"),
        ("-4h", "not a duration"),
        ("4h2bd", "not a duration"),
        ("30m4h", "not a duration"),
        ("٤h", "not a duration"),
    ],
)
def test_what_is_no_duration_is_refused_with_the_fix(text: str, words: str) -> None:
    """R24: "within 24 h" is never left open."""
    with pytest.raises(Misread, match=words):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "said"), [("60m", "1h"), ("1h30m", "90m"), ("90s", "90s"), ("1001ms", "1001ms")]
)
def test_a_duration_is_said_in_its_longest_unit(text: str, said: str) -> None:
    """R18: equal durations have one spelling in a version's digest."""
    assert str(parse_duration(text)) == said


@given(
    st.builds(Active, st.integers(1, 10**14))
    | st.builds(BusinessDays, st.integers(1, 999))
    | st.builds(EndOfDay, st.integers(0, 999))
)
def test_what_is_said_is_read_back(duration: Duration) -> None:
    """R18: a stored policy set means what it meant."""
    assert parse_duration(str(duration)) == duration
