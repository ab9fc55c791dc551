"""The parts that mappings are made of: file, times, columns.

Decisions that bind this module:

- A mapping names every column that is read. What it does not name is ignored, so a final value
  that stands on every row (a resolution time, an outcome) cannot leak into the stream early.
- A CSV export must have the columns that are named, for one that is missing is a mistake more
  often than a choice; what users leave out of an export at will is listed under `optional`.
"""

from __future__ import annotations

import codecs
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    field_validator,
)

from streams.history.moment import Moments

Scalar = str | int | float | bool | None
Author = Literal["customer", "agent", "bot"]

RESERVED = {"author", "public", "message_id", "into", "reason"}
"""Names in the data of a ticket event that are not attributes of the ticket."""


class Strict(BaseModel):
    """A part of a mapping; a key it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FileShape(Strict):
    """How the bytes of the export are to be read.

    `list` names the list of rows in a JSON object that holds several; `inside` the one key of an
    object that is only a wrapping, as in `{"ticket": {…}}`.
    """

    format: Literal["auto", "csv", "json", "ndjson"] = "auto"
    encoding: str = "utf-8-sig"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote: str = Field(default='"', min_length=1, max_length=1)
    unknown: tuple[str, ...] = ("",)
    list: str | None = Field(default=None, min_length=1)
    inside: str | None = Field(default=None, min_length=1)

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            codecs.lookup(value)
        except LookupError as error:
            message = "is not a known encoding; use one such as utf-8, cp1252 or latin-1"
            raise ValueError(message) from error
        return value


class TimeShape(Strict):
    """How times are written: formats tried in order, and the zone of those without one."""

    formats: tuple[str, ...] = Field(default=("iso8601",), min_length=1)
    zone: str = "UTC"

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, KeyError, OSError) as error:
            message = "is not an IANA time zone; use one such as UTC or Europe/Paris"
            raise ValueError(message) from error
        return value

    @field_validator("formats")
    @classmethod
    def _usable_formats(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for form in value:
            Moments.check(form)
        return value


class Column(Strict):
    """A column, with what to make of its values."""

    column: str = Field(min_length=1)
    values: dict[str, Scalar] = {}
    split: str | None = Field(default=None, min_length=1)


class Voice(Column):
    """A column that tells who spoke, or whether in public.

    With `same_as` its value is first made true or false: whether it equals that other column's.
    """

    same_as: str | None = Field(default=None, min_length=1)


def _column(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


def _free_names(value: dict[str, Column]) -> dict[str, Column]:
    taken = sorted(RESERVED & set(value))
    if taken:
        message = f"{taken[0]!r} is not an attribute of a ticket; choose another name"
        raise ValueError(message)
    return value


ColumnOrName = Annotated[Column, BeforeValidator(_column)]
Public = StrictBool | Annotated[Voice, BeforeValidator(_column)]
Attributes = Annotated[dict[str, ColumnOrName], AfterValidator(_free_names)]


class Shape(Strict):
    """What every mapping has."""

    version: Literal[1] = 1
    source: str = Field(min_length=1)
    file: FileShape = FileShape()
    time: TimeShape = TimeShape()
    ticket: str = Field(min_length=1)
    optional: tuple[str, ...] = ()

    def columns(self) -> list[str]:
        """Name every column that is read, each once, in the mapping's order."""
        return list(dict.fromkeys([self.ticket, *self._own_columns()]))

    def needed(self) -> list[str]:
        """Name the columns that a CSV export must have."""
        return [column for column in self.columns() if column not in self.optional]

    def _own_columns(self) -> list[str]:
        raise NotImplementedError


class Plain(Shape):
    """What a mapping has whose rows are tickets, whole or as they stood."""

    attributes: Attributes = {}
    author: Author | Voice = "customer"
    public: Public = True

    def _own_columns(self) -> list[str]:
        named = self._time_columns()
        named += [column.column for column in self.attributes.values()]
        return named + voices(self.author, self.public)

    def _time_columns(self) -> list[str]:
        raise NotImplementedError


def voices(*parts: object) -> list[str]:
    """Name the columns that tell who spoke, and how."""
    said = [part for part in parts if isinstance(part, Voice)]
    return [name for part in said for name in (part.column, part.same_as) if name]
