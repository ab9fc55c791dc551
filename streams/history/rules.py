"""`rows: events` in a mapping: which events a row holds, and where in it each of their parts is.

Decisions that bind this module:

- A row holds one event or many. A rule with `each: changelog.histories[].items[]` makes one event
  of each item of a list in the row; one without `each` makes at most one of the row itself.
- `.name` is a field of the item, `..name` of the item around it, `name` of the row. No name is
  looked for further out where it is missing: a comment without a time is not as old as its ticket.
- What a row does not say is asked for here, not guessed: who wrote a message has no default.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from streams.history.parts import (
    RESERVED,
    Attributes,
    Author,
    Public,
    Scalar,
    Shape,
    Strict,
    Voice,
    voices,
)

Word = Literal["created", "message", "changed", "merged", "deleted", "skip"]
Kind = Literal["created", "message", "changed", "merged", "deleted", "deduced"]
KINDS = ("created", "message", "changed", "merged", "deleted")
Name = Annotated[str, Field(min_length=1)]
LIST = "[]"


class TypeColumn(Strict):
    """The column that says what happened, and its words; `skip` passes over what is no event.

    `others` are words that `values` does not have, `empty` is a cell without a word.
    """

    column: Name
    values: dict[str, Word] = Field(min_length=1)
    others: Literal["reject", "skip"] = "reject"
    empty: Literal["reject", "skip", "deduced"] = "reject"


class Change(Strict):
    """A change told as a field's name and its values, before and after."""

    field: Name
    to: Name
    before: Name | None = Field(default=None, alias="from")


def _path(value: str) -> str:
    steps = value.split(LIST)
    if steps.pop() or not steps or not all(step.strip(".") for step in steps):
        message = "is no path to the items of a list; write it as comments[] or histories[].items[]"
        raise ValueError(message)
    return value


def _free(value: dict[str, Scalar]) -> dict[str, Scalar]:
    taken = sorted(RESERVED & set(value))
    if taken:
        message = f"{taken[0]!r} is not an attribute of a ticket; choose another name"
        raise ValueError(message)
    return value


class EventRule(Strict):
    """One kind of event in a row: a column for each of its parts.

    A rule whose `at` is empty in a row has not happened there. `set` gives attributes a fixed
    value, for a column that is the time of a stage. `rewind` says that the attributes of a
    creation are the last ones, to be taken back through the changes that name their old values.
    `count` is a field that says how long the list is, so that one cut off is noticed.
    """

    each: Annotated[str, AfterValidator(_path)] | None = None
    count: Name | None = None
    type: Kind | TypeColumn
    at: Name
    id: Name | None = None
    author: Author | Voice | None = None
    public: Public = True
    change: Change | None = None
    attributes: Attributes = Field(default_factory=dict)
    set: Annotated[dict[str, Scalar], AfterValidator(_free)] = Field(default_factory=dict)
    rewind: bool = False
    into: Name | None = None
    reason: Name | None = None

    @field_validator("count")
    @classmethod
    def _counts_a_list(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("each") is None:
            message = "counts a list; name the list in `each`"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _says_what_it_needs(self) -> EventRule:
        rewinds = self.rewind and (self.type != "created" or self.each is not None or self.change)
        mistakes = {
            "lacks `author`; say customer, agent, bot, or the column that tells who wrote": (
                self.author is None and self.may_be("message")
            ),
            "lacks `into`; name the column of the ticket that lives on": (
                self.into is None and self.may_be("merged") and self.type != "deduced"
            ),
            "changes nothing; name what changes in `attributes` or `set`": (
                self.type == "changed" and not (self.attributes or self.set)
            ),
            "has `change` without `attributes`; map attributes to the names of fields": (
                self.change is not None and not self.attributes
            ),
            "has `rewind` and is no creation of the row itself; leave it out": rewinds,
        }
        for message, made in mistakes.items():
            if made:
                raise ValueError(message)
        deepest = 0 if self.each is None else self.each.count(LIST)
        for name in self.names():
            if len(name) - len(name.lstrip(".")) > deepest:
                message = f"names {name!r} outside of a list; set `each`, or write it without dots"
                raise ValueError(message)
        return self

    def may_be(self, kind: str) -> bool:
        """Tell whether an event of this rule can be of the kind."""
        if isinstance(self.type, TypeColumn):
            words = self.type.values.values()
            deduced = self.type.empty == "deduced" and kind != "deleted"
            return kind in words or (deduced and kind != "merged")
        return self.type == kind or (self.type == "deduced" and kind != "deleted")

    def names(self) -> list[str]:
        """Name every field that is read of a row or an item, dots and all."""
        kind = self.type.column if isinstance(self.type, TypeColumn) else None
        named = [kind, self.at, self.id, self.into, self.reason, *voices(self.author, self.public)]
        if self.change is not None:
            named += [self.change.field, self.change.to, self.change.before]
        else:
            named += [column.column for column in self.attributes.values()]
        return [name for name in named if name is not None]


class EventMapping(Shape):
    """Every row is an event, or holds several."""

    rows: Literal["events"]
    events: tuple[EventRule, ...]
    grouped: bool = False
    ties: Literal["spread", "keep"] = "spread"

    @model_validator(mode="after")
    def _can_rewind(self) -> EventMapping:
        if not self.events:
            message = "events is empty; say at least what one of them is made of"
            raise ValueError(message)
        before = any(rule.change is not None and rule.change.before for rule in self.events)
        if any(rule.rewind for rule in self.events) and not before:
            message = "no change names its old value, so nothing can be rewound; add `change.from`"
            raise ValueError(message)
        return self

    def _own_columns(self) -> list[str]:
        return [name for rule in self.events for name in rule.names() if not name.startswith(".")]
