"""A language of the notices: its words, and how it writes numbers, durations and instants.

A language is a file, words/xx.yaml; every one has the same keys. What is filled into a text is not
looked into for more to fill in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import yaml

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_BREAK = "\u00a0"


@dataclass(frozen=True, slots=True)
class Language:
    """Texts by key, `part.name`; those with forms by number end in `.one` and `.other`."""

    texts: Mapping[str, str]

    def say(self, key: str, n: int | None = None, **values: object) -> str:
        """Fill a text in; `n` chooses the form, and fills `{n}`."""
        if n is not None:
            values["n"] = n
            if key not in self.texts:
                key += ".one" if str(n) in self.texts["form.ones"].split() else ".other"
        return self.texts[key].format(**values)

    def word(self, part: str, name: str) -> str:
        """Give the word for a name of ours, the name itself where there is none."""
        return self.texts.get(f"{part}.{name}", name)

    def duration(self, seconds: float) -> str:
        """Say an amount in hours, minutes and, below ten minutes, seconds.

        Never in days, which are no amount of active time.
        """
        rest = round(abs(seconds))
        parts = []
        with_seconds = rest < 600
        for unit, length in (("hours", 3600), ("minutes", 60), ("seconds", 1)):
            count, rest = divmod(rest, length)
            if count and (unit != "seconds" or with_seconds):
                parts.append(self.say(f"form.{unit}", n=count))
        return _NO_BREAK.join(parts) or self.texts["form.none"]

    def moment(self, at: int, zone: ZoneInfo) -> str:
        """Write an instant (ms UTC) in a zone, with the zone's short name."""
        local = (_EPOCH + timedelta(milliseconds=at)).astimezone(zone)
        return self.say(
            "form.moment",
            day=local.day,
            month=self.texts[f"months.{local.month}"],
            year=local.year,
            hour=f"{local:%H}",
            minute=f"{local:%M}",
            zone=local.tzname(),
        )

    def money(self, amount: float, currency: str) -> str:
        """Write an amount of money with two decimals."""
        shown = f"{amount:.2f}".replace(".", self.texts["form.decimal"])
        return self.say("form.money", amount=shown, currency=currency)

    def list(self, parts: list[str]) -> str:
        """Write several as one."""
        return self.texts["form.list"].join(parts)

    def line(self, label: str, value: str) -> str:
        """Write a label and what it labels."""
        return self.say("form.line", label=label, value=value)


@cache
def language(name: str) -> Language:
    """Load a language, `en` or `fr`."""
    text = (files("streams.notify") / "words" / f"{name}.yaml").read_text("utf-8")
    return Language(dict(_flat("", yaml.safe_load(text))))


def _flat(place: str, told: Mapping[str, Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in told.items():
        key = f"{place}.{name}" if place else str(name)
        found += _flat(key, value) if isinstance(value, dict) else [(key, str(value))]
    return found
