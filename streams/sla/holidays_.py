"""The whole days on which a schedule does not open (R23).

By country and subdivision, observed days included, as the `holidays` package gives them, plus and
minus named days. A year is asked for when a ticket reaches it. For a year that the package does not
cover (`covered`) there are only the named days: a gap is never an error.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import holidays

from streams.sla.misread import Misread


@dataclass(frozen=True, slots=True)
class Holidays:
    """The days off of a schedule: those of a place, plus `add`, minus `remove`."""

    country: str | None = None
    subdivision: str | None = None
    add: frozenset[date] = frozenset()
    remove: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        """Refuse a place that the `holidays` package does not know."""
        if self.country is None:
            if self.subdivision is not None:
                raise Misread("a subdivision without its country", "name the country, e.g. DE")
            return
        known = _subdivisions()
        if self.country not in known:
            fix = "write an ISO 3166 code in capitals, such as FR, DE, US or GB"
            raise Misread(f"no country '{self.country}' in the holidays package", fix)
        if self.subdivision is not None and self.subdivision not in known[self.country]:
            names = ", ".join(known[self.country])
            fix = f"write one of {names}" if names else "leave it out; this country has none"
            raise Misread(f"no subdivision '{self.subdivision}' of {self.country}", fix)

    def of(self, year: int) -> frozenset[date]:
        """Name the days off of a year."""
        public = _public(self.country, self.subdivision, year) if self.country else frozenset()
        return (public | {day for day in self.add if day.year == year}) - self.remove

    def covered(self) -> tuple[int, int] | None:
        """Say for which years the package knows the country's holidays; None without a country."""
        if self.country is None:
            return None
        days = holidays.country_holidays(self.country, subdiv=self.subdivision)
        return days.start_year, days.end_year


@lru_cache(maxsize=1)
def _subdivisions() -> dict[str, list[str]]:
    return holidays.list_supported_countries(include_aliases=True)


@lru_cache(maxsize=4096)
def _public(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a year outside `covered` is no error
        return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))
