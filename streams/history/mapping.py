"""What a mapping says: which column of an export is what, in one small YAML file.

Decisions that bind this module:

- A mapping names every column that is read. What it does not name is ignored, so a final value
  that stands on every row (a resolution time, an outcome) cannot leak into the stream early.
- Keys of a mapping file are always text, so a status `-100` or `yes` needs no quotes.
- All problems of a file are told at once, each with line, field, value and fix.
"""

from __future__ import annotations

import codecs
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from streams.history.moment import Moments
from streams.history.problem import MappingError, Problem, problems_of
from streams.history.yaml_lines import Document, YamlError, read_yaml

Scalar = str | int | float | bool | None
Author = Literal["customer", "agent", "bot"]

RESERVED = {"author", "public", "message_id", "into", "reason"}
"""Names in the data of a ticket event that are not attributes of the ticket."""


class _Strict(BaseModel):
    """A part of a mapping; a key it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FileShape(_Strict):
    """How the bytes of the export are to be read."""

    format: Literal["auto", "csv", "json", "ndjson"] = "auto"
    encoding: str = "utf-8-sig"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote: str = Field(default='"', min_length=1, max_length=1)
    unknown: tuple[str, ...] = ("",)

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            codecs.lookup(value)
        except LookupError as error:
            message = "is not a known encoding; use one such as utf-8, cp1252 or latin-1"
            raise ValueError(message) from error
        return value


class TimeShape(_Strict):
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
            if form not in Moments.WORDS and "%" not in form:
                words = ", ".join(Moments.WORDS)
                message = f"{form!r} is no time format; use {words}, or one such as %d/%m/%Y %H:%M"
                raise ValueError(message)
        return value


class Column(_Strict):
    """A column, with what to make of its values."""

    column: str = Field(min_length=1)
    values: dict[str, Scalar] = {}
    split: str | None = Field(default=None, min_length=1)


def _column(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


ColumnOrName = Annotated[Column, BeforeValidator(_column)]


class _Common(_Strict):
    """What both shapes of export need."""

    version: Literal[1] = 1
    source: str = Field(min_length=1)
    file: FileShape = FileShape()
    time: TimeShape = TimeShape()
    ticket: str = Field(min_length=1)
    attributes: dict[str, ColumnOrName] = {}
    author: Author | Column = "customer"
    public: bool | Column = True

    @field_validator("attributes")
    @classmethod
    def _free_names(cls, value: dict[str, Column]) -> dict[str, Column]:
        taken = sorted(RESERVED & set(value))
        if taken:
            message = f"{taken[0]!r} is not an attribute of a ticket; choose another name"
            raise ValueError(message)
        return value

    def columns(self) -> list[str]:
        """Name every column that is read, each once, in the mapping's order."""
        named = [self.ticket, *self._own_columns()]
        named += [column.column for column in self.attributes.values()]
        named += [part.column for part in (self.author, self.public) if isinstance(part, Column)]
        return list(dict.fromkeys(named))

    def _own_columns(self) -> list[str]:
        return []


class MessageRule(_Strict):
    """A change of status that implies that somebody wrote: an export may not hold the messages."""

    entering: str | None = None
    leaving: str | None = None
    author: Author = "agent"
    public: bool = True

    @model_validator(mode="after")
    def _one_of_two(self) -> MessageRule:
        if (self.entering is None) == (self.leaving is None):
            message = "needs one of `entering` and `leaving`; name a status in one of them"
            raise ValueError(message)
        return self

    def implied(self, old: object, new: object) -> bool:
        """Tell whether a change of status from `old` to `new` implies the message."""
        return new == self.entering if self.entering is not None else old == self.leaving


