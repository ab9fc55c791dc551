"""A language of the report: its texts, and how it writes numbers, dates and durations.

A language is a catalogue, words/xx.yaml; every one has the same keys. Texts are trusted, what is
filled into them is not: `say` gives markup in which that is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from functools import cache
from importlib.resources import files
from math import ceil, floor
from typing import Any

import yaml
from markupsafe import Markup, escape

MINUS = "\N{MINUS SIGN}"
LONGEST = 60
"""Letters that are shown of a name from outside: an id may have thousands."""


@dataclass(frozen=True, slots=True)
class Language:
    """Texts by key, `part.name`; those with forms by number are keyed by `.one` and `.other`."""

    texts: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        """Give a text as it is."""
        return self.texts[key]

    def say(self, key: str, n: int | None = None, **values: object) -> Markup:
        """Fill a text in; `n` chooses the form and fills `{n}`, unless that is given as `shown`."""
        if n is not None:
            values["n"] = values.pop("shown", self.whole(n))
            if key not in self.texts:
                key += ".one" if str(n) in self["form.ones"].split() else ".other"
        return Markup(escape(self.texts[key])).format(**values)  # noqa: S704 - the text is escaped

    def whole(self, number: int) -> str:
        """Write a whole number."""
        return f"{number:,}".replace(",", self["form.group"])

    def decimal(self, number: Fraction, digits: int, *, up: bool = False) -> str:
        """Write a number with so many decimals, cut off downwards, or rounded up."""
        scaled = (ceil if up else floor)(number * 10**digits)
        whole, rest = divmod(abs(scaled), 10**digits)
        text = self.whole(whole) + (f"{self['form.decimal']}{rest:0{digits}}" if digits else "")
        return f"{MINUS}{text}" if scaled < 0 else text

    def percent(self, share: Fraction, digits: int = 1, *, up: bool = False) -> str:
        """Write a share, cut off or rounded up; whole percents without decimals."""
        percent = share * 100
        if percent.denominator == 1:
            digits = 0
        return self["form.percent"].format(number=self.decimal(percent, digits, up=up))

    def duration(self, seconds: float) -> str:
        """Say an amount in hours, minutes and, below ten minutes, seconds.

        Never in days, which are no amount of active time.
        """
        rest = round(seconds)
        parts = []
        for unit, length in (("hours", 3600), ("minutes", 60), ("seconds", 1)):
            count, rest = divmod(rest, length)
            if unit == "seconds" and seconds >= 600:
                break
            if count:
                parts.append(self[f"form.{unit}"].format(n=self.whole(count)))
        return "\u00a0".join(parts) or self["form.none"]

    def date(self, day: date, form: str = "date") -> str:
        """Write a date: `date`, `short_date` or `month`."""
        names = {"day": day.day, "month": self[f"months.{day.month}"], "year": day.year}
        return self[f"form.{form}"].format(**names)

    def date_of(self, text: str, form: str = "date") -> str:
        """Write a date that is given as ISO 8601 text."""
        return self.date(date.fromisoformat(text), form)

    def moment(self, at: datetime) -> str:
        """Write a local date and time of day."""
        return self["form.moment"].format(date=self.date(at.date()), time=self.time(at))

    def time(self, at: datetime) -> str:
        """Write a time of day."""
        return self["form.time"].format(hour=f"{at:%H}", minute=f"{at:%M}")

    def money(self, amount: float, currency: str) -> str:
        """Write an amount of money with two decimals."""
        shown = self.decimal(Fraction(round(amount * 100), 100), 2)
        return self["form.money"].format(amount=shown, currency=currency)


@cache
def language(name: str) -> Language:
    """Load a language of LANGUAGES."""
    text = (files("streams.report") / "words" / f"{name}.yaml").read_text("utf-8")
    return Language(dict(_flat("", yaml.safe_load(text))))


def _flat(place: str, told: Mapping[str, Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in told.items():
        key = f"{place}.{name}" if place else str(name)
        found += _flat(key, value) if isinstance(value, dict) else [(key, str(value))]
    return found


def plain(text: str) -> str:
    """Keep what upstream wrote from hiding or turning the text around it; cut it where it is long.

    The same letters are kept as on the terminal.
    """
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return "".join(letter if letter.isprintable() else "·" for letter in shown)
