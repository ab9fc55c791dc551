"""The policies file as a document: which keys there are and what their values may be.

From here comes the JSON Schema that `sla policies schema` prints. What takes more than one field to
judge stands in `checks`; what a value means, in `streams.sla`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import date as Date  # noqa: N812  # a field is called date
from difflib import get_close_matches
from fractions import Fraction
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from streams.policies.fault import Path
from streams.sla.duration import Active, Duration, parse_duration
from streams.sla.holidays_ import Holidays
from streams.sla.hours import DAYS, Window, parse_days, parse_window
from streams.sla.misread import Misread
from streams.sla.policy import CATEGORIES, KINDS, METRICS, RESUME_ON, word
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


def _parse_currency(text: str) -> str:
    if re.fullmatch(r"[A-Z]{3}", text):
        return text
    raise Misread("not a currency code", "write an ISO 4217 code in capitals, such as EUR")


def _parse_country(text: str) -> str:
    return Holidays(text).country or text


def parse_date(text: str) -> Date:
    """Read "2026-12-24"; raise Misread for anything else."""
    try:
        if _DATE.fullmatch(text):
            return Date.fromisoformat(text)
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
    return amount


def _level(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LEVELS:
        raise misread("not a level", f"write a whole number from 0 to {_LEVELS}")
    return value


def _as_list(value: object) -> object:
    """Take a single value for a list of it, where no list could be confused with it."""
    return value if isinstance(value, list | dict) or value is None else [value]


_LEVELS = 99
_WINDOW_PATTERN = r"^\d{1,2}:\d{2}(:\d{2})?\s*[-\u2013]\s*\d{1,2}:\d{2}(:\d{2})?$"
_SPAN = r"(\d+\s*h)?\s*(\d+\s*m)?\s*(\d+\s*s)?\s*(\d+\s*ms)?"
_SPAN_PATTERN = rf"^{_SPAN}$"
_DURATION_PATTERN = rf"^(\d+\s*bd|{_SPAN})$"
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
_TIME_FIX = "write it with its unit: 30s, 15m, 4h or 2bd"
Objective = Annotated[Fraction, _read(_share("objective", whole=False), _PERCENT_FIX), _SHARE]
Used = Annotated[Fraction, _read(_parse_used, _PERCENT_FIX), _SHARE]
Rate = Annotated[Fraction, _read(_share("rate"), _PERCENT_FIX), _SHARE]
OfFee = Annotated[Fraction, _read(_share("share of the fee"), _PERCENT_FIX), _SHARE]
Span = Annotated[
    Active,
    _read(_parse_span, "write it with its unit: 30s, 15m or 4h"),
    _schema(_SPAN_PATTERN, "15m", "4h"),
]
Time = Annotated[
    Duration,
    _read(parse_duration, _TIME_FIX),
    _schema(_DURATION_PATTERN, "15m", "4h", "2bd"),
]
Day = Annotated[
    Date,
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
Kind = Annotated[str, _one_of("kind", KINDS), _enum(KINDS)]
Resume = Annotated[
    list[Annotated[str, _one_of("event that resumes", RESUME_ON)]],
    BeforeValidator(_as_list),
    _listed({"enum": list(RESUME_ON)}),
]


class Shape(BaseModel):
    """A mapping with known keys; a key without a value counts as not given, where it may be."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        optional = {f.alias or name for name, f in cls.model_fields.items() if not f.is_required()}
        return {key: v for key, v in value.items() if v is not None or key not in optional}


def _exactly_one(shape: Shape, names: tuple[str, ...], what: str, example: str) -> None:
    said = [name for name in names if getattr(shape, name) is not None]
    if len(said) != 1:
        fix = f"keep one of {', '.join(said)}" if said else f"add one, such as {example}"
        raise misread(f"{what} has exactly one of {', '.join(names)}", fix)


class HolidaysShape(Shape):
    """Whole days off: those of a place, plus and minus named days."""

    country: (
        Annotated[str, _read(_parse_country, "write an ISO code in quotes"), WithJsonSchema(_WORD)]
        | None
    ) = Field(default=None, description="ISO 3166 code of the holidays package")
    subdivision: Text | None = Field(default=None, description="a part of it, e.g. BY for Bavaria")
    add: Dates = Field(default=[], description="days off besides")
    remove: Dates = Field(default=[], description="holidays on which you do open")


class ExceptionShape(Shape):
    """A day, or days from…to, with hours of their own, or closed for a part."""

    date: Day | None = None
    from_: Day | None = Field(default=None, alias="from")
    to: Day | None = None
    hours: Hours | None = Field(
        default=None, description="replace that day's hours, holiday or not; [] closes it"
    )
    closed: Hours = Field(default=[], description="spans of that day in which nothing is open")

    @model_validator(mode="after")
    def _clear(self) -> Self:
        days = (self.from_, self.to)
        if (None in days) if self.date is None else days != (None, None):
            raise misread("an exception has its day, or its days", "write date:, or from: and to:")
        if self.last < self.first:
            raise misread("an exception that ends before it begins", "swap from: and to:")
        if self.hours is None and not self.closed:
            what = "an exception that changes nothing"
            raise misread(what, "add hours: ([] closes the day) or closed:")
        return self

    @property
    def first(self) -> Date:
        """Name its first day."""
        return self.date or self.from_ or Date.min

    @property
    def last(self) -> Date:
        """Name its last day."""
        return self.date or self.to or Date.max


