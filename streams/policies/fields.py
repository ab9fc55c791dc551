"""The values of a policies file: how each is read, what it must look like, and what is refused.

Each type reads its text by a function of `streams.sla` and carries its own JSON Schema. A refusal
is a Misread, kept by pydantic as an error of type `misread` with what is wrong and the fix.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import date
from difflib import get_close_matches
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from streams.sla.duration import Active, Duration, EndOfDay, Offset, parse_duration
from streams.sla.holidays_ import Holidays
from streams.sla.hours import DAYS, Window, parse_days, parse_window
from streams.sla.misread import Misread
from streams.sla.policy import CATEGORIES, COUNTS_FROM, KINDS, METRICS, RESUME_ON, word
from streams.sla.zone import parse_zone

ALWAYS = "24x7"
Json = dict[str, Any]

_PERCENT = re.compile(r"(\d{1,6}(?:\.\d{1,9})?)\s*%", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def misread(what: str, fix: str) -> PydanticCustomError:
    """Make the error by which pydantic collects a Misread."""
    return PydanticCustomError("misread", "{what}; fix: {fix}", {"what": what, "fix": fix})


def parse_percent(text: str) -> Fraction:
    """Read "95%" as a fraction of 1, exactly; raise Misread for anything else."""
    parts = _PERCENT.fullmatch(text.strip())
    if parts is None:
        raise Misread("not a percentage", "write a number and a percent sign: 95% or 99.5%")
    return Fraction(parts[1]) / 100


def _share(what: str, *, whole: bool = True) -> Callable[[str], Fraction]:
    """Make the reader of a percentage above 0%, up to 100% or (not `whole`) below it."""

    def parse(text: str) -> Fraction:
        share = parse_percent(text)
        if not 0 < share <= 1 or (share == 1 and not whole):
            bound = "up to 100%" if whole else "below 100%, which would leave no budget"
            raise Misread(f"no {what}", f"write more than 0% and {bound}")
        return share

    return parse


def _parse_used(text: str) -> Fraction:
    share = parse_percent(text)
    if share > 1:
        raise Misread("a warning after its breach", "write 100% or less, or use after: 1h")
    if share == 0:
        raise Misread("a warning before anything happens", "write more than 0%")
    return share


def _parse_span(text: str) -> Active:
    duration = parse_duration(text)
    if isinstance(duration, Active):
        return duration
    what = "business days are fixed at a clock's start and cannot be counted off from elsewhere"
    raise Misread(what, "write active time, such as 30m or 8h")


def _parse_distance(text: str) -> Offset:
    duration = parse_duration(text)
    if not isinstance(duration, EndOfDay):
        return duration
    raise Misread("the end of a day is no distance", "write 30m, 8h or 2bd")


def _parse_currency(text: str) -> str:
    if re.fullmatch(r"[A-Z]{3}", text):
        return text
    raise Misread("not a currency code", "write an ISO 4217 code in capitals, such as EUR")


def _parse_country(text: str) -> str:
    return Holidays(text).country or text


def parse_date(text: str) -> date:
    """Read "2026-12-24"; raise Misread for anything else."""
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        raise Misread("no day of the calendar", "write a date that exists") from None
    raise Misread("not a date", "write it as year-month-day: 2026-12-24")


def _read(parse: Callable[[str], object], fix: str) -> BeforeValidator:
    """Read a value by a function from text; what is not text is refused, with the fix."""

    def read(value: object) -> object:
        if not isinstance(value, str):
            raise misread(_not_text(value), fix)
        try:
            return parse(value)
        except Misread as error:
            raise misread(error.what, error.fix) from None

    return BeforeValidator(read)


def _not_text(value: object) -> str:
    if isinstance(value, bool):
        return "true or false where a text belongs"
    if isinstance(value, int | float):
        return "a bare number where a text belongs"
    return "empty" if value is None else "a list or mapping where a text belongs"


def _one_of(what: str, names: tuple[str, ...], form: Callable[[str], str] = str) -> BeforeValidator:
    """Read one of a closed set of words."""

    def parse(text: str) -> str:
        if form(text) in names:
            return form(text)
        raise Misread(f"no {what}", meant(form(text), names))

    return _read(parse, f"write one of {', '.join(names)}")


def meant(text: str, names: Iterable[str]) -> str:
    """Word the fix for an unknown word: the nearest known one, else all of them."""
    known = list(names)
    near = get_close_matches(text, known, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else f"write one of {', '.join(known)}"


def _plain(text: str) -> str:
    if not text.strip():
        raise Misread("an empty text", "write a word")
    return text.strip()


def _scalar(value: object) -> object:
    if value is None:
        raise misread(
            "empty, and an absent attribute never matches", "leave it out, or name values"
        )
    if isinstance(value, list | dict) or (isinstance(value, float) and not math.isfinite(value)):
        raise misread("not a plain value", "write texts, numbers, true or false")
    return value


def _amount(value: object) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise misread("not an amount", "write a plain number, such as 5000 or 199.90")
    amount = Fraction(str(value)) if math.isfinite(value) else Fraction(-1)
    if amount < 0:
        raise misread("not an amount", "write a number of zero or more")
    if amount > _LARGEST_AMOUNT:
        raise misread("too large an amount", "write a number up to 1000000000000")
    return amount


def _level(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LEVELS:
        raise misread("not a level", f"write a whole number from 0 to {_LEVELS}")
    return value


def _as_list(value: object) -> object:
    """Take a single value for a list of it, where no list could be confused with it."""
    if value is None:
        raise misread("empty", "write a value or a list, or leave the key out")
    return value if isinstance(value, list | dict) else [value]


_LEVELS = 99
_LARGEST_AMOUNT = 10**12
"""So that cents stay exact in JSON, whose numbers have 53 bits in many a reader."""
_WINDOW_PATTERN = r"^\d{1,2}:\d{2}(:\d{2})?\s*[-\u2013]\s*\d{1,2}:\d{2}(:\d{2})?$"
_SPAN = r"(\d+\s*h)?\s*(\d+\s*m)?\s*(\d+\s*s)?\s*(\d+\s*ms)?"
_SPAN_PATTERN = rf"^{_SPAN}$"
_DISTANCE_PATTERN = rf"^(\d+\s*bd|{_SPAN})$"
_DURATION_PATTERN = rf"^((end\s+of\s+)?\d+\s*bd|{_SPAN})$"
_PERCENT_PATTERN = r"^\d{1,6}(\.\d{1,9})?\s*%$"
_DAY = f"({'|'.join(DAYS)})[a-z]*"
_DAYS_PATTERN = rf"^{_DAY}(\s*[-\u2013,]\s*{_DAY})*$"


def _schema(pattern: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema(
        {"type": "string", "pattern": pattern, "minLength": 1, "examples": list(examples)}
    )


def _enum(names: tuple[str, ...]) -> WithJsonSchema:
    return WithJsonSchema({"enum": list(names)})


def _listed(item: Json, *, least: int = 0) -> WithJsonSchema:
    """Describe a list for which a single value may stand."""
    many: Json = {"type": "array", "items": item} | ({"minItems": least} if least else {})
    return WithJsonSchema({"anyOf": [item, many]})


_WORD: Json = {"type": "string", "minLength": 1}
_WINDOW: Json = {
    "type": "string", "pattern": _WINDOW_PATTERN, "examples": ["09:00-17:00", "22:00-06:00"],
}  # fmt: skip
_SCALAR: Json = {"type": ["string", "number", "boolean"]}

_PERCENT_FIX = "write it with its percent sign, such as 95%"
_SHARE = _schema(_PERCENT_PATTERN, "95%", "99.5%")
_TIME_FIX = "write it with its unit: 30s, 15m, 4h, 2bd or end of 1bd"
Objective = Annotated[Fraction, _read(_share("objective", whole=False), _PERCENT_FIX), _SHARE]
Used = Annotated[Fraction, _read(_parse_used, _PERCENT_FIX), _SHARE]
Rate = Annotated[Fraction, _read(_share("rate"), _PERCENT_FIX), _SHARE]
OfFee = Annotated[Fraction, _read(_share("share of the fee"), _PERCENT_FIX), _SHARE]
Span = Annotated[
    Active,
    _read(_parse_span, "write it with its unit: 30s, 15m or 4h"),
    _schema(_SPAN_PATTERN, "15m", "4h"),
]
Distance = Annotated[
    Offset,
    _read(_parse_distance, "write it with its unit: 30s, 15m, 4h or 2bd"),
    _schema(_DISTANCE_PATTERN, "15m", "4h", "2bd"),
]
Time = Annotated[
    Duration,
    _read(parse_duration, _TIME_FIX),
    _schema(_DURATION_PATTERN, "15m", "4h", "2bd", "end of 1bd"),
]
Day = Annotated[
    date,
    _read(parse_date, "write it as year-month-day: 2026-12-24"),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-12-24"]}),
]
Text = Annotated[str, _read(_plain, "put quotes around it"), WithJsonSchema(_WORD)]
Hours = Annotated[
    list[Annotated[Window, _read(parse_window, 'write it in quotes: "09:00-17:00"')]],
    BeforeValidator(_as_list),
    _listed(_WINDOW),
]
Days = Annotated[str, _read(lambda text: parse_days(text) and text, "write mon, tue or mon-fri")]
Week = Annotated[
    dict[Days, Hours],
    BeforeValidator(lambda value: {"mon-sun": ["00:00-24:00"]} if value == ALWAYS else value),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": ALWAYS},
                {
                    "type": "object",
                    "propertyNames": {"pattern": _DAYS_PATTERN},
                    "additionalProperties": {
                        "anyOf": [_WINDOW, {"type": "array", "items": _WINDOW}],
                    },
                },
            ]
        }
    ),
]
Dates = Annotated[list[Day], BeforeValidator(_as_list)]
Words = Annotated[list[Text], BeforeValidator(_as_list), _listed(_WORD)]
Values = Annotated[
    list[Annotated[Any, BeforeValidator(_scalar)]],
    BeforeValidator(_as_list),
    Field(min_length=1),
    _listed(_SCALAR, least=1),
]
Metric = Annotated[str, _one_of("metric", METRICS), _enum(METRICS)]
Metrics = Annotated[list[Metric], BeforeValidator(_as_list), _listed({"enum": list(METRICS)})]
Category = Annotated[str, _one_of("category", CATEGORIES, word), _enum(CATEGORIES)]
CountsFrom = Annotated[str, _one_of("instant to count from", COUNTS_FROM), _enum(COUNTS_FROM)]
Kind = Annotated[str, _one_of("kind", KINDS), _enum(KINDS)]
Resume = Annotated[
    list[Annotated[str, _one_of("event that resumes", RESUME_ON)]],
    BeforeValidator(_as_list),
    _listed({"enum": list(RESUME_ON)}),
]
Zone = Annotated[
    str, _read(lambda text: parse_zone(text).key, "write an IANA name such as Europe/Paris")
]
Country = Annotated[
    str, _read(_parse_country, "write an ISO code in quotes"), WithJsonSchema(_WORD)
]
Statuses = Annotated[
    dict[Category, Words],
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"enum": list(CATEGORIES)},
            "additionalProperties": {"anyOf": [_WORD, {"type": "array", "items": _WORD}]},
        }
    ),
]
Targets = Annotated[
    dict[Metric, dict[str, Time]],
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"enum": list(METRICS)},
            "minProperties": 1,
            "additionalProperties": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {"type": "string", "pattern": _DURATION_PATTERN},
            },
        }
    ),
]
Level = Annotated[
    int,
    BeforeValidator(_level),
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": _LEVELS}),
]
Money = Annotated[
    Fraction,
    BeforeValidator(_amount),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": _LARGEST_AMOUNT}),
]
Currency = Annotated[
    str, _read(_parse_currency, "write a code such as EUR"), _schema("^[A-Z]{3}$", "EUR")
]
