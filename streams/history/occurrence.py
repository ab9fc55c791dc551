"""What a row says that happened, by the rules of a mapping, before it is put among other events.

Decisions that bind this module:

- What one rule says of one instant is one event, as long as no attribute would be told twice:
  four fields of a change come as four items.
- A message that changes attributes too is a message and then a change.
- A creation whose attributes are the last ones is rewound: an attribute that changed had, at first,
  the old value of its first change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from streams.history.cells import BadRow, Cells, check_word
from streams.history.items import Items
from streams.history.rules import KINDS, TypeColumn
from streams.sla.policy import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping

    from streams.history.moment import Moments
    from streams.history.parts import Scalar
    from streams.history.rules import EventMapping, EventRule

_SKIPPED = "skip"
_DEDUCED = "deduced"
_RANK = {"created": 0, "message": 1, "changed": 2, "merged": 3, "deleted": 3}


@dataclass(slots=True)
class Occurrence:
    """One thing that happened: `at` in ms UTC, `mark` its own id in the export if it has one.

    `old` holds the old values of attributes, where the export names them.
    """

    at: int
    kind: str
    data: dict[str, Any]
    rule: int
    mark: object = None
    old: dict[str, Any] = field(default_factory=dict)


class _Told(NamedTuple):
    """How an attribute is told: its name, and what to make of the values."""

    name: str
    split: str | None
    values: dict[str, Scalar]


class Rule:
    """Reads what one rule of a mapping says of a row."""

    def __init__(self, number: int, mapping: EventMapping, moments: Moments) -> None:
        """Take the rule's number in a checked mapping, and a reader of its times."""
        said = self._rule = mapping.events[number]
        self._number = number
        self._cells = Cells(mapping, said, moments)
        self._items = None if said.each is None else Items(said.each, said.count)
        self._needed = said.type == "created" or len(mapping.events) == 1
        self._fields: dict[str, list[_Told]] = {}
        for name, column in said.attributes.items():
            told = _Told(name, column.split, column.values)
            self._fields.setdefault(column.column, []).append(told)

    def read(self, fields: MutableMapping[str, Any], *, first: bool) -> list[Occurrence]:
        """Answer what happened; `first` says that nothing is known of the ticket yet."""
        if self._items is None:
            read = self._cells.needed if self._needed else self._cells.moment
            at = read(fields, self._rule.at)
            return [] if at is None else self._happened(fields, at, first=first)
        entries: list[tuple[int, list[Occurrence]]] = []
        for item in self._items.of(fields):
            try:
                at = self._cells.needed(item.fields, self._rule.at)
                made = self._happened(item.fields, at, first=False)
            except BadRow as error:
                message = f"{item.where}: {error}"
                raise BadRow(message) from error
            if not entries or entries[-1][0] != item.entry:
                entries.append((item.entry, []))
            entries[-1][1].extend(made)
        told = [made for _, made in entries if made]
        if told and told[0][0].at > told[-1][0].at:
            told.reverse()  # the newest came first
        return [one for made in told for one in made]

    def _happened(self, fields: Mapping[str, Any], at: int, *, first: bool) -> list[Occurrence]:
        kind = self._kind(fields)
        if kind == _SKIPPED:
            return []
        mark = None if self._rule.id is None else self._cells.word(fields, self._rule.id)
        return [
            Occurrence(at, kind, data, self._number, mark, old)
            for kind, data, old in self._said(fields, kind, first=first)
        ]

    def _said(
        self, fields: Mapping[str, Any], kind: str, *, first: bool
    ) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
        new, old = self._attributes(fields)
        for name in WORDS:
            check_word(name, new.get(name))
            check_word(name, old.get(name))
        if kind == _DEDUCED:
            kind = self._deduced(fields, first=first)
        if kind == "created":
            known = {name: value for name, value in new.items() if value is not None}
            yield kind, known | self._cells.speaker(fields), old
        elif kind == "merged":
            yield kind, {"into": self._cells.ticket(fields, self._rule.into or "into")}, {}
        elif kind == "deleted":
            yield kind, {"reason": self._reason(fields)}, {}
        else:
            if kind == "message":
                if self._cells.author(fields) is None:
                    message = "a message has no author; map the column of who wrote it"
                    raise BadRow(message)
                yield kind, self._cells.speaker(fields), {}
            if new:
                yield "changed", new, old

    def _kind(self, fields: Mapping[str, Any]) -> str:
        said = self._rule.type
        if not isinstance(said, TypeColumn):
            return said
        word = self._cells.word(fields, said.column)
        if word is None:
            if said.empty == "reject":
                message = f"{said.column} is empty; say `empty: deduced` or `empty: skip`"
                raise BadRow(message)
            return said.empty
        kind = said.values.get(str(word))
        if kind is None and said.others == "reject":
            known = ", ".join(KINDS)
            message = f"{said.column} is {word!r}; map it to {known} or skip by `values`"
            raise BadRow(message)
        return kind or _SKIPPED

    def _deduced(self, fields: Mapping[str, Any], *, first: bool) -> str:
        if first:
            return "created"
        rule, cells = self._rule, self._cells
        if rule.into is not None and cells.word(fields, rule.into) is not None:
            return "merged"
        return "changed" if cells.author(fields) is None else "message"

    def _reason(self, fields: Mapping[str, Any]) -> str:
        said = None if self._rule.reason is None else self._cells.word(fields, self._rule.reason)
        return "spam" if str(said).casefold() == "spam" else "deleted"

    def _attributes(self, fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Answer the attributes that are told, and their old values where those are told too.

        An empty cell tells nothing; a named field that is empty now, or a word that is mapped to
        null, says that the attribute has no value any more.
        """
        change, read = self._rule.change, self._cells.attribute
        new: dict[str, Any] = {}
        if change is None:
            for column, told in self._fields.items():
                if self._cells.word(fields, column) is not None:
                    new |= {one.name: read(fields, column, one.split, one.values) for one in told}
            return new | self._rule.set, {}
        told = self._fields.get(str(self._cells.word(fields, change.field)), [])
        new = {one.name: read(fields, change.to, one.split, one.values) for one in told}
        old = change.before
        if old is None:
            return new, {}
        return new, {one.name: read(fields, old, one.split, one.values) for one in told}


def in_order(told: list[Occurrence]) -> list[Occurrence]:
    """Put what several rules say of a row in order, and bring together what happened at once."""
    told.sort(key=lambda one: (one.kind != "created", one.at, _RANK[one.kind]))
    joined: list[Occurrence] = []
    for one in told:
        last = joined[-1] if joined else None
        if last is None or not _same(last, one):
            joined.append(one)
        else:
            last.data |= one.data
            last.old |= one.old
    return joined


def _same(last: Occurrence, one: Occurrence) -> bool:
    alike = last.kind == one.kind and last.at == one.at and last.rule == one.rule
    if one.kind == "created" and alike:
        return True
    return alike and one.kind == "changed" and not (last.data.keys() & one.data.keys())


def rewound(told: list[Occurrence], rules: tuple[EventRule, ...]) -> None:
    """Take the attributes of creations back to what they were before the changes told."""
    first: dict[str, Any] = {}
    for one in told:
        for name, value in one.old.items():
            first.setdefault(name, value)
    for one in told:
        if one.kind == "created" and rules[one.rule].rewind:
            kept = {name: value for name, value in one.data.items() if name not in first}
            known = {name: value for name, value in first.items() if value is not None}
            one.data = kept | known