class ScheduleShape(Shape):
    """When time counts, in local time."""

    time_zone: Annotated[
        str, _read(lambda text: parse_zone(text).key, "write an IANA name such as Europe/Paris")
    ] = Field(default="UTC", description="IANA name", examples=["Europe/Paris"])
    hours: Week = Field(
        default={},
        description="day, range or list of days → windows; a window may pass midnight "
        "and then belongs to the day of its opening",
    )
    holidays: Annotated[
        HolidaysShape,
        BeforeValidator(lambda value: {"add": value} if isinstance(value, list) else value),
    ] = HolidaysShape()
    exceptions: list[ExceptionShape] = Field(
        default=[], description="win over hours and holidays; of two for a day, the later one holds"
    )


def _always_or_rules(value: object) -> str:
    return "<24x7>" if isinstance(value, str) else "<rules>"


TAGS = ("<24x7>", "<rules>")
"""What pydantic puts into the path of a fault to tell the two forms of a schedule apart."""

ScheduleEntry = Annotated[
    Annotated[Literal["24x7"], Tag(TAGS[0])] | Annotated[ScheduleShape, Tag(TAGS[1])],
    Discriminator(_always_or_rules),
]


class PauseShape(Shape):
    """What makes clocks stand still."""

    statuses: Words | None = Field(
        default=None, description="categories, or words of yours; [pending]"
    )
    metrics: Metrics | None = Field(
        default=None, description="which clocks; the resolution metrics"
    )
    resume_on: Resume = Field(
        default=[], description="what ends a pause besides a change of status"
    )


class WarningShape(Shape):
    """A warning: exactly one of at, left and after."""

    at: Used | None = Field(default=None, description="share of the target used")
    left: Span | None = Field(default=None, description="active time before the breach")
    after: Span | None = Field(default=None, description="active time after the breach")
    level: Annotated[int, BeforeValidator(_level)] | None = Field(
        default=None, description="escalation level", ge=0, le=_LEVELS
    )
    notify: Words = Field(
        default=[], description="whom it addresses: assignee, lead, manager, a team"
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        _exactly_one(self, ("at", "left", "after"), "a warning", "at: 80%")
        return self


class CreditShape(Shape):
    """A line of the credit table: exactly one of below and late."""

    below: Rate | None = Field(default=None, description="monthly compliance below this share")
    late: Span | None = Field(
        default=None, description="a breach this much active time late, or more"
    )
    credit: OfFee = Field(description="earns this share of the fee")

    @model_validator(mode="after")
    def _one(self) -> Self:
        _exactly_one(self, ("below", "late"), "a credit", "below: 95%")
        return self


class ContractShape(Shape):
    """What breaches may cost."""

    account: Text
    monthly_fee: Annotated[
        Fraction, BeforeValidator(_amount), WithJsonSchema({"type": "number", "minimum": 0})
    ]
    currency: Annotated[
        str, _read(_parse_currency, "write a code such as EUR"), _schema("^[A-Z]{3}$", "EUR")
    ] = Field(description="ISO 4217 code")
    credits: list[CreditShape] = []
    cap: OfFee | None = Field(
        default=None, description="the most that a month can earn, of the fee"
    )


class PolicyShape(Shape):
    """A named promise."""

    name: Text
    kind: Kind = Field(
        default="sla", description="sla: promised outside; olo: the objective inside"
    )
    match: dict[str, Values] = Field(
        default={},
        description="attribute → value or values (one of); an absent attribute never matches",
    )
    schedule: Text = Field(description="a name from schedules, or 24x7")
    objective: Objective = Field(default=Fraction(95, 100), description="95% unless said")
    targets: Annotated[
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
    ] = Field(description="metric → priority → duration; default is any other priority")
    pause: PauseShape = PauseShape()
    warnings: list[WarningShape] = []
    contract: ContractShape | None = None


class Document(Shape):
    """A policies file of sla-streams: schedules, and promises in order; the first match wins."""

    version: Literal[1] = 1
    statuses: dict[Category, Words] = Field(
        default={}, description="category → the words for it in your system"
    )
    schedules: dict[str, ScheduleEntry] = Field(default={}, description="name → when time counts")
    policies: Annotated[list[PolicyShape], Field(min_length=1)]


SHAPES: dict[tuple[str, ...], type[Shape]] = {
    (): Document,
    ("schedules", "*"): ScheduleShape,
    ("schedules", "*", "holidays"): HolidaysShape,
    ("schedules", "*", "exceptions", "*"): ExceptionShape,
    ("policies", "*"): PolicyShape,
    ("policies", "*", "pause"): PauseShape,
    ("policies", "*", "warnings", "*"): WarningShape,
    ("policies", "*", "contract"): ContractShape,
    ("policies", "*", "contract", "credits", "*"): CreditShape,
}
"""Where which shape stands, to name the keys that would have been known."""


def known_keys(path: Path) -> list[str]:
    """Name the keys that a mapping at a path may have; none where they are free."""
    for where, shape in SHAPES.items():
        if len(where) == len(path) and all(
            step in ("*", there) for step, there in zip(where, path, strict=True)
        ):
            return [field.alias or name for name, field in shape.model_fields.items()]
    return []
