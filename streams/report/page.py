"""The page: one HTML file that needs nothing else, no script and no network, drawn from `numbers`.

Every number on it is a `<data>` (a text a `<bdi>`) with `data-key`, its path in the JSON object,
and the value that stands there; so the two can be held against each other. What came from tickets
is escaped by the template engine, shortened, and set apart from the text's direction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from streams.insight.shares import tenths
from streams.insight.verdict import FEW, RECENT_DAYS, SPENT
from streams.report.calendar import LEAST
from streams.report.chart import Chart, lowest, margins, rates
from streams.report.event import ABSENT, event
from streams.report.language import Language, plain

Told = Mapping[str, Any]

SHOWN = 6
"""Names shown of a list of causes or segments; the rest is told as one."""
LEAST_ARRIVALS = 50
"""Tickets from which on the hours of the week are drawn."""
CASES = 12
"""Tickets named of each sign that is worth a look."""
WINDOWS, STEPS = 12, 40
"""Windows shown of a deadline's sum, steps shown of a ticket's story."""


class Values:
    """Numbers of the JSON object by path, written in a language."""

    def __init__(self, told: Told, words: Language) -> None:
        self._told, self._words = told, words
        self._zone = ZoneInfo(told["period"]["zone"])

    def at(self, path: str) -> Any:
        """Give what stands at a path such as `promises.0.met`."""
        value: Any = self._told
        for name in path.split("."):
            value = value[int(name)] if isinstance(value, Sequence) else value[name]
        return value

    def count(self, path: str) -> Markup:
        """Write a whole number."""
        return self._data(path, self._words.whole(self.at(path)))

    def percent(self, path: str, digits: int = 1, *, up: bool = False) -> Markup:
        """Write a share that has its exact fraction beside it."""
        exact = self.at(f"{path}_fraction")
        shown = self._words.percent(Fraction(*exact), digits, up=up) if exact else ABSENT
        return self._data(path, shown)

    def rounded(self, path: str, shown: str) -> Markup:
        """Write a number in a text that was made elsewhere."""
        return self._data(path, shown)

    def about(self, path: str, *, up: bool) -> Markup:
        """Write a share that is no fraction, in whole percents."""
        exact = Fraction(self.at(path)).limit_denominator(10**9)
        return self._data(path, self._words.percent(exact, 0, up=up))

    def number(self, path: str) -> Markup:
        """Write a fraction with one decimal, none where it is whole; cut off."""
        exact = Fraction(*self.at(f"{path}_fraction"))
        return self._data(path, self._words.decimal(exact, int(exact.denominator != 1)))

    def over(self, path: str) -> Markup:
        """Write how much a number that is below zero lacks, rounded up."""
        exact = -Fraction(*self.at(f"{path}_fraction"))
        digits = int(exact.denominator != 1)
        return self._data(path, self._words.decimal(exact, digits, up=True))

    def duration(self, path: str) -> Markup:
        """Write an amount of seconds."""
        return self._data(path, self._words.duration(self.at(path)))

    def money(self, path: str) -> Markup:
        """Write an amount in the currency that stands beside it."""
        currency = plain(self.at(f"{path.rpartition('.')[0]}.currency"))
        return self._data(path, self._words.money(self.at(path), currency))

    def name(self, path: str, nobody: str = "") -> Markup:
        """Write a text from outside; `nobody` where there is none."""
        value = self.at(path)
        shown = nobody if value is None else plain(value)
        return Markup('<bdi data-key="{}">{}</bdi>').format(path, shown)

    def date(self, path: str, form: str = "date") -> Markup:
        """Write a local date."""
        day = date.fromisoformat(self.at(path))
        return self._data(path, self._words.date(day, form))

    def moment(self, path: str, zone: str | None = None) -> Markup:
        """Write an instant as a local date and time."""
        return self._data(path, self.local(self.at(path), zone))

    def day(self, path: str) -> Markup:
        """Write an instant as a local date."""
        at = datetime.fromisoformat(self.at(path)).astimezone(self._zone)
        return self._data(path, self._words.date(at.date()))

    def local(self, instant: str, zone: str | None = None) -> str:
        """Write an instant in a zone, by default the page's."""
        where = self._zone if zone is None else ZoneInfo(zone)
        return self._words.moment(datetime.fromisoformat(instant).astimezone(where))

    def _data(self, path: str, shown: str) -> Markup:
        value = json.dumps(self.at(path), ensure_ascii=False)
        return Markup('<data data-key="{}" value="{}">{}</data>').format(path, value, shown)


def page(told: Told, words: Language) -> str:
    """Draw the page of these numbers."""
    environment = Environment(
        loader=PackageLoader("streams.report", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = plain
    style = (files("streams.report") / "pages" / "report.css").read_text("utf-8")
    values = Values(told, words)
    return environment.get_template("report.html").render(
        t=told,
        w=words,
        v=values,
        say=words.say,
        style=Markup(style),  # noqa: S704 - our own file
        curves=[_curve(one, words, at) for at, one in enumerate(told["promises"])],
        bars=[_bars(one, words, at) for at, one in enumerate(told["promises"])],
        rows=_rows,
        parts=lambda listed: _parts(listed, words),
        lowest=lambda one: Fraction(lowest(one), 100),
        few=FEW,
        recent_days=RECENT_DAYS,
        spent=SPENT,
        least_arrivals=LEAST_ARRIVALS,
        shown=SHOWN,
        cases=CASES,
        windows=WINDOWS,
        steps=STEPS,
        promise_name=lambda one: _promise_name(one, words),
        event=lambda one: event(one, words),
        fraction=Fraction,
    )


def _curve(one: Told, words: Language, at: int) -> Chart | None:
    return None if len(one["over_time"]) < LEAST else rates(dict(one), words, f"rate-{at}")


def _bars(one: Told, words: Language, at: int) -> Chart | None:
    return None if one["margins"] is None else margins(one["margins"], words, f"margin-{at}")


@dataclass(frozen=True, slots=True)
class Part:
    """A line of a list of shares: its place, None for the `others` together; the share as text."""

    place: int | None
    others: int
    shown: str
    share: float


def _parts(listed: Sequence[Told], words: Language) -> list[Part]:
    """Give the longest parts of a whole and the rest as one, their shares to 100.0 % (R28)."""
    shown, rest = _rows(listed)
    amounts = [round(one["seconds"] * 1000) for one in listed]
    kept = [amounts[at] for at in shown] + ([sum(amounts[at] for at in rest)] if rest else [])
    whole = max(sum(kept), 1)
    return [
        Part(
            at if at in shown else None,
            len(rest),
            words.percent(Fraction(share, 1000)),
            kept[at] / whole,
        )
        for at, share in enumerate(tenths(kept))
    ]


def _rows(listed: Sequence[Told]) -> tuple[range, range]:
    """Give the places that are shown of a list, and those that are told as one."""
    shown = len(listed) if len(listed) <= SHOWN + 1 else SHOWN
    return range(shown), range(shown, len(listed))


def _promise_name(one: Told, words: Language) -> str:
    return f"{plain(one['policy'])} · {words['metrics.' + one['metric']]}"