class SnapshotMapping(_Common):
    """Every row is the ticket as it stood after an update.

    `at_creation` names attributes whose value at creation is known to be another one than on the
    first row: that row may come hours later, when the ticket is already resolved.
    """

    rows: Literal["snapshots"]
    created: str | None = None
    updated: str
    sequence: str | None = None
    grouped: bool = False
    ties: Literal["spread", "keep"] = "spread"
    at_creation: dict[str, Scalar] = {}
    messages: tuple[MessageRule, ...] = ()

    @model_validator(mode="after")
    def _creation_of_known_attributes(self) -> SnapshotMapping:
        unknown = sorted(set(self.at_creation) - set(self.attributes))
        if unknown:
            message = f"at_creation names {unknown[0]!r}; add it to attributes, or leave it out"
            raise ValueError(message)
        if not self.attributes:
            message = "attributes is empty; map at least `status` to a column"
            raise ValueError(message)
        if self.messages and "status" not in self.attributes:
            message = "messages follow from the status; map attributes.status to a column"
            raise ValueError(message)
        return self

    def _own_columns(self) -> list[str]:
        return [name for name in (self.created, self.updated, self.sequence) if name]


class StatusWords(_Strict):
    """The words that a ticket's stages are given: an export of one row a ticket has only times."""

    created: str = "new"
    solved: str = "solved"
    closed: str = "closed"


class TicketMapping(_Common):
    """Every row is a whole ticket, with the times of its stages in columns."""

    rows: Literal["tickets"]
    created: str
    first_response: str | None = None
    solved: str | None = None
    closed: str | None = None
    statuses: StatusWords = StatusWords()

    @model_validator(mode="after")
    def _status_follows_from_stages(self) -> TicketMapping:
        if "status" in self.attributes:
            message = (
                "attributes.status would be the final status on the creation; leave it out: with"
                " `rows: tickets` it follows from created, solved and closed (words: `statuses`)"
            )
            raise ValueError(message)
        return self

    def _own_columns(self) -> list[str]:
        stages = (self.created, self.first_response, self.solved, self.closed)
        return [name for name in stages if name]


Mapping = Annotated[SnapshotMapping | TicketMapping, Field(discriminator="rows")]
_ADAPTER: TypeAdapter[SnapshotMapping | TicketMapping] = TypeAdapter(Mapping)

_FIELDS: dict[str, type[BaseModel]] = {
    "snapshots": SnapshotMapping,
    "tickets": TicketMapping,
}


def shipped_mappings() -> list[str]:
    """Name the mappings that come with the package, in alphabetical order."""
    folder = files("streams.history").joinpath("mappings")
    return sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".yaml"))


def mapping_text(name_or_path: str) -> tuple[str, str]:
    """Find a mapping by shipped name or by path; answer how to call it, and its text.

    Raises MappingError where there is none.
    """
    if name_or_path in shipped_mappings():
        found = files("streams.history").joinpath("mappings", f"{name_or_path}.yaml")
        return f"{name_or_path}.yaml", found.read_text(encoding="utf-8")
    path = Path(name_or_path)
    try:
        return str(path), path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        names = ", ".join(shipped_mappings())
        what = f"cannot be read ({why})"
        fix = f"give a mapping file, or the name of a shipped mapping: {names}"
        raise MappingError(str(path), [Problem(None, "", None, what, fix)]) from error


def load_mapping(name_or_path: str) -> SnapshotMapping | TicketMapping:
    """Read and check a mapping, by shipped name or by path; raises MappingError."""
    name, text = mapping_text(name_or_path)
    return parse_mapping(text, name)


def parse_mapping(text: str, name: str = "mapping") -> SnapshotMapping | TicketMapping:
    """Check a mapping's text; `name` is what errors call it; raises MappingError."""
    try:
        document = read_yaml(text)
    except YamlError as error:
        raise MappingError(name, [Problem(error.line, "", None, error.what, error.fix)]) from error
    try:
        return _ADAPTER.validate_python(document.value)
    except ValidationError as error:
        raise MappingError(name, _problems(error, document)) from error


def _problems(error: ValidationError, document: Document) -> list[Problem]:
    value = document.value
    rows = value.get("rows") if isinstance(value, dict) else None
    model = _FIELDS.get(rows) if isinstance(rows, str) else None
    return problems_of(error, document, model)
