"""Days off (R23)."""

from __future__ import annotations

import warnings
from datetime import date

import pytest

from streams.sla.holidays_ import Holidays
from streams.sla.misread import Misread


def test_named_days_are_added_and_removed() -> None:
    """R23: minus and plus named days."""
    days = Holidays(
        "FR", add=frozenset({date(2026, 12, 24)}), remove=frozenset({date(2026, 5, 25)})
    )
    assert date(2026, 7, 14) in days.of(2026)
    assert date(2026, 12, 24) in days.of(2026)
    assert date(2026, 5, 25) not in days.of(2026)
    assert date(2026, 12, 24) not in days.of(2027)
    assert Holidays().of(2026) == frozenset()


@pytest.mark.parametrize(
    ("country", "subdivision", "words"),
    [
        ("XX", None, "no country 'XX'"),
        ("DE", "ZZ", "no subdivision 'ZZ' of DE; fix: write one of BB"),
        ("VA", "XX", "this country has none"),
        (None, "BY", "without its country"),
    ],
)
def test_a_place_that_is_not_known_is_refused(
    country: str | None, subdivision: str | None, words: str
) -> None:
    """R23: with what may be written."""
    with pytest.raises(Misread, match=words):
        Holidays(country, subdivision)


def test_a_year_that_the_package_does_not_cover_has_no_holidays_and_no_noise() -> None:
    """R23: any year that a ticket can reach."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sri_lanka = Holidays("LK")
        assert sri_lanka.of(1980) == frozenset()
        assert sri_lanka.of(9998) == frozenset()
    covered = sri_lanka.covered()
    assert covered is not None
    assert covered[1] < 2100
    assert Holidays().covered() is None
