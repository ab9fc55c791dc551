"""What a mapping says: which column of an export is what, in one small YAML file.

Decisions that bind this module:

- Keys of a mapping file are always text, so a status `-100` or `yes` needs no quotes.
- All problems of a file are told at once, each with line, field, value and fix.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError, model_validator

from streams.history.parts import Author, Plain, Scalar, Strict, TimeShape
from streams.history.rules import EventMapping
from streams.process.problem import BadFile, Problem, Vocabulary, problems_of
from streams.process.yaml_lines import Document, YamlError, read_yaml


class MessageRule(Strict):
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


class SnapshotMapping(Plain):
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
    at_creation: dict[str, Scalar] = Field(default_factory=dict)
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

    def _time_columns(self) -> list[str]:
        return [name for name in (self.created, self.updated, self.sequence) if name]


class StatusWords(Strict):
    """The words that a ticket's stages are given: an export of one row a ticket has only times."""

    created: str = "new"
    solved: str = "solved"
    closed: str = "closed"


class Lapse(Strict):
    """A column that holds a length of calendar time since the creation."""

    column: str = Field(min_length=1)
    unit: Literal["seconds", "minutes", "hours"]

    @property
    def milliseconds(self) -> int:
        """Answer the unit's length."""
        return {"seconds": 1_000, "minutes": 60_000, "hours": 3_600_000}[self.unit]


class Finished(Strict):
    """A column of the last status, and the words by which a ticket is solved or closed."""

    column: str = Field(min_length=1)
    words: tuple[str, ...] = Field(min_length=1)


class TicketMapping(Plain):
    """Every row is a whole ticket, with the times of its stages in columns."""

    rows: Literal["tickets"]
    created: str
    first_response: str | Lapse | None = None
    solved: str | None = None
    closed: str | None = None
    finished: Finished | None = None
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

    def _time_columns(self) -> list[str]:
        first = self.first_response
        answer = first.column if isinstance(first, Lapse) else first
        last = None if self.finished is None else self.finished.column
        stages = (self.created, answer, self.solved, self.closed, last)
        return [name for name in stages if name]


AnyMapping = SnapshotMapping | TicketMapping | EventMapping
_ADAPTER: TypeAdapter[AnyMapping] = TypeAdapter(Annotated[AnyMapping, Field(discriminator="rows")])

_FIELDS: dict[str, type[BaseModel]] = {
    "snapshots": SnapshotMapping,
    "tickets": TicketMapping,
    "events": EventMapping,
}

_VOCABULARY = Vocabulary(
    noun="mapping",
    tag="rows",
    tags=tuple(_FIELDS),
    unions=frozenset({"Column", "Voice", "Lapse", "TypeColumn", "bool", "str", "int", "float"}),
    placeholder="<column>",
)


def shipped_mappings() -> list[str]:
    """Name the mappings that come with the package, in alphabetical order."""
    folder = files("streams.history").joinpath("mappings")
    return sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".yaml"))


def mapping_text(name_or_path: str) -> tuple[str, str]:
    """Find a mapping by shipped name or by path; answer how to call it, and its text.

    Raises BadFile where there is none.
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
        raise BadFile(str(path), [Problem(None, "", None, what, fix)]) from error


def load_mapping(name_or_path: str, zone: str | None = None) -> AnyMapping:
    """Read and check a mapping, by shipped name or by path; raises BadFile.

    `zone` takes the place of the mapping's own, for times that name none.
    """
    name, text = mapping_text(name_or_path)
    mapping = parse_mapping(text, name)
    if zone is None:
        return mapping
    try:
        time = TimeShape(formats=mapping.time.formats, zone=zone)
    except ValidationError as error:
        found = problems_of(error, Document(None, {}), TimeShape, _VOCABULARY)
        told = [problem._replace(line=None, field="") for problem in found]
        raise BadFile("--zone", told) from error
    return mapping.model_copy(update={"time": time})


def parse_mapping(text: str, name: str = "mapping") -> AnyMapping:
    """Check a mapping's text; `name` is what errors call it; raises BadFile."""
    try:
        document = read_yaml(text)
    except YamlError as error:
        raise BadFile(name, [Problem(error.line, "", None, error.what, error.fix)]) from error
    try:
        mapping = _ADAPTER.validate_python(document.value)
    except ValidationError as error:
        raise BadFile(name, _problems(error, document)) from error
    unread = sorted(set(mapping.optional) - set(mapping.columns()))
    if unread:
        fix = f"leave it out, or map it; read are {', '.join(mapping.columns())}"
        what = f"{unread[0]!r} is no column that the mapping reads"
        where = document.line(("optional",))
        raise BadFile(name, [Problem(where, "optional", unread[0], what, fix)])
    return mapping


def _problems(error: ValidationError, document: Document) -> list[Problem]:
    value = document.value
    rows = value.get("rows") if isinstance(value, dict) else None
    model = _FIELDS.get(rows) if isinstance(rows, str) else None
    return problems_of(error, document, model, _VOCABULARY)
