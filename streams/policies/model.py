"""The policies file as a document: which keys there are.

From here comes the JSON Schema that `sla policies schema` prints. What the values may be stands in
`fields`; what takes more than one part of the file to judge, in `checks`.
"""

from __future__ import annotations

from datetime import date as Date  # noqa: N812  # a field is called date
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)

from streams.policies.fault import Path
from streams.policies.fields import (
    Country,
    CountsFrom,
    Currency,
    Dates,
    Day,
    Distance,
    Hours,
    Kind,
    Level,
    Metrics,
    Money,
    Objective,
    OfFee,
    Rate,
    Resume,
    Span,
    Statuses,
    Targets,
    Text,
    Used,
    Values,
    Week,
    Words,
    Zone,
    misread,
)
from streams.sla.policy import START, WORDS


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

    country: Country | None = Field(
        default=None, description="ISO 3166 code of the holidays package"
    )
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

    time_zone: Zone = Field(default="UTC", description="IANA name", examples=["Europe/Paris"])
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
    left: Distance | None = Field(
        default=None, description="active time, or business days, before the breach"
    )
    after: Distance | None = Field(
        default=None, description="active time, or business days, after the breach"
    )
    level: Level | None = Field(default=None, description="escalation level")
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
        default=None, description="a breach more than this much active time late"
    )
    credit: OfFee = Field(description="earns this share of the fee")

    @model_validator(mode="after")
    def _one(self) -> Self:
        _exactly_one(self, ("below", "late"), "a credit", "below: 95%")
        return self


class ContractShape(Shape):
    """What breaches may cost."""

    account: Text
    monthly_fee: Money
    currency: Currency = Field(description="ISO 4217 code")
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
    targets: Targets = Field(
        description="metric → priority → duration; default is any other priority"
    )
    pause: PauseShape = PauseShape()
    warnings: list[WarningShape] = []
    counts_from: CountsFrom = Field(
        default=START,
        description="start: clocks count from their start, however late the policy came to match; "
        "match: from when it did",
    )
    bots_answer: bool = Field(default=False, description="a bot's public message is an answer")
    contract: ContractShape | None = None

    @field_validator("match")
    @classmethod
    def _words(cls, match: dict[str, Values]) -> dict[str, Values]:
        """Read numbers as words where events' numbers are read so, or they would never match."""
        return {
            name: [str(value) if type(value) in (int, float) else value for value in values]
            if name in WORDS
            else values
            for name, values in match.items()
        }


class Document(Shape):
    """A policies file of sla-streams: schedules, and promises in order; the first match wins."""

    version: Literal[1] = 1
    statuses: Statuses = Field(default={}, description="category → the words for it in your system")
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
